// The connection to Redis cut at each byte of the replies, with the books kept: what was acknowledged is in
// the store, and what the store holds beyond that was reported as unknown.
#include <algorithm>
#include <set>

#include "fault/redis_fixture.hpp"

namespace evloom::test {
namespace {

// Of the replies to one submit of the stats handler: ":N", ":N", ":F", "*M" with its members.
constexpr std::size_t kLongestCut = 90;

TEST(RedisCut, AtEachByteOfAReplyTheBooksBalance) {
  RedisServer server;
  std::atomic<std::size_t> budget{0};
  ScriptedServer proxy([&](Peer& peer, unsigned) {
    const std::size_t handshake = std::string_view("+PONG\r\n").size();
    relay(peer, server.port(), handshake + budget.load());
  });
  std::int64_t acknowledged = 0, unknown = 0;
  std::set<std::int64_t> totals;
  std::set<std::string> fresh;
  for (std::size_t cut = 0; cut <= kLongestCut; ++cut) {
    budget = cut;
    PluginFixture store(redis_plugin(proxy.port(), {{"command_timeout", "5s"}}), 1);
    ASSERT_TRUE(ready(store)) << "cut " << cut;
    const std::string port = std::to_string(50000 + cut);
    const Reply reply =
        store.run(0, {add("total"), add("ip"), set_add("ports", {port, port + "x"}), set_read("ports")});
    EXPECT_EQ(store.violations(), Strings{});
    EXPECT_EQ(store.metric("pending"), 0);
    if (reply.status != EVL_OK) {
      // Not one reply came whole.
      ASSERT_EQ(reply.status, EVL_E_UNKNOWN) << "cut " << cut;
      ++unknown;
      continue;
    }
    ASSERT_EQ(reply.results.size(), 4u);
    // What was answered stays answered; from the first that was not, all are unknown.
    bool lost = false;
    for (const OpResult& result : reply.results) {
      ASSERT_TRUE(result.status == EVL_OK || result.status == EVL_E_UNKNOWN) << "cut " << cut;
      EXPECT_FALSE(lost && result.status == EVL_OK) << "cut " << cut;
      lost = lost || result.status != EVL_OK;
    }
    if (reply.results[0].status == EVL_OK) {
      ++acknowledged;
      EXPECT_TRUE(totals.insert(reply.results[0].integer).second) << "a total was given twice";
    } else {
      ++unknown;
    }
    if (reply.results[2].status == EVL_OK) {
      EXPECT_EQ(reply.results[2].fresh, (std::vector<std::uint8_t>{1, 1}));
    }
    if (reply.results[3].status == EVL_OK) {
      const Strings& list = reply.results[3].items;
      EXPECT_NE(std::find(list.begin(), list.end(), port), list.end());
    }
  }
  const std::int64_t stored = std::stoll(server.command({"GET", "total"}));
  EXPECT_LE(acknowledged, stored);
  EXPECT_LE(stored, acknowledged + unknown);
  EXPECT_GT(acknowledged, 0);
  EXPECT_GT(unknown, 0);
}

// Redis killed again and again under load: nothing hangs, nothing is lost that was acknowledged, the number
// of unknown writes bounds the rest. (It keeps its data in an append-only file, synced before each answer.)
TEST(RedisCut, KilledUnderLoadTheBooksBalance) {
  RedisServer server({.config = {"appendonly yes", "appendfsync always"}});
  PluginFixture store(redis_plugin(server.port()), 2);
  ASSERT_TRUE(ready(store));
  std::atomic<bool> over{false};
  struct Books {
    std::int64_t acknowledged = 0, unknown = 0, refused = 0;
    std::set<std::int64_t> totals;
    bool twice = false;
  };
  std::vector<Books> books(4);
  std::vector<std::thread> clients;
  for (unsigned i = 0; i < books.size(); ++i) {
    clients.emplace_back([&, i] {
      while (!over.load()) {
        const Reply reply = store.run(i % 2, {add("total")}, 10s);
        if (reply.status == EVL_OK && reply.results.at(0).status == EVL_OK) {
          ++books[i].acknowledged;
          books[i].twice |= !books[i].totals.insert(reply.results[0].integer).second;
        } else if (reply.status == EVL_E_UNKNOWN) {
          ++books[i].unknown;
        } else {
          ++books[i].refused;
          std::this_thread::sleep_for(1ms);
        }
      }
    });
  }
  for (int round = 0; round < 5; ++round) {
    std::this_thread::sleep_for(100ms);  // some load between two kills
    server.restart();
    EXPECT_TRUE(ready(store, 5s));
  }
  over = true;
  for (std::thread& client : clients) client.join();
  std::int64_t acknowledged = 0, unknown = 0;
  std::set<std::int64_t> totals;
  for (const Books& each : books) {
    acknowledged += each.acknowledged;
    unknown += each.unknown;
    totals.insert(each.totals.begin(), each.totals.end());
    EXPECT_FALSE(each.twice);
  }
  EXPECT_EQ(static_cast<std::int64_t>(totals.size()), acknowledged) << "two submits got the same total";
  const std::int64_t stored = std::stoll(server.command({"GET", "total"}));
  EXPECT_LE(acknowledged, stored) << "an acknowledged write is lost";
  EXPECT_LE(stored, acknowledged + unknown) << "a write was done that nobody was told of";
  EXPECT_EQ(store.violations(), Strings{});
  EXPECT_EQ(store.metric("pending"), 0);
}

}  // namespace
}  // namespace evloom::test
