// direct, the published technique: the answer and the keys that evloom has to agree with.
#include <gtest/gtest.h>

#include "support/direct_process.hpp"
#include "support/ledger.hpp"
#include "support/load.hpp"
#include "support/redis_server.hpp"
#include "support/stats.hpp"

namespace evloom::test {
namespace {

TEST(Direct, GivesTheFiveLinesToTheByte) {
  RedisServer redis;
  Direct direct(redis.port());
  Client client(direct.address());
  const std::string port = std::to_string(client.port());
  const std::string tail = "source ports which have been seen for your ip:\n" + port + " \n";
  EXPECT_EQ(
      client.get("/").body,
      "Total requests = 1\nRequests from this source IP = 1\nThis source port has never been seen.\n" + tail);
  EXPECT_EQ(
      client.get("/any/path").body,
      "Total requests = 2\nRequests from this source IP = 2\nThis source port has been seen already.\n" +
          tail);
  EXPECT_EQ(redis.command({"GET", "requests:total"}), "2");
  EXPECT_EQ(redis.command({"GET", "requests:ip:127.0.0.1"}), "2");
  EXPECT_EQ(redis.command({"SMEMBERS", "requests:ip:127.0.0.1:ports"}), port);
}

TEST(Direct, CountsEveryRequestOfManyConnections) {
  RedisServer redis;
  Direct direct(redis.port());
  Ledger ledger;
  const LoadResult result = run_load({.address = direct.address(),
                                      .bytes = get("/"),
                                      .connections = 32,
                                      .requests = 5000,
                                      .ledger = &ledger});
  EXPECT_EQ(result.with(200), 5000u) << result.summary();
  EXPECT_EQ(result.lost(), 0u) << result.summary();
  EXPECT_EQ(redis.command({"GET", "requests:total"}), "5000");
  EXPECT_EQ(ledger.violations(5000), "");
}

}  // namespace
}  // namespace evloom::test
