#include "plugin/audit.hpp"

#include <algorithm>

#include "host_fixture.hpp"

namespace evloom::plugin {
namespace {

Audit audit_of(const fs::path& path) {
  auto file = ElfFile::open(path);
  EXPECT_TRUE(file.ok()) << file.error().message;
  const auto facts = read_note(*file);
  return audit(*file, facts ? &*facts : nullptr);
}

std::string errors_of(const std::string& name) { return audit_of(bad(name)).errors(); }

TEST(Audit, FindsNothingWrongWithOurOwnPlugins) {
  for (const char* name : {"hello", "text", "json", "stats"}) {
    const Audit result = audit_of(shipped(name));
    EXPECT_EQ(result.errors(), "") << name;
    EXPECT_TRUE(result.loadable()) << name;
    EXPECT_EQ(result.exports, std::vector<std::string>{"evloom_entry"}) << name;
    EXPECT_FALSE(result.needed.empty()) << name;
    for (const Finding& finding : result.findings)
      EXPECT_EQ(finding.severity, Severity::info) << finding.reason;
  }
}

TEST(Audit, RefusesAnotherAbi) {
  EXPECT_EQ(errors_of("wrong_major"), "built for ABI 2.0, this host has 1.0 (build it with this host's SDK)");
  EXPECT_EQ(
      errors_of("newer_minor"),
      "built for ABI 1.999, this host has only 1.1 (take a newer host, or build it with this host's SDK)");
}

TEST(Audit, RefusesAFileWithoutItsEntry) {
  EXPECT_EQ(errors_of("no_entry"),
            "evloom_entry: it does not export its entry (use EVL_PLUGIN once, at file scope, and link with "
            "evloom_plugin.map)");
}

TEST(Audit, RefusesWhatIsExportedBesidesTheEntry) {
  EXPECT_EQ(errors_of("extra_export"),
            "parse_everything: exported besides the entry, so other plugins could bind to it (build it with "
            "evloom_add_plugin(), or link with -Wl,--version-script=evloom_plugin.map)");
}

TEST(Audit, RefusesUniqueSymbols) {
  EXPECT_EQ(errors_of("unique_symbol"),
            "_ZN7CountedIiE5countE: a unique symbol would pin it in memory for good (compile it with "
            "-fno-gnu-unique)");
}

TEST(Audit, RefusesAnExecutableStack) {
  EXPECT_EQ(errors_of("executable_stack"),
            "PT_GNU_STACK: it asks for an executable stack (link it with -Wl,-z,noexecstack)");
}

TEST(Audit, RefusesAFileThatCouldNeverBeUnloaded) {
  EXPECT_EQ(errors_of("nodelete"),
            "NODELETE: it asks to stay in memory for good, so it could never be replaced (link it without "
            "-Wl,-z,nodelete)");
}

TEST(Audit, WarnsOfThreadLocalDestructors) {
  const Audit result = audit_of(bad("thread_destructor"));
  EXPECT_TRUE(result.loadable()) << result.errors();
  ASSERT_FALSE(result.findings.empty());
  EXPECT_EQ(result.findings[0].severity, Severity::warning);
  EXPECT_EQ(result.findings[0].reason,
            "a thread_local variable has a destructor: once a loop has used it the code stays in memory");
}

// They are the one part of a plugin that runs before the host can refuse it.
TEST(Audit, TellsOfConstructors) {
  const Audit result = audit_of(bad("constructor_throws"));
  EXPECT_TRUE(result.loadable()) << result.errors();
  EXPECT_TRUE(std::any_of(result.findings.begin(), result.findings.end(), [](const Finding& finding) {
    return finding.reason.find("it runs constructors when it is loaded (") == 0;
  }));
}

TEST(Audit, RefusesAFileForAnotherMachine) {
  const TemporaryFolder folder;
  std::string content = slurp(shipped("hello"));
  const auto with_machine = [&](unsigned char machine) {
    content[18] = static_cast<char>(machine);  // e_machine
    std::ofstream(folder / "other.so", std::ios::binary | std::ios::trunc) << content;
    return audit_of(folder / "other.so").errors();
  };
#if defined(__x86_64__)
  EXPECT_EQ(with_machine(183), "built for aarch64, this host runs on x86-64 (build it for this machine)");
#else
  EXPECT_NE(with_machine(62), "");
#endif
}

TEST(Audit, RefusesAProgram) {
  EXPECT_NE(audit_of("/proc/self/exe").errors().find("it is a program, not a shared object"),
            std::string::npos);
}

}  // namespace
}  // namespace evloom::plugin
