#include "plugin/note.hpp"

#include <sys/stat.h>

#include <random>

#include "host_fixture.hpp"
#include "plugin/audit.hpp"

namespace evloom::plugin {
namespace {

using namespace std::string_literals;

std::string refusal(const std::string& text) {
  const auto facts = parse_note(text);
  return facts ? "accepted" : facts.error().message;
}

TEST(Note, StatesWhatThePluginIsWithoutRunningIt) {
  auto file = ElfFile::open(shipped("stats"));
  ASSERT_TRUE(file.ok()) << file.error().message;
  const auto facts = read_note(*file);
  ASSERT_TRUE(facts.ok()) << facts.error().message;
  EXPECT_EQ(facts->id, "stats");
  EXPECT_EQ(facts->version, "1.0.0");
  EXPECT_EQ(facts->licence, "MIT");
  EXPECT_EQ(facts->abi_major, 1u);
  EXPECT_EQ(facts->abi_minor, EVL_ABI_MINOR);
  EXPECT_EQ(facts->interfaces, std::vector<std::string>{"evloom.handler/1"});
  EXPECT_EQ(facts->needs, std::vector<std::string>{"evloom.host.store/1"});
  EXPECT_NE(facts->options_schema.find("key_prefix"), std::string::npos);
  EXPECT_EQ(facts->build_id.size(), 40u) << facts->build_id;
}

TEST(Note, TakesKeysInAnyOrderAndSkipsUnknownOnes) {
  const auto facts = parse_note("version=2\0colour=blue\0id=a\0abi=1.7\0interfaces=x/1 y.z/22 \0\0\0"s);
  ASSERT_TRUE(facts.ok()) << facts.error().message;
  EXPECT_EQ(facts->abi_minor, 7u);
  EXPECT_EQ(facts->interfaces, (std::vector<std::string>{"x/1", "y.z/22"}));
  EXPECT_EQ(facts->options_schema, "{}");
}

TEST(Note, IsRefusedWithTheReason) {
  const std::string good = "abi=1.0\0id=a\0version=1\0"s;
  EXPECT_EQ(refusal(good), "accepted");
  EXPECT_EQ(refusal(""), "its note does not end in a terminated string");
  EXPECT_EQ(refusal("abi=1.0\0id=a\0version=1"s), "its note does not end in a terminated string");
  EXPECT_EQ(refusal(good + "nonsense\0"s), "its note holds a string without '='");
  EXPECT_EQ(refusal(good + "id=b\0"s), "its note states id twice");
  EXPECT_EQ(refusal("id=a\0version=1\0"s), "its note does not state abi");
  EXPECT_EQ(refusal("abi=1.0\0version=1\0"s), "its note does not state id");
  EXPECT_EQ(refusal("abi=1.0\0id=a\0"s), "its note does not state version");
  for (const char* abi : {"1", "1.", ".1", "1.0.0", "-1.0", "65536.0", "1.65536", "one", ""})
    EXPECT_EQ(refusal("abi="s + abi + "\0id=a\0version=1\0"s), "its abi is not MAJOR.MINOR") << abi;
  for (const std::string& id : {""s, "A"s, "1a"s, "a/b"s, "../x"s, "a b"s, std::string(64, 'a')})
    EXPECT_NE(refusal("abi=1.0\0id="s + id + "\0version=1\0"s), "accepted") << id;
  EXPECT_EQ(refusal("abi=1.0\0id=a\0version=\0"s), "its version is empty");
  EXPECT_EQ(refusal("abi=1.0\0id=a\0version=1\n2\0"s), "its version holds a control character");
  EXPECT_EQ(refusal("abi=1.0\0id=a\0version=\xff\0"s), "its version is not UTF-8");
  EXPECT_EQ(refusal(good + "description="s + std::string(1001, 'x') + "\0"s),
            "its description is longer than 1000 bytes");
  EXPECT_EQ(refusal(good + "interfaces=handler\0"s),
            "its interfaces hold what is no interface id (\"name/1\")");
  EXPECT_EQ(refusal(good + "interfaces=a/1 a/1\0"s), "its interfaces name a/1 twice");
  EXPECT_EQ(refusal(good + "needs=a/\0"s), "its needs hold what is no interface id (\"name/1\")");
}

TEST(ElfFileTest, RefusesWhatIsNoPluginFileAndNeverWaits) {
  const TemporaryFolder folder;
  const auto why = [](const fs::path& path) {
    const auto file = ElfFile::open(path);
    return file ? "opened" : file.error().message;
  };
  const std::string text = folder / "text.so", empty = folder / "empty.so", fifo = folder / "fifo.so";
  std::ofstream(text) << "#!/bin/sh\n";
  std::ofstream(empty).flush();
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(why(folder / "none.so"),
            "cannot open '" + (folder / "none.so").string() + "': No such file or directory");
  EXPECT_EQ(why(folder.path()), "'" + folder.path().string() + "' is no plugin: not a regular file");
  EXPECT_EQ(why(fifo), "'" + fifo + "' is no plugin: not a regular file");
  EXPECT_EQ(why(text), "'" + text + "' is no plugin: not an ELF file");
  EXPECT_EQ(why(empty), "'" + empty + "' is no plugin: not an ELF file");
  fs::resize_file(empty, ElfFile::kMaxBytes + 1);
  EXPECT_EQ(why(empty), "'" + empty + "' is no plugin: larger than 256 MiB; strip it");
}

TEST(Note, SaysWhatIsWrongWithAPluginFile) {
  const auto why = [](const std::string& name) {
    auto file = ElfFile::open(bad(name));
    EXPECT_TRUE(file.ok());
    const auto facts = read_note(*file);
    return facts ? "accepted" : facts.error().message;
  };
  EXPECT_EQ(why("no_note"),
            "'" + bad("no_note").string() +
                "' is no plugin: it has no evloom note; was EVL_PLUGIN forgotten, or the file "
                "stripped of its notes?");
  EXPECT_EQ(why("garbage_note"),
            "'" + bad("garbage_note").string() +
                "' is no plugin: its id does not follow the rule (a letter, then letters, "
                "digits, '-' and '_', all lower case, at most 63)");
}

// A damaged file is refused or read, and never more than that.
TEST(Note, SurvivesFilesThatAreCutOrDamaged) {
  const TemporaryFolder folder;
  const std::string whole = slurp(shipped("hello"));
  ASSERT_GT(whole.size(), 1000u);
  const fs::path path = folder / "damaged.so";
  const auto examine = [&](const std::string& content) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    auto file = ElfFile::open(path);
    if (!file) return;
    const auto facts = read_note(*file);
    const Audit result = audit(*file, facts ? &*facts : nullptr);
    EXPECT_FALSE(!facts && facts.error().message.empty());
    (void)result.errors();
  };
  for (std::size_t size = 0; size < whole.size(); size += 1 + whole.size() / 150)
    examine(whole.substr(0, size));

  std::mt19937 random(7);
  for (int round = 0; round < 400; ++round) {
    std::string content = whole;
    // Most of what matters stands in the headers, at both ends of the file.
    const std::size_t places[] = {random() % 64, random() % 1024, content.size() - 1 - random() % 4096,
                                  random() % content.size()};
    for (const std::size_t place : places) content[place] = static_cast<char>(random());
    examine(content);
  }
}

}  // namespace
}  // namespace evloom::plugin
