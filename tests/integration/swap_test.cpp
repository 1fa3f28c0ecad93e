// Changes of a running host: swap, reload and roll-back under load, without one request that fails; and what
// a change that cannot be made leaves behind: nothing.
#include <gtest/gtest.h>
#include <signal.h>

#include <string>

#include "support/admin.hpp"
#include "support/at_rest.hpp"
#include "support/evloom_process.hpp"
#include "support/ledger.hpp"
#include "support/load.hpp"
#include "support/redis_server.hpp"
#include "support/stats.hpp"

namespace evloom::test {
namespace {

constexpr const char* kEpochs = "{ rollback_window: 100ms }";

// What most of these tests run.
std::string config(std::string counters = "{ plugin: memory }", std::string epochs = kEpochs,
                   std::string routes = "") {
  Settings settings;
  settings.counters = std::move(counters);
  settings.epochs = std::move(epochs);
  settings.more = kAdminYaml;
  settings.more_routes = "  - { path: \"/generation\", handler: generation }\n" + routes;
  return yaml(settings);
}

std::int64_t total(const Response& response) {
  std::string why;
  const auto stats = parse_stats(response.body, why);
  if (!stats) throw std::runtime_error(why + ": " + response.body);
  return stats->total;
}

TEST(Swap, OtherCodeServesAtOnceAndTheOldIsUnmapped) {
  Evloom evloom(config());
  const Admin admin(evloom);
  const AtRest before(evloom);
  EXPECT_EQ(evloom.get("/generation").body, "generation 1 plain\n");
  Client keep_alive = evloom.connect();
  EXPECT_EQ(keep_alive.get("/generation").body, "generation 1 plain\n");

  const Json change = admin.swap("generation", plugin_file("generation_2"));
  ASSERT_EQ(outcome(change), "serving ");
  EXPECT_EQ(change["built"].size(), 1u);
  EXPECT_EQ(keep_alive.get("/generation").body, "generation 2 plain\n") << "a kept connection moves at once";
  EXPECT_EQ(evloom.get("/generation").body, "generation 2 plain\n");

  keep_alive.close();
  before.expect(evloom, admin);
  const Json entry = admin.entry(change["number"]);
  ASSERT_EQ(entry["before"]["code"].size(), 1u) << entry;
  EXPECT_EQ(entry["before"]["code"][0]["unmapped"], true) << entry;
  EXPECT_TRUE(evloom.log_has("generation build"));
  EXPECT_EQ(evloom.stop(), "");
}

TEST(Swap, AFileThatIsOverwrittenInPlaceDisturbsNobodyAndAReloadTakesIt) {
  Evloom evloom(config());
  const Admin admin(evloom);
  const std::filesystem::path file = evloom.folder() / "mine.so";
  write_file(file, read_file(plugin_file("generation_2")));
  ASSERT_EQ(outcome(admin.swap("generation", file)), "serving ");
  write_file(file, read_file(plugin_file("generation_3")));  // the same inode
  EXPECT_EQ(evloom.get("/generation").body, "generation 2 plain\n");
  ASSERT_EQ(outcome(admin.swap("generation", file)), "serving ") << "the same path, other code";
  EXPECT_EQ(evloom.get("/generation").body, "generation 3 plain\n");
  write_file(file, read_file(plugin_file("generation_2")));
  ASSERT_EQ(outcome(admin.reload()), "serving ") << "a reload looks at the files, too";
  EXPECT_EQ(evloom.get("/generation").body, "generation 2 plain\n");
  EXPECT_EQ(outcome(admin.reload()), "unchanged ");
  std::filesystem::remove(file);
  const Json gone = admin.reload();
  EXPECT_EQ(gone["outcome"], "refused");
  EXPECT_NE(gone["error"].get<std::string>().find("--discard-swaps"), std::string::npos) << gone;
  ASSERT_EQ(outcome(admin.reload({{"discard_swaps", true}})), "serving ");
  EXPECT_EQ(evloom.get("/generation").body, "generation 1 plain\n");
  EXPECT_EQ(evloom.stop(), "");
}

TEST(Rollback, IsTheEpochBeforeAndOnlyWhileThatStandsBy) {
  Evloom evloom(config("{ plugin: memory }", "{ rollback_window: 1h }"));
  const Admin admin(evloom);
  EXPECT_EQ(admin.rollback()["outcome"], "refused");
  ASSERT_EQ(outcome(admin.swap("generation", plugin_file("generation_2"))), "serving ");
  ASSERT_EQ(outcome(admin.rollback()), "serving ");
  EXPECT_EQ(evloom.get("/generation").body, "generation 1 plain\n");
  ASSERT_EQ(outcome(admin.rollback()), "serving ");
  EXPECT_EQ(evloom.get("/generation").body, "generation 2 plain\n");
  rewrite(evloom, config("{ plugin: memory }", "{ rollback_window: 0s }"));
  ASSERT_EQ(outcome(admin.reload()), "serving ");
  ASSERT_TRUE(admin.settle());
  const Json refused = admin.rollback();
  EXPECT_EQ(refused["outcome"], "refused");
  EXPECT_NE(refused["error"].get<std::string>().find("there is no epoch to go back to"), std::string::npos)
      << refused;
  EXPECT_EQ(evloom.stop(), "");
}

TEST(Reload, CoversRoutesOptionsListenersLimitsAndLog) {
  const std::string first = config();
  Evloom evloom(first);
  const Admin admin(evloom);
  const AtRest before(evloom);
  Client old = evloom.connect();
  EXPECT_EQ(old.get("/generation").body, "generation 1 plain\n");

  std::string text =
      replaced(first, "{ http: \"127.0.0.1:0\" }", "{ http: \"127.0.0.1:0\" }, { unix: \"more.sock\" }");
  text = replaced(text, "stores:", "handlers: { generation: { plugin: generation, word: fancy } }\nstores:");
  text = replaced(text, "path: \"/hello\"", "path: \"/hi\"");
  text = replaced(text, "limits: {}", "limits: { body_bytes: 10 }");
  text = replaced(text, "log: {}", "log: { level: debug, output: other.log }");
  rewrite(evloom, text);
  const Json plan = admin.get("/v1/plan");
  const Json change = admin.reload();
  ASSERT_EQ(outcome(change), "serving ");
  EXPECT_EQ(change["differences"], plan["differences"]);
  std::string said;
  for (const Json& one : change["differences"])
    said += one["sign"].get<std::string>() + one["kind"].get<std::string>() + ' ' +
            one["name"].get<std::string>() + '\n';
  EXPECT_EQ(
      said,
      "+listener unix:" + (evloom.folder() / "more.sock").string() +
          "\n~instance generation\n-route GET /hello\n+route GET /hi\n~setting limits.body_bytes\n~setting "
          "log.level\n~setting log.output\n")
      << change["differences"];

  EXPECT_EQ(old.get("/generation").body, "generation 1 fancy\n");
  EXPECT_EQ(evloom.get("/hello").status, 404);
  EXPECT_EQ(evloom.get("/hi").status, 200);
  EXPECT_EQ(fetch(evloom.address(), request("POST", "/echo", {}, "12345678901")).status, 413);
  Client over_unix(Address{evloom.folder() / "more.sock", 0});
  EXPECT_EQ(over_unix.get("/hi").status, 200);
  EXPECT_TRUE(wait_until(widened(milliseconds(5000)), [&] {
    return read_file(evloom.folder() / "other.log").find("epoch 2 serves") != std::string::npos;
  })) << read_file(evloom.folder() / "other.log");

  rewrite(evloom, first);
  ASSERT_EQ(outcome(admin.reload()), "serving ");
  EXPECT_EQ(over_unix.wait_end(), Ending::closed) << "its listener has gone";
  EXPECT_EQ(old.get("/hello").status, 200) << "others' connections are left alone";
  EXPECT_EQ(fetch(evloom.address(), request("POST", "/echo", {}, "12345678901")).status, 200);
  EXPECT_FALSE(std::filesystem::exists(evloom.folder() / "more.sock"));
  old.close();
  over_unix.close();
  before.expect(evloom, admin);
  EXPECT_EQ(evloom.stop(), "");
}

TEST(Reload, SighupReloads) {
  const std::string first = config();
  Evloom evloom(first);
  const Admin admin(evloom);
  rewrite(evloom, replaced(first, "path: \"/hello\"", "path: \"/hi\""));
  evloom.process().signal(SIGHUP);
  ASSERT_TRUE(evloom.wait_log("epoch 2 serves"));
  EXPECT_EQ(evloom.get("/hi").status, 200);
  EXPECT_EQ(admin.get("/v1/history")["changes"][0]["by"], "SIGHUP");
  EXPECT_EQ(evloom.stop(), "");
}

TEST(Reload, WhatIsWrongIsRefusedWithItsPlaceAndChangesNothing) {
  const std::string first = config();
  Evloom evloom(first);
  const Admin admin(evloom);
  const AtRest before(evloom);
  const struct {
    std::string text;
    const char* outcome;
    const char* words;
  } cases[] = {
      {replaced(first, "handler: hello", "handler: helo"), "refused", "helo"},
      {replaced(first, "threads: 2", "threads: 3"), "refused", "only a restart can change threads"},
      {replaced(first, "routes:", "rotes:"), "refused", "did you mean"},
      {first + "  - { path: /x, handler: create_fails }\n", "failed", "create_fails"},
      {first + "  - { path: \"/u/{a}\", handler: hello }\n  - { path: \"/u/{b}\", handler: hello, methods: "
               "[POST] }\n",
       "failed", "/u/{b}"},
      {replaced(first, "counters: { plugin: memory }",
                "counters: { plugin: memory }, a: { plugin: lmdb, path: d }, b: { plugin: lmdb, path: d }"),
       "refused", "for itself alone"},
      {replaced(first, "{ http: \"127.0.0.1:0\" }",
                "{ http: \"127.0.0.1:0\" }, { unix: /nowhere/at/all.sock }"),
       "failed", "/nowhere/at/all.sock"},
      {replaced(first, "log: {}", "log: { output: /nowhere/at/all.log }"), "failed", "/nowhere/at/all.log"},
  };
  for (const auto& one : cases) {
    rewrite(evloom, one.text);
    const Json change = admin.reload();
    EXPECT_EQ(change["outcome"], one.outcome) << change;
    EXPECT_NE(change["error"].get<std::string>().find(one.words), std::string::npos) << change;
    EXPECT_EQ(change["epoch"], 1);
    EXPECT_EQ(evloom.get("/hello").status, 200);
  }
  before.expect(evloom, admin);
  EXPECT_EQ(evloom.stop(), "");
}

// The store that knows all by itself: what it counted goes over, and nobody who asks meanwhile fails.
TEST(HandOver, MemoryKeepsItsCountsThroughSwapsUnderLoad) {
  Evloom evloom(config());
  const Admin admin(evloom);
  const AtRest before(evloom);
  Ledger ledger;
  {
    Load load({.address = evloom.address(), .bytes = get("/"), .connections = 16, .ledger = &ledger});
    ASSERT_TRUE(load.wait_good(100, widened(milliseconds(10000))));
    for (std::uint64_t i = 0; i < 10; ++i) {
      const Json change = admin.swap("counters", variant(plugin_file("memory"), evloom.folder(), i));
      ASSERT_EQ(outcome(change), "serving ") << change;
      ASSERT_TRUE(load.wait_good(50, widened(milliseconds(10000))));
    }
    const LoadResult result = load.stop();
    EXPECT_EQ(result.with(200), result.answered()) << result.summary();
    EXPECT_EQ(result.lost(), 0u) << result.summary();
  }
  Client last = evloom.connect();
  EXPECT_EQ(ledger.violations(total(last.get("/")) - 1), "");
  last.close();
  before.expect(evloom, admin);
  EXPECT_EQ(evloom.stop(), "");
}

class Storm : public ::testing::TestWithParam<const char*> {};

// Handler, format and store change under load, reloads come in between, half of them wrong.
TEST_P(Storm, DropsNoRequest) {
  RedisServer redis;
  const std::string store = std::string(GetParam()) == "lmdb"
                                ? "{ plugin: lmdb, path: data, durability: interval }"
                                : "{ plugin: redis, port: " + std::to_string(redis.port()) + " }";
  const std::string first = config(store);
  const std::string second = replaced(first, "path: \"/hello\"", "path: \"/hi\"");
  const std::string wrong = replaced(first, "handler: hello", "handler: helo");
  Evloom evloom(first);
  const Admin admin(evloom);
  ASSERT_TRUE(evloom.wait_ready());
  const AtRest before(evloom);
  Ledger ledger;
  {
    Load load({.address = evloom.address(), .bytes = get("/"), .connections = 64, .ledger = &ledger});
    ASSERT_TRUE(load.wait_good(200, widened(milliseconds(10000))));
    for (std::uint64_t i = 0; i < 30; ++i) {
      SCOPED_TRACE(i);
      const char* const instance = i % 5 == 4 ? "counters" : i % 5 == 3 ? "text" : "stats";
      const char* const plugin = i % 5 == 4 ? GetParam() : instance;
      ASSERT_EQ(outcome(admin.swap(instance, variant(plugin_file(plugin), evloom.folder(), i))), "serving ");
      rewrite(evloom, i % 2 == 0 ? wrong : i % 4 == 1 ? second : first);
      ASSERT_EQ(admin.reload()["outcome"], i % 2 == 0 ? "refused" : "serving");
      ASSERT_TRUE(load.wait_good(20, widened(milliseconds(10000))));
    }
    const LoadResult result = load.stop();
    EXPECT_EQ(result.with(200), result.answered()) << result.summary();
    EXPECT_EQ(result.lost(), 0u) << result.summary();
  }
  Client last = evloom.connect();
  EXPECT_EQ(ledger.violations(total(last.get("/")) - 1), "");
  last.close();
  ASSERT_EQ(outcome(admin.reload({{"discard_swaps", true}})), "serving ");
  before.expect(evloom, admin);
  EXPECT_EQ(evloom.stop(), "");
}

INSTANTIATE_TEST_SUITE_P(Stores, Storm, ::testing::Values("lmdb", "redis"),
                         [](const auto& instance) { return std::string(instance.param); });

TEST(Drain, EpochsWhoseRequestsNeverEndLiveOnAndAFifthIsRefused) {
  const std::string hold = "  - { path: \"/hold\", handler: never_answers }\n";
  Evloom evloom(replaced(config("{ plugin: memory }", "{ rollback_window: 0s, drain_timeout: 1h }", hold),
                         "limits: {}", "limits: { reply_timeout: 1h }"));
  const Admin admin(evloom);
  std::vector<Client> waiting;
  for (int i = 0; i < 3; ++i) {
    waiting.push_back(evloom.connect());
    waiting.back().send(get("/hold"));
    ASSERT_TRUE(wait_until(widened(milliseconds(5000)),
                           [&] { return admin.status()["epochs"][0]["requests"] == 1; }));
    const Json change = admin.swap("generation", plugin_file(i % 2 == 0 ? "generation_2" : "generation_3"));
    ASSERT_EQ(outcome(change), "serving ");
    EXPECT_EQ(change["before"]["pinned"], 1);
  }
  EXPECT_EQ(admin.status()["epochs"].size(), 4u);
  const Json fifth = admin.swap("generation", plugin_file("generation_3"));
  EXPECT_EQ(fifth["outcome"], "refused");
  EXPECT_NE(fifth["error"].get<std::string>().find("live epochs"), std::string::npos) << fifth;
  EXPECT_EQ(evloom.get("/generation").body, "generation 2 plain\n");
  for (Client& client : waiting) EXPECT_TRUE(client.quiet(milliseconds(1))) << "nothing is killed";
  for (Client& client : waiting) client.reset();
  EXPECT_TRUE(admin.settle()) << "their clients have gone";
  EXPECT_EQ(evloom.stop(), "");
}

TEST(Drain, PastItsTimeTheRestGets503) {
  const std::string hold = "  - { path: \"/hold\", handler: never_answers }\n";
  Evloom evloom(replaced(config("{ plugin: memory }", "{ rollback_window: 0s, drain_timeout: 100ms }", hold),
                         "limits: {}", "limits: { reply_timeout: 1h }"));
  const Admin admin(evloom);
  const AtRest before(evloom);
  Client waiting = evloom.connect();
  waiting.send(get("/hold"));
  ASSERT_TRUE(
      wait_until(widened(milliseconds(5000)), [&] { return admin.status()["epochs"][0]["requests"] == 1; }));
  const Json change = admin.swap("generation", plugin_file("generation_2"));
  ASSERT_EQ(outcome(change), "serving ");
  const Response response = waiting.read();
  EXPECT_EQ(response.status, 503);
  EXPECT_TRUE(response.header("Retry-After"));
  waiting.close();
  before.expect(evloom, admin);
  EXPECT_EQ(admin.entry(change["number"])["before"]["cut_off"], 1);
  EXPECT_TRUE(evloom.log_has("1 of never_answers")) << evloom.log();
  EXPECT_EQ(evloom.stop(), "");
}

// A reply whose bytes belong to the plugin pins its code until the last one has been taken.
TEST(Drain, ASlowReaderOfABodyThatWasLentIsNoReasonToKeepTheCode) {
  Evloom evloom(config("{ plugin: memory }", "{ rollback_window: 0s, drain_timeout: 100ms }"));
  const Admin admin(evloom);
  const AtRest before(evloom);
  Client slow = evloom.connect(4096);
  slow.send(get("/echo?release=1&size=8000000"));
  ASSERT_NE(slow.read_some(1000, widened(milliseconds(5000))), "");
  const Json change = admin.swap("echo", variant(plugin_file("echo"), evloom.folder(), 1));
  ASSERT_EQ(outcome(change), "serving ");
  EXPECT_TRUE(admin.settle(milliseconds(20000))) << admin.status();
  const Json entry = admin.entry(change["number"]);
  ASSERT_EQ(entry["before"]["code"].size(), 1u) << entry;
  EXPECT_EQ(entry["before"]["code"][0]["unmapped"], true) << entry;
  slow.close();
  before.expect(evloom, admin);
  EXPECT_EQ(evloom.stop(), "");
}

TEST(Drain, ByCommandReadinessSaysNoAndConnectionsEnd) {
  Evloom evloom(config());
  const Admin admin(evloom);
  ASSERT_TRUE(evloom.wait_ready());
  EXPECT_EQ(admin.send("POST", "/v1/drain", {{"on", true}}).status, 200);
  EXPECT_EQ(evloom.get("/readyz").status, 503);
  const Response answer = evloom.get("/hello");
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.closes());
  EXPECT_EQ(admin.send("POST", "/v1/drain", {{"on", false}}).status, 200);
  EXPECT_TRUE(evloom.wait_ready());
  EXPECT_FALSE(evloom.get("/hello").closes());
  EXPECT_EQ(evloom.stop(), "");
}

}  // namespace
}  // namespace evloom::test
