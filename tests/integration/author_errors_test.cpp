// What an author of a plugin does wrong, one mistake a line: each gets an error that names the file, the
// symbol or key at fault, and what to do about it.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/admin.hpp"
#include "support/evloom_process.hpp"

namespace evloom::test {
namespace {

struct Mistake {
  const char* name;
  const char* file;    // the plugin's, or the configuration's with the place in it
  const char* symbol;  // or key, or function
  const char* fix;
};

// In the log line or error text `said`, all three.
void expect_words(const Mistake& mistake, const std::string& said) {
  for (const char* words : {mistake.file, mistake.symbol, mistake.fix})
    EXPECT_NE(said.find(words), std::string::npos) << mistake.name << " lacks \"" << words << "\":\n" << said;
}

// Found before any of its code runs: a swap is refused with the reason, and `evloom inspect` gives the same.
TEST(AuthorErrors, OfTheFile) {
  const Mistake mistakes[] = {
      {"missing entry", "no_entry.so", "evloom_entry: it does not export its entry", "use EVL_PLUGIN once"},
      {"wrong ABI version", "wrong_major.so", "built for ABI 2.0, this host has 1.",
       "build it with this host's SDK"},
      {"extra symbol", "extra_export.so", "parse_everything: exported besides the entry",
       "build it with evloom_add_plugin(), or link with -Wl,--version-script=evloom_plugin.map"},
      {"unique symbol", "unique_symbol.so", "_ZN7CountedIiE5countE: a unique symbol would pin it",
       "compile it with -fno-gnu-unique"},
  };
  Settings settings;
  settings.more = kAdminYaml;
  const std::string first = yaml(settings);
  Evloom evloom(first);
  const Admin admin(evloom);
  for (const Mistake& mistake : mistakes) {
    SCOPED_TRACE(mistake.name);
    const std::string plugin = std::string(mistake.file).substr(0, std::string(mistake.file).find('.'));
    rewrite(evloom, first + "  - { path: /bad, handler: " + plugin + " }\n");
    const Json change = admin.reload();
    EXPECT_EQ(change["outcome"], "failed") << change;
    expect_words(mistake, change["error"]);
    const Outcome inspected = run({evloom_binary(), "inspect", plugin_file(plugin).string()});
    EXPECT_EQ(inspected.exit.code, 1);
    expect_words(mistake, inspected.output);
  }
  EXPECT_EQ(evloom.stop(), "");
}

TEST(AuthorErrors, OfTheConfiguration) {
  const Mistake unknown_option = {"unknown option",
                                  "own.yaml:3:35: error: ", "unknown key \"greetng\" in handlers.front",
                                  "did you mean \"greeting\"?"};
  const TempDir folder;
  write_file(folder / "own.yaml",
             "listen: [{ http: \"127.0.0.1:0\" }]\n"
             "handlers:\n"
             "  front: { plugin: hello,         greetng: Hi }\n"
             "routes: [{ path: /, handler: front }]\n");
  const Outcome checked = run({evloom_binary(), "check", "-c", (folder / "own.yaml").string()});
  EXPECT_EQ(checked.exit.code, 2);
  expect_words(unknown_option, checked.errors);
}

// While it serves: a line of the log, and the host goes on.
TEST(AuthorErrors, OfACallback) {
  const struct {
    const char* target;
    Mistake mistake;
  } cases[] = {
      {"/bad",
       {"exception out of a callback", "throws_on_request.so]", "on_request threw: thrown by on_request",
        "catch it inside: no exception may leave a function of the ABI"}},
      {"/echo?throw=1",
       {"exception out of a class", "error echo ", "on_request threw: asked to throw",
        "catch it, or say it by fail()"}},
      {"/echo?twice=1",
       {"an answer given twice", "echo.so]", "answered a request twice: respond for /echo",
        "return after the first respond, fail or finish"}},
      {"/echo?stale=1",
       {"a stale ticket", "echo.so]", "resume: ticket 0x",
        "drop it in on_cancel or on_finish, and test what resume gives for null"}},
  };
  Settings settings;
  settings.log = "{ modules: { echo: debug } }";
  settings.more_routes = "  - { path: /bad, handler: throws_on_request }\n";
  Evloom evloom(yaml(settings));
  for (const auto& one : cases) {
    SCOPED_TRACE(one.mistake.name);
    const std::size_t before = evloom.log().size();
    evloom.get(one.target);
    ASSERT_TRUE(wait_until(widened(milliseconds(5000)), [&] {
      return evloom.log().find(one.mistake.symbol, before) != std::string::npos;
    })) << evloom.log();
    const std::size_t at = evloom.log().find(one.mistake.symbol, before);
    const std::string log = evloom.log();
    const std::size_t begin = log.rfind('\n', at) + 1;
    expect_words(one.mistake, log.substr(begin, log.find('\n', at) - begin));
    EXPECT_EQ(evloom.get("/hello").status, 200);
  }
  EXPECT_NE(evloom.get("/echo?counters=1").body.find("strays 0\n"), std::string::npos);
  EXPECT_EQ(evloom.stop(), "");
}

}  // namespace
}  // namespace evloom::test
