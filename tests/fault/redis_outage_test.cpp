// The redis backend when the server goes away, stands still or was never there.
#include "fault/redis_fixture.hpp"

namespace evloom::test {
namespace {

TEST(RedisOutage, WithoutAServerItStartsAndRefusesAtOnce) {
  PluginFixture store(redis_plugin(free_port()), 2);
  EXPECT_TRUE(unhealthy(store, "cannot connect"));
  const auto before = Clock::now();
  const Reply reply = store.run(0, {add("c")});
  EXPECT_TRUE(reply.refused);
  EXPECT_EQ(reply.status, EVL_E_UNAVAILABLE);
  EXPECT_LT(elapsed(before), 1s);
  EXPECT_TRUE(store.logged("Connection refused")) << "the log must say why";
}

TEST(RedisOutage, KilledAndRestartedItIsUsableAgainWithinTwoSeconds) {
  RedisServer server;
  PluginFixture store(redis_plugin(server.port()), 2);
  ASSERT_TRUE(ready(store));
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(store.run_one(0, add("c")).integer, 1);
    server.kill();
    EXPECT_TRUE(wait_until([&] { return store.run(1, {add("c")}).status == EVL_E_UNAVAILABLE; }));
    EXPECT_TRUE(unhealthy(store, ""));
    server.start();
    const auto before = Clock::now();
    // Asked all the time, as a host under load asks.
    EXPECT_TRUE(wait_until([&] {
      return store.run_one(0, set_size("s")).status == EVL_OK &&
             store.run_one(1, set_size("s")).status == EVL_OK;
    }));
    EXPECT_LT(elapsed(before), 2s);
  }
  EXPECT_GE(store.metric("reconnects_total"), 6);
  EXPECT_TRUE(store.logged("usable again"));
}

TEST(RedisOutage, AfterALongOutageItIsUsableWithinTwoSecondsThoughTheBackOffHasGrown) {
  RedisServer server;
  PluginFixture store(redis_plugin(server.port(), {{"backoff_min", "4s"}, {"backoff_max", "60s"}}), 2);
  ASSERT_TRUE(ready(store));
  server.kill();
  ASSERT_TRUE(wait_until([&] { return store.health(0) != EVL_OK && store.health(1) != EVL_OK; }));
  server.start();
  const auto before = Clock::now();
  EXPECT_TRUE(ready(store));
  EXPECT_LT(elapsed(before), 2s);
}

TEST(RedisOutage, WhatIsUnderWayWhenItIsKilledIsUnknown) {
  RedisServer server;
  PluginFixture store(scripted_redis(server.port()), 1);
  ASSERT_TRUE(ready(store));
  server.stop();
  auto first = store.submit(0, {add("c"), add("d")});
  auto second = store.submit(0, {set_add("s", {"a", "b"})});
  ASSERT_TRUE(wait_until([&] { return store.metric("pending") == 4; }));
  server.kill();
  for (auto* reply : {&first, &second}) {
    ASSERT_EQ(reply->wait_for(5s), std::future_status::ready);
    EXPECT_EQ(reply->get().status, EVL_E_UNKNOWN);
  }
  EXPECT_EQ(store.metric("pending"), 0);
  EXPECT_EQ(store.violations(), Strings{});
}

TEST(RedisOutage, StoppedItEndsEverySubmitByTheDeadlineAndComesBack) {
  RedisServer server;
  PluginFixture store(
      redis_plugin(server.port(), {{"command_timeout", "300ms"}, {"connect_timeout", "200ms"}}), 2);
  ASSERT_TRUE(ready(store));
  EXPECT_EQ(store.run_one(0, add("c")).integer, 1);
  server.stop();
  const auto before = Clock::now();
  std::vector<std::future<Reply>> replies;
  for (int i = 0; i < 20; ++i) replies.push_back(store.submit(0, {add("c"), add("c")}));
  for (auto& reply : replies) {
    ASSERT_EQ(reply.wait_for(5s), std::future_status::ready);
    EXPECT_EQ(reply.get().status, EVL_E_UNKNOWN);
  }
  EXPECT_GE(elapsed(before), 290ms);
  EXPECT_LT(elapsed(before), 2s);
  // Its kernel still accepts: connecting succeeds, the handshake does not.
  EXPECT_TRUE(unhealthy(store, "connect_timeout"));
  EXPECT_EQ(store.run(0, {add("c")}).status, EVL_E_UNAVAILABLE);

  server.resume();
  const auto resumed = Clock::now();
  ASSERT_TRUE(ready(store));
  EXPECT_LT(elapsed(resumed), 2s);
  // What had been sent was carried out after all: unknown was the right word, and no late reply came through.
  EXPECT_TRUE(wait_until([&] { return server.command({"GET", "c"}) == "41"; }));
  EXPECT_EQ(store.run_one(0, add("c")).integer, 42);
  EXPECT_EQ(store.violations(), Strings{});
}

TEST(RedisOutage, WhatHadNotLeftTheProcessIsKnownNotToBeDone) {
  RedisServer server;
  PluginFixture store(redis_plugin(server.port(), {{"command_timeout", "500ms"}}), 1);
  ASSERT_TRUE(ready(store));
  server.stop();
  // More than the socket's buffers take: what comes last stays here.
  std::vector<std::future<Reply>> replies;
  const std::string value(1 << 20, 'x');
  for (int i = 0; i < 40; ++i) replies.push_back(store.submit(0, {put("v" + std::to_string(i), value)}));
  auto last = store.submit(0, {add("c"), add("c")});
  ASSERT_EQ(last.wait_for(5s), std::future_status::ready);
  EXPECT_EQ(last.get().status, EVL_E_UNAVAILABLE);
  EXPECT_EQ(replies.front().get().status, EVL_E_UNKNOWN);
  server.resume();
  ASSERT_TRUE(ready(store));
  EXPECT_EQ(store.run_one(0, add("c")).integer, 1);
}

TEST(RedisOutage, AServerThatStandsStillIsNoticedWithoutASubmit) {
  RedisServer server;
  PluginFixture store(
      redis_plugin(server.port(), {{"command_timeout", "300ms"}, {"connect_timeout", "300ms"}}), 1);
  ASSERT_TRUE(ready(store));
  server.stop();
  EXPECT_TRUE(unhealthy(store, "PING"));
}

TEST(RedisOutage, StoppingALoopEndsWhatAStoppedServerHolds) {
  RedisServer server;
  auto store = std::make_unique<PluginFixture>(redis_plugin(server.port()), 2);
  ASSERT_TRUE(ready(*store));
  server.stop();
  std::vector<std::future<Reply>> replies;
  for (unsigned i = 0; i < 50; ++i)
    replies.push_back(store->submit(i % 2, {add("c"), set_add("s", {"a", "b"})}));
  const auto before = Clock::now();
  store->stop();
  EXPECT_LT(elapsed(before), 1s);
  for (auto& reply : replies) {
    ASSERT_EQ(reply.wait_for(0s), std::future_status::ready) << "thread_stop returned before done was called";
    EXPECT_EQ(reply.get().status, EVL_E_UNKNOWN);
  }
  EXPECT_EQ(store->violations(), Strings{});
}

TEST(RedisOutage, AResetConnectionIsMadeAnew) {
  RedisServer server;
  ScriptedServer proxy([&](Peer& peer, unsigned serial) {
    if (serial != 0) return relay(peer, server.port(), ~std::size_t{0});
    after_handshake([](Peer& client, unsigned) {
      client.command();
      client.reset();
    })(peer, serial);
  });
  PluginFixture store(redis_plugin(proxy.port()), 1);
  ASSERT_TRUE(ready(store));
  EXPECT_EQ(store.run(0, {add("c")}).status, EVL_E_UNKNOWN);
  ASSERT_TRUE(ready(store));
  EXPECT_EQ(store.run_one(0, add("c")).integer, 1);
}

TEST(RedisOutage, AttemptsAreSpacedByTheBackOff) {
  ScriptedServer server([](Peer&, unsigned) {});  // closes at once
  PluginFixture store(redis_plugin(server.port(), {{"backoff_min", "50ms"}, {"backoff_max", "200ms"}}), 1);
  std::this_thread::sleep_for(1s);  // the time itself is what is measured
  // About 1 s / 100 ms; a loop without a pause would make thousands.
  EXPECT_GE(server.connections(), 3u);
  EXPECT_LE(server.connections(), 60u);
}

TEST(RedisOutage, AHostNameIsResolvedOffTheLoop) {
  RedisServer server;
  PluginFixture store(redis_plugin(server.port(), {{"host", "localhost"}}), 2);
  ASSERT_TRUE(ready(store));
  EXPECT_EQ(store.run_one(0, add("c")).integer, 1);
  server.restart();
  EXPECT_TRUE(wait_until([&] { return store.run_one(1, add("c")).status == EVL_OK; }));
}

TEST(RedisOutage, AHostNameWithoutAnAddressIsReported) {
  PluginFixture store(redis_plugin(6379, {{"host", "no-such-host.invalid"}}), 1);
  EXPECT_TRUE(unhealthy(store, "cannot resolve"));
  EXPECT_EQ(store.run(0, {add("c")}).status, EVL_E_UNAVAILABLE);
}

TEST(RedisOutage, AStoreMayBeStoppedWhileANameIsLookedUp) {
  for (int i = 0; i < 10; ++i) PluginFixture store(redis_plugin(6379, {{"host", "localhost"}}), 2);
}

TEST(RedisOutage, ASocketThatIsNotThereIsReported) {
  PluginFixture store({EVLOOM_PLUGIN_DIR "/redis.so", {{"unix", "/nonexistent/redis.sock"}}}, 1);
  EXPECT_TRUE(unhealthy(store, "No such file"));
}

}  // namespace
}  // namespace evloom::test
