// `evloom plugin check`: every good plugin passes all that concerns it; every bad one is caught by the one
// test that is meant for it, with words that name the fault, and by no other.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/evloom_process.hpp"
#include "support/redis_server.hpp"

namespace evloom::test {
namespace {

using Json = nlohmann::json;

std::string first_party(const std::string& id) {
  return (std::filesystem::path(evloom_binary()).parent_path().parent_path() / "lib/evloom/plugins" /
          (id + ".so"))
      .string();
}
std::string bad(const std::string& id) {
  return (std::filesystem::path(test_plugins()) / (id + ".so")).string();
}

Outcome check(std::vector<std::string> arguments) {
  std::vector<std::string> command = {evloom_binary(), "plugin", "check"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run(std::move(command), widened(milliseconds(60000)));
}

// As JSON, with time enough for a slow machine.
Json report(std::vector<std::string> arguments, int expected, milliseconds timeout = milliseconds(15000)) {
  arguments.insert(arguments.end(), {"--json", "--timeout", std::to_string(widened(timeout).count())});
  const Outcome outcome = check(arguments);
  EXPECT_EQ(outcome.exit, (Exit{expected, 0})) << outcome.output << outcome.errors;
  const Json json = Json::parse(outcome.output, nullptr, false);
  EXPECT_TRUE(json.is_object()) << outcome.output << outcome.errors;
  return json;
}

std::map<std::string, std::string> with_outcome(const Json& json, const std::string& outcome) {
  std::map<std::string, std::string> found;
  for (const Json& test : json["tests"])
    if (test["outcome"] == outcome) found[test["name"]] = test["reason"];
  return found;
}

// ---- good ones
// ---------------------------------------------------------------------------------------------------

// What a plugin of its kind is not asked; everything else it passes.
const std::set<std::string> kNoStore = {"store", "state"}, kNoFormat = {"format"},
                            kNoHandler = {"requests", "cancel", "stores"};

std::set<std::string> joined(std::set<std::string> a, const std::set<std::string>& b) {
  a.insert(b.begin(), b.end());
  return a;
}

struct Good {
  std::string file;
  std::set<std::string> skipped;
};

class GoodPlugin : public ::testing::TestWithParam<std::string> {
 protected:
  static Good good() {
    const std::string& id = GetParam();
    const std::set<std::string> handler = joined(kNoStore, kNoFormat), store = joined(kNoHandler, kNoFormat),
                                format = joined(kNoHandler, kNoStore);
    if (id == "hello") return {first_party(id), joined(handler, {"stores"})};
    if (id == "stats") return {first_party(id), handler};
    if (id == "memory") return {first_party(id), store};
    if (id == "lmdb" || id == "redis") return {first_party(id), joined(store, {"state"})};
    if (id == "text" || id == "json") return {first_party(id), format};
    if (id == "oldest_format") return {bad(id), format};
    return {bad(id), handler};
  }
};

TEST_P(GoodPlugin, PassesAllThatConcernsIt) {
  const Good plugin = good();
  const auto begin = Clock::now();
  const Json json = report({plugin.file}, 0);
  EXPECT_LT(Clock::now() - begin, widened(milliseconds(20000)));
  EXPECT_TRUE(with_outcome(json, "failed").empty()) << json.dump(2);
  std::set<std::string> skipped;
  for (const auto& [name, reason] : with_outcome(json, "skipped")) {
    skipped.insert(name);
    EXPECT_NE(reason, "") << name;
  }
  EXPECT_EQ(skipped, plugin.skipped);
  EXPECT_EQ(json["good"], true);
  EXPECT_EQ(json["passed"].get<std::size_t>() + skipped.size(), json["tests"].size());
}

INSTANTIATE_TEST_SUITE_P(FirstParty, GoodPlugin,
                         ::testing::Values("hello", "stats", "memory", "lmdb", "redis", "text", "json"),
                         [](const auto& instance) { return instance.param; });
// Compiled with the oldest headers.
INSTANTIATE_TEST_SUITE_P(Oldest, GoodPlugin,
                         ::testing::Values("oldest_handler", "oldest_render", "oldest_format"),
                         [](const auto& instance) { return instance.param; });

// ---- bad ones
// ----------------------------------------------------------------------------------------------------

struct Fault {
  const char* plugin;
  const char* test;   // the only one that fails
  const char* words;  // of the reason
};

constexpr const char* kHangs = "did not return within ";
constexpr const char* kNeverIdle = "in the wait for its messages and work to end";

const Fault kFaults[] = {
    {"garbage_note", "note", "its id does not follow the rule"},
    {"no_note", "note", "it has no evloom note"},
    {"newer_minor", "note", "built for ABI 1.999, this host has only 1."},
    {"wrong_major", "note", "built for ABI 2.0, this host has 1."},
    {"executable_stack", "exports", "asks for an executable stack"},
    {"extra_export", "exports", "parse_everything: exported besides the entry"},
    {"no_entry", "exports", "does not export its entry"},
    {"nodelete", "exports", "asks to stay in memory for good"},
    {"unique_symbol", "exports", "-fno-gnu-unique"},
    {"missing_symbol", "libraries", "undefined symbol: evloom_test_nobody_has_this"},
    {"constructor_throws", "load", "crashed (SIGABRT) in load"},
    {"constructor_crashes", "load", "crashed (SIGSEGV) in load"},
    {"constructor_sleeps", "load", kHangs},
    {"mismatch", "load", "its entry and its note state different version"},
    {"create_crashes", "create", "crashed (SIGSEGV) in create"},
    {"create_exits", "create", "exited with status 0 in create"},
    {"create_fails", "create", "the moon is in the wrong phase"},
    {"create_hangs", "create", kHangs},
    {"create_throws", "create", "create threw: thrown by create"},
    {"heir", "create", "signals 0, descriptors 0"},
    {"hollow_table", "create", "its table for evloom.handler/1 lacks on_request"},
    {"missing_need", "create", "needs evloom.host.teapot/1, which this host does not offer"},
    {"no_interface", "create", "promises evloom.handler/1, get_interface does not give it"},
    {"small_table", "create", "is too small (8 bytes"},
    {"start_crashes", "life", "crashed (SIGSEGV) in thread_start"},
    {"start_fails", "life", "failed to start on loop 1: no descriptor is left"},
    {"start_hangs", "life", kHangs},
    {"stop_hangs", "life", kHangs},
    {"posts_forever", "life", kNeverIdle},
    {"stop_throws", "life", "it misbehaved: exception 2 times, first: thread_stop threw: the table"},
    {"destroy_crashes", "life", "crashed (SIGABRT) in destroy"},
    {"any_id", "unknown-ids", "gives a table for the unknown id \"evloom.handler\""},
    {"option_overflows", "options", "crashed (SIGABRT) in create with option 'rows' = 1000"},
    {"event_left", "leftovers", "1 event was left on loop 0"},
    {"timer_left", "leftovers", "1 event was left on loop 0"},
    {"host_timer_left", "leftovers", "thread_stop left 1 timers behind"},
    {"thread_left", "leftovers", "('bad-thread') of instance 'thread_left'"},
    {"start_fails_third", "loops", "with 8 loops: instance 'start_fails_third'"},
    {"event_left_third", "loops", "with 8 loops: 1 event was left on loop 2"},
    {"timer_left_third", "loops", "with 8 loops: 1 event was left on loop 2"},
    {"thread_left_third", "loops", "('bad-thread') of instance"},
    {"thread_destructor", "cycles", "a thread_local variable has a destructor"},
    {"descriptor_left", "cycles", "200 descriptors more after 100 lives than before"},
    {"blind_trust", "missing-interfaces", "a host without evloom.host.metrics/1"},
    {"throws_on_request", "requests", "on_request threw: thrown by on_request"},
    {"request_timer_left", "requests", "timers behind"},
    {"never_answers", "requests", "was held and is not answered"},
    {"narrow_results", "larger-structs", "walk arrays by the `size` of their first element"},
    {"cancel_crashes", "cancel", "crashed (SIGSEGV) in a request of which its"},
    {"ignores_error", "stores", "crashed (SIGSEGV) in requests with a store that"},
    {"late_reply", "store", "`done` has not been called"},
    {"health_crashes", "store", "crashed (SIGSEGV) in health"},
    {"fixed_stride", "store", ""},
    {"drops_pending", "store", "has not ended with it"},
    {"format_throws", "format", "list threw: thrown by list"},
    {"accepts_all", "state", "accepts takes state of version 4294967295"},
    {"forgets_state", "state", "save and load lose state"},
    {"second_fails", "swap", "there is one already"},
    {"unix_peer", "swap", " times, first: on_request threw: no IP address; catch it inside"},
};

TEST(PluginCheck, KnowsEveryBadPlugin) {
  std::set<std::string> known, built;
  for (const Fault& fault : kFaults) known.insert(fault.plugin);
  std::istringstream targets(BAD_PLUGINS);
  for (std::string target; targets >> target;) built.insert(target.substr(target.find('_') + 1));
  EXPECT_EQ(known, built);
}

TEST(PluginCheck, EveryTestHasAPluginThatFailsIt) {
  std::set<std::string> failed, listed;
  for (const Fault& fault : kFaults) failed.insert(fault.test);
  const Json list = Json::parse(check({"--list", "--json"}).output);
  for (const Json& test : list) listed.insert(test["name"]);
  EXPECT_EQ(failed, listed);
}

class BadPlugin : public ::testing::TestWithParam<Fault> {};

TEST_P(BadPlugin, IsCaughtByTheOneTestThatIsMeantForIt) {
  const Fault& fault = GetParam();
  const bool hangs = fault.words == kHangs || fault.words == kNeverIdle;
  const Json json = report({bad(fault.plugin)}, 1, milliseconds(hangs ? 1500 : 15000));
  const auto failed = with_outcome(json, "failed");
  ASSERT_EQ(failed.size(), 1u) << json.dump(2);
  EXPECT_EQ(failed.begin()->first, fault.test) << failed.begin()->second;
  EXPECT_NE(failed.begin()->second.find(fault.words), std::string::npos) << failed.begin()->second;
  EXPECT_EQ(json["good"], false);
}

INSTANTIATE_TEST_SUITE_P(Each, BadPlugin, ::testing::ValuesIn(kFaults),
                         [](const auto& instance) { return std::string(instance.param.plugin); });

// ---- the command
// -------------------------------------------------------------------------------------------------

TEST(PluginCheck, ItsPageHasEveryTestWithWhatItProves) {
  const std::string page = read_file(PLUGIN_CHECK_PAGE);
  const Json list = Json::parse(check({"--list", "--json"}).output);
  std::string table;
  for (const Json& test : list)
    table += "| `" + test["name"].get<std::string>() + "` | " + test["proves"].get<std::string>() + " |\n";
  EXPECT_NE(page.find(table), std::string::npos) << "docs/plugin-check.md must have:\n" << table;
}

TEST(PluginCheck, SaysWhatItTriesAndHowItWent) {
  const Outcome good = check({first_party("hello"), "--only", "note", "--only", "requests"});
  EXPECT_EQ(good.exit, (Exit{0, 0}));
  EXPECT_NE(good.output.find("hello.so, seed "), std::string::npos) << good.output;
  EXPECT_NE(good.output.find("requests            passed"), std::string::npos) << good.output;
  EXPECT_NE(good.output.find("2 passed, 0 failed, 0 skipped"), std::string::npos) << good.output;

  const Outcome failed = check({bad("throws_on_request"), "--seed", "7"});
  EXPECT_EQ(failed.exit, (Exit{1, 0}));
  EXPECT_NE(failed.output.find("seed 7\n"), std::string::npos) << failed.output;
  EXPECT_NE(failed.output.find("requests            failed"), std::string::npos) << failed.output;
  EXPECT_NE(failed.output.find("cancel              skipped"), std::string::npos) << failed.output;
  EXPECT_NE(failed.output.find("`requests` did not pass"), std::string::npos) << failed.output;
  EXPECT_NE(failed.output.find(bad("throws_on_request") + " --seed 7\n"), std::string::npos) << failed.output;
}

// Run by a shell as it is printed, it fails in the same way.
TEST(PluginCheck, TheCommandForOnceMoreIsComplete) {
  const TempDir folder;
  const std::filesystem::path file = folder / "it's bad.so", config = folder / "own $HOME.yaml";
  write_file(file, read_file(bad("throws_on_request")));
  write_file(config,
             "handlers: { one: { plugin: throws_on_request } }\nroutes: [{ path: /, handler: one }]\n");
  const Outcome first = check({file.string(), "--from", bad("throws_on_request"), "--config", config.string(),
                               "--only", "note", "--only", "requests", "--timeout", "9000", "--seed", "7"});
  ASSERT_EQ(first.exit, (Exit{1, 0})) << first.errors;
  const std::string_view before = "once more, the same way: evloom ";
  const std::size_t at = first.output.find(before);
  ASSERT_NE(at, std::string::npos) << first.output;
  const std::string arguments = first.output.substr(at + before.size());
  for (const char* option : {" --from ", " --config ", " --only requests", " --timeout 9000", " --seed 7"})
    EXPECT_NE(arguments.find(option), std::string::npos) << arguments;
  const Outcome again =
      run({"/bin/sh", "-c", "exec " + evloom_binary() + " " + arguments}, widened(milliseconds(60000)));
  EXPECT_EQ(again.exit, (Exit{1, 0})) << again.errors;
  EXPECT_NE(again.output.find("requests            failed"), std::string::npos) << again.output;
  EXPECT_NE(again.output.find(std::string(before) + arguments), std::string::npos) << again.output;
}

TEST(PluginCheck, WhatAPluginSaysMovesNoCursor) {
  const std::vector<std::string> arguments = {bad("stop_throws"), "--only", "life"};
  const Outcome outcome = check(arguments);
  EXPECT_NE(outcome.output.find("the table\\x1b[2J is gone\\x07"), std::string::npos) << outcome.output;
  for (const char c : outcome.output)
    EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << outcome.output;
  const Json json = report(arguments, 1);
  EXPECT_NE(json["tests"][0]["reason"].get<std::string>().find("the table\x1b[2J is gone\a"),
            std::string::npos);
}

TEST(PluginCheck, ASeedRepeatsWhatChanceChose) {
  const std::vector<std::string> arguments = {bad("throws_on_request"), "--only", "requests", "--seed"};
  const auto reason = [&](const char* seed) {
    std::vector<std::string> all = arguments;
    all.push_back(seed);
    return report(all, 1)["tests"][0]["reason"].get<std::string>();
  };
  EXPECT_EQ(reason("7"), reason("7"));
  std::set<std::string> different;
  for (const char* seed : {"1", "2", "3", "4", "5", "6"}) different.insert(reason(seed));
  EXPECT_GT(different.size(), 1u) << "another seed begins with another request";
}

TEST(PluginCheck, RefusesWhatItCannotUnderstand) {
  const TempDir folder;
  write_file(folder / "text.so", "no ELF file");
  write_file(folder / "other.yaml",
             "routes: [{ path: /, handler: stats, store: a }]\nstores: { a: { plugin: memory } }\n");
  write_file(folder / "broken.yaml", "thraeds: 1\n");
  const std::string hello = first_party("hello");
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {(folder / "nothing.so").string()},
                                             {(folder / "text.so").string()},
                                             {hello, "--only", "teapot"},
                                             {hello, "--from", (folder / "nothing.so").string()},
                                             {hello, "--config", (folder / "nothing.yaml").string()},
                                             {hello, "--timeout", "0"},
                                             {hello, "--seed", "many"}}) {
    const Outcome outcome = check(arguments);
    EXPECT_EQ(outcome.exit, (Exit{2, 0})) << ::testing::PrintToString(arguments) << outcome.output;
    EXPECT_FALSE(outcome.errors.empty());
  }
  const auto reason = [&](const char* file) {
    return report({hello, "--config", (folder / file).string(), "--only", "note"}, 1)["tests"][0]["reason"]
        .get<std::string>();
  };
  EXPECT_NE(reason("other.yaml").find("has no instance of plugin 'hello'"), std::string::npos);
  EXPECT_NE(reason("broken.yaml").find("broken.yaml:1:1: error:"), std::string::npos);
}

TEST(PluginCheck, TakesTheOptionsOfAConfiguration) {
  RedisServer redis;
  const TempDir folder;
  write_file(folder / "redis.yaml",
             "stores: { counters: { plugin: redis, host: 127.0.0.1, port: " + std::to_string(redis.port()) +
                 " } }\nroutes: [{ path: /, handler: stats, store: counters }]\n");
  const Json json = report({first_party("redis"), "--config", (folder / "redis.yaml").string()}, 0);
  for (const Json& test : json["tests"])
    for (const Json& note : test["notes"])
      EXPECT_EQ(note.get<std::string>().find("no operation could be carried out"), std::string::npos) << note;
}

TEST(PluginCheck, SwapsFromAnOlderBuild) {
  const TempDir folder;
  const std::filesystem::path older = folder / "older.so";
  write_file(older, read_file(first_party("memory")) + "older");
  EXPECT_EQ(report({first_party("memory"), "--from", older.string(), "--only", "swap"}, 0)["passed"], 1);
  // One that is another plugin is no older build of this one.
  const Json json = report({first_party("memory"), "--from", first_party("lmdb"), "--only", "swap"}, 1);
  EXPECT_NE(json["tests"][0]["reason"], "");
}

TEST(PluginCheck, LeavesNothingBehind) {
  const TempDir folder;
  Process process(
      {.command = {evloom_binary(), "plugin", "check", bad("create_crashes")},
       .environment = {{"XDG_RUNTIME_DIR", folder.path().string()}, {"TMPDIR", folder.path().string()}}});
  ASSERT_TRUE(process.wait(widened(milliseconds(20000))).has_value());
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace evloom::test
