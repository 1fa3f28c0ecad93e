// Redis goes away under load and comes back: 503 in between, good again soon, nobody hangs, no count is
// invented or lost beyond those whose fate is unknown.
#include <gtest/gtest.h>

#include <memory>

#include "support/evloom_process.hpp"
#include "support/ledger.hpp"
#include "support/load.hpp"
#include "support/redis_server.hpp"
#include "support/stats.hpp"

namespace evloom::test {
namespace {

class RedisOutage : public ::testing::Test {
 protected:
  void start(const std::string& more = "") {
    evloom_ = std::make_unique<Evloom>(
        yaml({.counters = "{ plugin: redis, port: " + std::to_string(redis_.port()) + more + " }"}));
    ASSERT_TRUE(evloom_->wait_ready());
  }
  void TearDown() override {
    if (evloom_) {
      EXPECT_EQ(evloom_->stop(), "");
    }
  }
  Load load(Ledger* ledger) {
    return Load({.address = evloom_->address(), .bytes = get("/"), .connections = 32, .ledger = ledger});
  }
  // Milliseconds until an answer with 200.
  long until_good(milliseconds limit) {
    const auto begun = Clock::now();
    EXPECT_TRUE(wait_until(limit, [&] { return evloom_->get("/").status == 200; }));
    return static_cast<long>(std::chrono::duration_cast<milliseconds>(Clock::now() - begun).count());
  }
  bool wait_refused() {
    return wait_until(widened(milliseconds(5000)), [&] { return evloom_->get("/").status == 503; });
  }
  static void expect_orderly(const LoadResult& result) {
    EXPECT_EQ(result.lost(), 0u) << result.summary();
    EXPECT_EQ(result.answered(), result.with(200) + result.with(503)) << result.summary();
    EXPECT_EQ(result.no_retry_after, 0u);
    EXPECT_LT(result.slowest_ms, widened(milliseconds(4000)).count());
  }

  RedisServer redis_;
  std::unique_ptr<Evloom> evloom_;
};

TEST_F(RedisOutage, KilledAndRestartedUnderLoad) {
  start();
  Ledger before, after;  // what the killed Redis held is gone with it
  {
    Load running = load(&before);
    ASSERT_TRUE(running.wait_good(500, widened(milliseconds(10000))));
    redis_.kill();
    ASSERT_TRUE(wait_refused());
    const LoadResult result = running.stop();
    expect_orderly(result);
    EXPECT_GT(result.with(503), 0u);
  }
  EXPECT_EQ(before.violations(), "");
  Load running = load(nullptr);
  redis_.start();
  EXPECT_LT(until_good(widened(milliseconds(7000))), widened(milliseconds(2000)).count());
  ASSERT_TRUE(running.wait_good(500, widened(milliseconds(10000))));
  expect_orderly(running.stop());
}

TEST_F(RedisOutage, KilledAgainAndAgain) {
  start();
  Load running = load(nullptr);
  for (int round = 0; round < 5; ++round) {
    ASSERT_TRUE(running.wait_good(200, widened(milliseconds(10000)))) << "round " << round;
    redis_.restart();
  }
  ASSERT_TRUE(running.wait_good(200, widened(milliseconds(10000))));
  expect_orderly(running.stop());
}

// Every client of Redis is cut off, but its data stays: here the counts must agree in the end.
TEST_F(RedisOutage, CutConnectionsLoseNoCount) {
  start();
  Ledger ledger;
  Load running = load(&ledger);
  for (int round = 0; round < 10; ++round) {
    ASSERT_TRUE(running.wait_good(100, widened(milliseconds(10000)))) << "round " << round;
    redis_.command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  }
  ASSERT_TRUE(running.wait_good(100, widened(milliseconds(10000))));
  expect_orderly(running.stop());
  EXPECT_EQ(ledger.violations(std::stoll(redis_.command({"GET", "requests:total"}))), "");
}

TEST_F(RedisOutage, StoppedRedisIsAnsweredForByTheDeadline) {
  start(", timeout: 500ms");
  Ledger ledger;
  Load running = load(&ledger);
  ASSERT_TRUE(running.wait_good(500, widened(milliseconds(10000))));
  redis_.stop();
  Client client = evloom_->connect();
  const auto begun = Clock::now();
  const Response response = client.get("/");
  EXPECT_EQ(response.status, 503);
  EXPECT_TRUE(response.header("Retry-After"));
  EXPECT_LT(Clock::now() - begun, widened(milliseconds(1500)));
  EXPECT_EQ(evloom_->get("/hello").status, 200);
  redis_.resume();
  EXPECT_LT(until_good(widened(milliseconds(7000))), widened(milliseconds(2500)).count());
  ASSERT_TRUE(running.wait_good(500, widened(milliseconds(10000))));
  expect_orderly(running.stop());
  // The commands that were sent before the stop are carried out after it: of unknown fate, and counted as
  // such.
  std::int64_t stored = std::stoll(redis_.command({"GET", "requests:total"}));
  EXPECT_LE(static_cast<std::int64_t>(ledger.acknowledged_count()), stored);
  EXPECT_EQ(ledger.violations(), "");
}

TEST_F(RedisOutage, ErrorsOfRedisAreAnsweredForAsErrors) {
  start();
  EXPECT_EQ(evloom_->get("/").status, 200);
  redis_.command({"SET", "requests:total", "no number"});
  EXPECT_EQ(evloom_->get("/").status, 500);
  redis_.command({"DEL", "requests:total"});
  EXPECT_EQ(evloom_->get("/").status, 200);
  redis_.command({"SET", "requests:total", "9223372036854775807"});
  const int status = evloom_->get("/").status;
  EXPECT_TRUE(status == 500 || status == 503 || status == 507) << status;
  redis_.command({"SET", "requests:total", "41"});
  std::string why;
  const auto stats = parse_stats(evloom_->get("/").body, why);
  ASSERT_TRUE(stats) << why;
  EXPECT_EQ(stats->total, 42);
}

}  // namespace
}  // namespace evloom::test
