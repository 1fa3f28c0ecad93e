// The redis backend on a server that others write to as well, with the commands that spare it work: several
// items in one transaction, sets that are known as long as a watch says so. Whatever the others do, and
// whatever of these commands the server refuses: every answer is that of the plain commands.
#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include "fault/redis_fixture.hpp"

namespace evloom::test {
namespace {

Strings numbers(int from, int to) {
  Strings all;
  for (int i = from; i < to; ++i) all.push_back(std::to_string(i));
  return all;
}

Strings sorted(Strings list) {
  std::sort(list.begin(), list.end());
  return list;
}

// What a batch of the stats handler asks.
std::vector<Op> batch(Strings ports) {
  return {add("total"), set_add("ports", std::move(ports)), set_read("ports"), set_size("ports")};
}

long commands(RedisServer& server) {
  const std::string info = server.command({"INFO", "stats"});
  const std::string field = "total_commands_processed:";
  return std::stol(info.substr(info.find(field) + field.size()));
}

class RedisShared : public ::testing::Test {
 protected:
  RedisServer server;
  PluginFixture store{redis_plugin(server.port()), 1};

  void SetUp() override {
    ASSERT_TRUE(ready(store));
    // The first batches find out what the server does; the set is known from then on.
    for (int i = 0; i < 4; ++i) ASSERT_EQ(store.run(0, batch(numbers(0, 20))).status, EVL_OK);
  }

