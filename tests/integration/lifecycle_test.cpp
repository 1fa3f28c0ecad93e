// From start to end: kill -9 under load loses nothing that was acknowledged, SIGTERM loses nothing at all, a
// second signal ends at once.
#include <gtest/gtest.h>
#include <signal.h>

#include <memory>

#include "support/evloom_process.hpp"
#include "support/ledger.hpp"
#include "support/load.hpp"
#include "support/stats.hpp"

namespace evloom::test {
namespace {

// One request on a connection of its own, written down in the ledger; its total.
std::int64_t probe(const Evloom& evloom, Ledger& ledger) {
  Client client = evloom.connect();
  const Response response = client.get("/");
  std::string why;
  const auto stats = parse_stats(response.body, why);
  if (!stats) throw std::runtime_error("malformed answer: " + why);
  ledger.acknowledged("127.0.0.1", client.port(), response.body);
  return stats->total;
}

TEST(Kill, LosesNothingThatWasAcknowledged) {
  const std::uint16_t port = unused_port();
  Evloom evloom(yaml({.listen = "[{ http: \"127.0.0.1:" + std::to_string(port) + "\" }]",
                      .counters = "{ plugin: lmdb, path: data, durability: commit }"}));
  Ledger ledger;
  for (int round = 0; round < 20; ++round) {
    SCOPED_TRACE("kill " + std::to_string(round));
    {
      Load load({.address = evloom.address(),
                 .bytes = get("/"),
                 .connections = 16,
                 .reconnect = false,
                 .ledger = &ledger});
      ASSERT_TRUE(load.wait_good(50, widened(milliseconds(10000))));
      evloom.kill();
      const LoadResult result = load.finish();
      EXPECT_EQ(result.malformed + result.hung, 0u) << result.summary();
      EXPECT_EQ(result.answered(), result.with(200)) << result.summary();
    }
    ledger.barrier();
    const auto begun = Clock::now();
    evloom.start_again();
    EXPECT_LT(Clock::now() - begun, widened(milliseconds(1000))) << "slow to open again";
    probe(evloom, ledger);
    ASSERT_EQ(ledger.violations(), "");
  }
  EXPECT_EQ(ledger.violations(probe(evloom, ledger)), "");
  EXPECT_EQ(evloom.stop(), "");
}

TEST(Restart, KeepsWhatWasCounted) {
  Evloom evloom(yaml({.counters = "{ plugin: lmdb, path: data }"}));
  Client client = evloom.connect();
  for (int i = 1; i <= 5; ++i) client.get("/");
  client.close();
  EXPECT_EQ(evloom.stop(), "");
  evloom.start_again();
  Ledger ledger;
  EXPECT_EQ(probe(evloom, ledger), 6);
  EXPECT_EQ(evloom.stop(), "");
}

class TerminateUnderLoad : public ::testing::TestWithParam<std::string> {};

TEST_P(TerminateUnderLoad, AnswersAllThatWasAsked) {
  Evloom evloom(yaml({.shutdown = "{ timeout: 5s }"}));
  Load load({.address = evloom.address(), .bytes = get(GetParam()), .connections = 32, .reconnect = false});
  ASSERT_TRUE(load.wait_good(1000, widened(milliseconds(20000))));
  const auto begun = Clock::now();
  evloom.process().signal(SIGTERM);
  const LoadResult result = load.finish();
  EXPECT_EQ(evloom.process().wait(widened(milliseconds(5000))), (Exit{0, 0})) << evloom.log();
  EXPECT_LT(Clock::now() - begun, widened(milliseconds(3000)));
  EXPECT_EQ(result.lost(), 0u) << result.summary();
  EXPECT_EQ(result.answered(), result.with(200)) << result.summary();
  EXPECT_EQ(sanitizer_report(evloom.log()), "");
}

INSTANTIATE_TEST_SUITE_P(Targets, TerminateUnderLoad,
                         ::testing::Values("/hello", "/", "/echo?sleep=5", "/echo?size=100000"),
                         [](const auto& one) { return "number" + std::to_string(one.index); });

// Each request on a fresh connection. Those that wait to be accepted when the listener closes are told to
// come again; only who connects between the last accept and the close can find a reset.
TEST(Terminate, AnswersWhoeverHasConnected) {
  for (int round = 0; round < 5; ++round) {
    Evloom evloom(yaml({}));
    Load load({.address = evloom.address(),
               .bytes = get("/hello", {{"Connection", "close"}}),
               .connections = 32,
               .reconnect_delay = milliseconds(0),
               .until_refused = true});
    ASSERT_TRUE(load.wait_good(500, widened(milliseconds(20000))));
    evloom.process().signal(SIGTERM);
    const LoadResult result = load.finish();
    EXPECT_LE(result.lost(), 2u) << result.summary();
    EXPECT_EQ(result.answered(), result.with(200) + result.with(503)) << result.summary();
    EXPECT_LE(result.with(503), 32u) << result.summary();
    EXPECT_EQ(result.no_retry_after, 0u);
    EXPECT_EQ(evloom.process().wait(widened(milliseconds(5000))), (Exit{0, 0})) << evloom.log();
  }
}

TEST(Terminate, WaitsForARequestUnderWay) {
  Evloom evloom(yaml({}));
  Client client = evloom.connect();
  client.send(get("/echo?sleep=600&x=late"));
  client.settle();
  evloom.process().signal(SIGTERM);
  EXPECT_TRUE(client.quiet(milliseconds(200)));
  const Response response = client.read();
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(response.connection("close"));
  EXPECT_EQ(client.wait_end(), Ending::closed);
  client.close();
  EXPECT_EQ(evloom.process().wait(widened(milliseconds(3000))), (Exit{0, 0})) << evloom.log();
}

TEST(Terminate, GivesUpOnTheRestAtTheLimit) {
  Evloom evloom(yaml({.limits = "{ reply_timeout: 30s }", .shutdown = "{ timeout: 500ms }"}));
  Client held = evloom.connect(), slow = evloom.connect(4096);
  held.send(get("/echo?hold"));
  slow.send(get("/echo?size=20000000"));
  held.settle();
  ASSERT_NE(slow.read_some(100, kPatience), "");
  const auto begun = Clock::now();
  evloom.process().signal(SIGTERM);
  EXPECT_EQ(evloom.process().wait(widened(milliseconds(3000))), (Exit{0, 0})) << evloom.log();
  EXPECT_GE(Clock::now() - begun, milliseconds(400));
  EXPECT_TRUE(evloom.log_has("cut off")) << evloom.log();
  EXPECT_EQ(sanitizer_report(evloom.log()), "");
}

TEST(Terminate, IdleConnectionsDoNotDelayIt) {
  Evloom evloom(yaml({}));
  std::vector<Client> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(evloom.connect());
    if (i % 2) {
      EXPECT_EQ(clients.back().get("/hello").status, 200);
    }
  }
  const auto begun = Clock::now();
  EXPECT_EQ(evloom.stop(milliseconds(5000)), "");
  EXPECT_LT(Clock::now() - begun, widened(milliseconds(1500)));
  for (Client& client : clients)
    EXPECT_EQ(client.wait_end(), Ending::closed) << "a reset, where a FIN was due";
}

TEST(Terminate, ReadinessTurnsFirst) {
  Evloom evloom(yaml({.limits = "{ reply_timeout: 30s }", .shutdown = "{ timeout: 2s }"}));
  Client probe = evloom.connect(), held = evloom.connect();
  EXPECT_EQ(probe.get("/readyz").status, 200);
  held.send(get("/echo?sleep=1000"));
  held.settle();
  evloom.process().signal(SIGTERM);
  // A connection that is open gets one more answer, which says that the host is leaving.
  ASSERT_TRUE(evloom.wait_log("SIGTERM")) << evloom.log();
  const Response response = probe.get("/readyz");
  EXPECT_EQ(response.status, 503);
  EXPECT_TRUE(response.connection("close"));
  EXPECT_EQ(held.read().status, 200);
  probe.close();
  held.close();
  EXPECT_EQ(evloom.process().wait(widened(milliseconds(5000))), (Exit{0, 0}));
}

TEST(Terminate, SecondSignalEndsAtOnce) {
  for (const int number : {SIGTERM, SIGINT}) {
    Evloom evloom(yaml({.limits = "{ reply_timeout: 60s }", .shutdown = "{ timeout: 60s }"}));
    Client held = evloom.connect();
    held.send(get("/echo?hold"));
    held.settle();
    evloom.process().signal(number);
    EXPECT_FALSE(evloom.process().wait(milliseconds(500))) << "a request is under way";
    evloom.process().signal(number);
    EXPECT_TRUE(evloom.process().wait(widened(milliseconds(1000)))) << "still running";
    EXPECT_EQ(sanitizer_report(evloom.log()), "");
  }
}

TEST(Start, ServesNothingBeforeItListensAndAllAfterwards) {
  for (int i = 0; i < 5; ++i) {
    Evloom evloom(yaml({.counters = "{ plugin: lmdb, path: data }"}));
    EXPECT_EQ(evloom.get("/").status, 200);
    EXPECT_EQ(evloom.stop(), "");
  }
}

}  // namespace
}  // namespace evloom::test