  void expect(const Strings& asked, const std::vector<std::uint8_t>& fresh, Strings members) {
    const Reply reply = store.run(0, batch(asked));
    ASSERT_EQ(reply.results.size(), 4u);
    for (const OpResult& result : reply.results) EXPECT_EQ(result.status, EVL_OK);
    EXPECT_EQ(reply.results[1].fresh, fresh);
    EXPECT_EQ(reply.results[1].integer, std::count(fresh.begin(), fresh.end(), 1));
    EXPECT_EQ(sorted(reply.results[2].items), sorted(std::move(members)));
    EXPECT_EQ(reply.results[3].integer, static_cast<std::int64_t>(reply.results[2].items.size()));
  }
};

TEST_F(RedisShared, AKnownSetTakesOneCommandHoweverManyAddToItAndReadIt) {
  const long before = commands(server);
  constexpr int kBatches = 50;
  for (int i = 0; i < kBatches; ++i) expect({"3", "7", "19"}, {0, 0, 0}, numbers(0, 20));
  // The counter's, CLIENT INFO, and this test's own INFO.
  EXPECT_LE(commands(server) - before, kBatches * 2 + 2);
}

TEST_F(RedisShared, AMemberThatAnotherAddsIsThere) {
  server.command({"SADD", "ports", "77"});
  expect({"1", "2"}, {0, 0}, [] {
    auto all = numbers(0, 20);
    all.push_back("77");
    return all;
  }());
}

TEST_F(RedisShared, AMemberThatAnotherRemovesIsNewAgain) {
  server.command({"SREM", "ports", "5"});
  expect({"5", "6"}, {1, 0}, numbers(0, 20));
}

TEST_F(RedisShared, ASetThatAnotherReplacesByOneOfTheSameSizeIsTheOther) {
  server.command({"DEL", "ports"});
  for (const std::string& port : numbers(19, 39)) server.command({"SADD", "ports", port});
  expect({"19", "20"}, {0, 0}, numbers(19, 39));
}

TEST_F(RedisShared, AfterFlushallAllIsNew) {
  server.command({"FLUSHALL"});
  expect({"1", "2", "3"}, {1, 1, 1}, {"1", "2", "3"});
}

TEST_F(RedisShared, AfterRenameTheOtherSetIsThere) {
  server.command({"SADD", "other", "1", "9"});
  server.command({"RENAME", "other", "ports"});
  expect({"9", "2"}, {0, 1}, {"1", "2", "9"});
}

TEST_F(RedisShared, ASetWhoseTimeHasComeIsGone) {
  server.command({"PEXPIRE", "ports", "50"});
  // Whether it is there still is the server's to say: by a command that does not touch the key.
  ASSERT_TRUE(wait_until([&] {
    return server.command({"RANDOMKEY"}).find("total") != std::string::npos &&
           server.command({"DBSIZE"}).find('1') != std::string::npos &&
           store.run_one(0, set_size("ports")).integer == 0;
  }));
  expect({"4"}, {1}, {"4"});
}

TEST_F(RedisShared, ASetWithATimeToLiveIsNeverTakenAsKnown) {
  server.command({"DEBUG", "SET-ACTIVE-EXPIRE", "0"});  // so that only a look at the key removes it
  server.command({"PEXPIRE", "ports", "300"});
  for (int i = 0; i < 4; ++i) store.run(0, batch({"1", "2"}));
  ASSERT_TRUE(wait_until([&] { return store.run_one(0, set_size("ports")).integer == 0; }));
}

TEST_F(RedisShared, WhatItWritesItselfShows) {
  EXPECT_EQ(store.run_one(0, remove("ports")).integer, 1);
  expect({"1"}, {1}, {"1"});
  expect({"1", "2", "2", "1", "3"}, {0, 1, 0, 0, 1}, {"1", "2", "3"});
  const Reply reply =
      store.run(0, {set_read("ports"), remove("ports"), set_read("ports"), set_add("ports", {"8"}),
                    set_size("ports"), expire("ports", 100000), set_add("ports", {"8", "9"})});
  EXPECT_EQ(reply.results[0].items.size(), 3u);
  EXPECT_EQ(reply.results[2].items.size(), 0u);
  EXPECT_EQ(reply.results[4].integer, 1);
  EXPECT_EQ(reply.results[6].fresh, (std::vector<std::uint8_t>{0, 1}));
}

TEST_F(RedisShared, ASetThatBecameSomethingElseIsAnErrorOfType) {
  server.command({"SET", "ports", "x"});
  const Reply reply = store.run(0, batch({"1", "2"}));
  EXPECT_EQ(reply.results[0].status, EVL_OK);
  for (int i = 1; i < 4; ++i) EXPECT_EQ(reply.results[i].status, EVL_E_TYPE);
}

TEST_F(RedisShared, ALostConnectionForgetsWhatWasKnown) {
  server.kill();
  ASSERT_TRUE(wait_until([&] { return store.health(0) != EVL_OK; }));
  server.start();  // empty
  ASSERT_TRUE(ready(store));
  expect({"1", "2"}, {1, 1}, {"1", "2"});
}

// Each item is new to exactly one of all who add it, however their transactions meet.
TEST(RedisTogether, OfTwoHostsThatAddTheSameItemsEachItemIsNewToOne) {
  RedisServer server;
  PluginFixture one(redis_plugin(server.port()), 2);
  PluginFixture two(redis_plugin(server.port()), 2);
  ASSERT_TRUE(ready(one) && ready(two));
  for (PluginFixture* store : {&one, &two})
    for (unsigned loop = 0; loop < 2; ++loop) store->run(loop, {set_add("warm", {"a", "b"})});
  constexpr int kRounds = 200, kItems = 8;
  std::int64_t fresh = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<std::future<Reply>> replies;
    for (PluginFixture* store : {&one, &two})
      for (unsigned loop = 0; loop < 2; ++loop)
        replies.push_back(store->submit(
            loop, {set_add("s", numbers(round * kItems / 2, round * kItems / 2 + kItems)), set_read("s")}));
    for (auto& reply : replies) {
      const Reply got = reply.get();
      ASSERT_EQ(got.status, EVL_OK);
      fresh += got.results[0].integer;
      const Strings members = got.results[1].items;
      const std::set<std::string> all(members.begin(), members.end());
      for (const std::string& item : numbers(round * kItems / 2, round * kItems / 2 + kItems))
        ASSERT_TRUE(all.contains(item)) << "added, and not there";
    }
  }
  EXPECT_EQ(fresh, one.run_one(0, set_size("s")).integer);
}

// ---- A server that refuses ----

class RedisRefusing : public ::testing::TestWithParam<const char*> {};

TEST_P(RedisRefusing, OneOfTheCommandsIsServedByTheOthers) {
  RedisServer server({.config = {"user counter on >word ~* +@all " + std::string(GetParam())}});
  PluginFixture store(redis_plugin(server.port(), {{"user", "counter"}, {"password", "word"}}), 1);
  ASSERT_TRUE(ready(store));
  for (std::int64_t round = 1; round < 10; ++round) {
    const Strings ports = numbers(static_cast<int>(round), static_cast<int>(round) + 2);
    const Reply reply = store.run(0, batch(ports));
    ASSERT_EQ(reply.status, EVL_OK);
    for (const OpResult& result : reply.results) ASSERT_EQ(result.status, EVL_OK);
    EXPECT_EQ(reply.results[0].integer, round);
    EXPECT_EQ(reply.results[1].fresh, (std::vector<std::uint8_t>{round == 1, 1}));
    EXPECT_EQ(reply.results[2].items.size(), static_cast<std::size_t>(round) + 1);
  }
  EXPECT_EQ(store.violations(), Strings{});
  EXPECT_EQ(store.metric("pending"), 0);
}

INSTANTIATE_TEST_SUITE_P(Command, RedisRefusing,
                         ::testing::Values("-multi", "-exec", "-smismember", "-watch", "-unwatch",
                                           "-client|info", "-pttl", "-@transaction"),
                         [](const auto& each) {
                           std::string name;
                           for (const char c : std::string(each.param))
                             if (std::isalnum(static_cast<unsigned char>(c))) name += c;
                           return name;
                         });

}  // namespace
}  // namespace evloom::test
