// The redis backend and a server that says no: the right status, one log line with the remedy, and service
// again when the cause is gone.
#include <sys/stat.h>

#include "fault/redis_fixture.hpp"

namespace evloom::test {
namespace {

evl_status health_of(PluginFixture& store) { return store.health(0); }

// ---- Logging in ----

TEST(RedisLogin, AMissingPasswordIsDeniedAndSaysSo) {
  RedisServer server({.config = {"requirepass word"}, .password = "word"});
  PluginFixture store(redis_plugin(server.port()), 1);
  EXPECT_TRUE(unhealthy(store, "NOAUTH"));
  EXPECT_EQ(health_of(store), EVL_E_DENIED);
  EXPECT_EQ(store.run(0, {add("c")}).status, EVL_E_UNAVAILABLE);
  EXPECT_TRUE(store.logged("set `password`"));
}

TEST(RedisLogin, AWrongPasswordIsDeniedAndNeverLogged) {
  RedisServer server({.config = {"requirepass word"}, .password = "word"});
  PluginFixture store(redis_plugin(server.port(), {{"password", "the-wrong-one"}}), 1);
  EXPECT_TRUE(unhealthy(store, "WRONGPASS"));
  EXPECT_EQ(health_of(store), EVL_E_DENIED);
  EXPECT_TRUE(store.logged("correct `user` and `password`"));
  EXPECT_FALSE(store.logged("the-wrong-one"));
}

TEST(RedisLogin, ARightPasswordIsEnough) {
  RedisServer server({.config = {"requirepass word"}, .password = "word"});
  PluginFixture store(redis_plugin(server.port(), {{"password", "word"}}), 1);
  ASSERT_TRUE(ready(store));
  EXPECT_EQ(store.run_one(0, add("c")).integer, 1);
}

TEST(RedisLogin, APasswordWhereNoneIsSetIsDenied) {
  RedisServer server;
  PluginFixture store(redis_plugin(server.port(), {{"password", "word"}}), 1);
  EXPECT_TRUE(unhealthy(store, "AUTH"));
  EXPECT_EQ(health_of(store), EVL_E_DENIED);
}

TEST(RedisLogin, AnUnknownUserIsDenied) {
  RedisServer server;
  PluginFixture store(redis_plugin(server.port(), {{"user", "nobody"}, {"password", "word"}}), 1);
  EXPECT_TRUE(unhealthy(store, "WRONGPASS"));
}

TEST(RedisLogin, ADatabaseThatIsNotThereIsInvalid) {
  RedisServer server({.config = {"databases 4"}});
  PluginFixture store(redis_plugin(server.port(), {{"database", "4"}}), 1);
  EXPECT_TRUE(unhealthy(store, "DB index"));
  EXPECT_EQ(health_of(store), EVL_E_INVALID);
  EXPECT_TRUE(store.logged("correct `database`"));
}

TEST(RedisLogin, DatabasesAreKeptApart) {
  RedisServer server;
  PluginFixture one(redis_plugin(server.port(), {{"database", "1"}}), 1);
  PluginFixture two(redis_plugin(server.port(), {{"database", "2"}}), 1);
  ASSERT_TRUE(ready(one) && ready(two));
  EXPECT_EQ(one.run_one(0, add("c")).integer, 1);
  EXPECT_EQ(two.run_one(0, add("c")).integer, 1);
}

TEST(RedisLogin, AUserWithNoMoreThanItNeedsServes) {
  RedisServer server({.config = {"user counter on >word ~requests:* -@all +incr +sadd +smembers +ping"}});
  PluginFixture store(redis_plugin(server.port(), {{"user", "counter"}, {"password", "word"}}), 1);
  ASSERT_TRUE(ready(store));
  const Reply reply =
      store.run(0, {add("requests:total"), set_add("requests:ports", {"1"}), set_read("requests:ports"),
                    add("requests:total", 2), add("other"), get("requests:total"), add("requests:total")});
  ASSERT_EQ(reply.results.size(), 7u);
  EXPECT_EQ(reply.results[0].integer, 1);
  EXPECT_EQ(reply.results[2].items, Strings{"1"});
  EXPECT_EQ(reply.results[3].status, EVL_E_DENIED) << "INCRBY";
  EXPECT_EQ(reply.results[4].status, EVL_E_DENIED) << "another key";
  EXPECT_EQ(reply.results[5].status, EVL_E_DENIED) << "GET";
  EXPECT_EQ(reply.results[6].integer, 2);
  EXPECT_TRUE(store.logged("give the user the commands"));
}

TEST(RedisLogin, APasswordChangedInUseIsAskedForAgain) {
  ScriptedServer server(after_handshake([&](Peer& peer, unsigned serial) {
    while (peer.command()) peer.send(serial == 0 ? "-NOAUTH Authentication required.\r\n" : ":7\r\n");
  }));
  PluginFixture store(scripted_redis(server.port(), {{"password", "word"}}), 1);
  ASSERT_TRUE(ready(store));
  EXPECT_EQ(store.run_one(0, add("c")).status, EVL_E_DENIED);
  EXPECT_TRUE(wait_until([&] { return server.connections() >= 2; }));
  ASSERT_TRUE(ready(store));
  EXPECT_EQ(store.run_one(0, add("c")).integer, 7);
}

// ---- Refusals of a real server ----

TEST(RedisRefusal, AReadOnlyReplicaIsDeniedUntilItIsMaster) {
  RedisServer server({.config = {"replicaof 127.0.0.1 1"}});
  PluginFixture store(redis_plugin(server.port()), 1);
  ASSERT_TRUE(ready(store));
  EXPECT_EQ(store.run_one(0, add("c")).status, EVL_E_DENIED);
  EXPECT_TRUE(store.logged("name its master"));
  server.command({"REPLICAOF", "NO", "ONE"});
  EXPECT_TRUE(wait_until([&] { return store.run_one(0, add("c")).status == EVL_OK; }));
}

TEST(RedisRefusal, AFullServerHasNoSpaceUntilItHas) {
  RedisServer server({.config = {"maxmemory 1", "maxmemory-policy noeviction"}});
  PluginFixture store(redis_plugin(server.port()), 1);
  ASSERT_TRUE(ready(store));
  const Reply reply = store.run(0, {add("c"), set_add("s", {"a", "b"}), set_read("s")});
  ASSERT_EQ(reply.results.size(), 3u);
  EXPECT_EQ(reply.results[0].status, EVL_E_NO_SPACE);
  EXPECT_EQ(reply.results[1].status, EVL_E_NO_SPACE);
  EXPECT_EQ(reply.results[2].status, EVL_OK);
  EXPECT_TRUE(store.logged("maxmemory"));
  server.command({"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_EQ(store.run_one(0, add("c")).integer, 1);
}

TEST(RedisRefusal, AValueOfAnotherTypeIsTheCallersBusinessAndNotLogged) {
  RedisServer server;
  PluginFixture store(redis_plugin(server.port()), 1);
  ASSERT_TRUE(ready(store));
  store.run_one(0, set_add("s", {"a"}));
  EXPECT_EQ(store.run_one(0, add("s")).status, EVL_E_TYPE);
  EXPECT_FALSE(store.logged("WRONGTYPE"));
  EXPECT_EQ(store.metric("reconnects_total"), 0);
}

TEST(RedisRefusal, ALoadingServerIsUnavailableUntilItHasLoaded) {
  // A snapshot of 25 keys and a delay of 50 ms after each take a while.
  RedisServer server({.config = {"key-load-delay 50000", "loading-process-events-interval-bytes 1024"}});
  for (int i = 0; i < 25; ++i) server.command({"SET", "k" + std::to_string(i), std::string(2048, 'x')});
  server.command({"SET", "c", "41"});
  server.command({"CONFIG", "SET", "rdbcompression", "no"});
  ASSERT_EQ(server.command({"SAVE"}), "OK");
  server.kill();
  server.start(false);
  PluginFixture store(redis_plugin(server.port()), 1);
  EXPECT_TRUE(unhealthy(store, "LOADING"));
  EXPECT_EQ(health_of(store), EVL_E_UNAVAILABLE);
  EXPECT_TRUE(wait_until([&] { return store.logged("reading its data"); }));
  EXPECT_TRUE(ready(store));
  EXPECT_EQ(store.run_one(0, add("c")).integer, 42);
}

TEST(RedisRefusal, AServerWithTooManyClientsIsUnavailableUntilOneLeaves) {
  RedisServer server({.config = {"maxclients 1"}});
  auto first = std::make_unique<PluginFixture>(redis_plugin(server.port()), 1);
  ASSERT_TRUE(ready(*first));
  PluginFixture store(redis_plugin(server.port()), 1);
  // Its last words may be lost in the reset that follows them.
  EXPECT_TRUE(unhealthy(store, ""));
  EXPECT_EQ(store.run(0, {add("c")}).status, EVL_E_UNAVAILABLE);
  first.reset();
  ASSERT_TRUE(ready(store));
  EXPECT_EQ(store.run_one(0, add("c")).integer, 1);
}

TEST(RedisRefusal, AServerThatCannotSaveIsUnavailable) {
  RedisServer server({.config = {"stop-writes-on-bgsave-error yes", "save 3600 1", "dbfilename taken"}});
  PluginFixture store(redis_plugin(server.port()), 1);
  ASSERT_TRUE(ready(store));
  // A snapshot that cannot be written: its name is a folder.
  ASSERT_EQ(::mkdir((server.folder() + "/taken").c_str(), 0700), 0);
  server.command({"BGSAVE"});
  ASSERT_TRUE(wait_until([&] {
    return server.command({"INFO", "persistence"}).find("rdb_last_bgsave_status:err") != std::string::npos;
  }));
  EXPECT_EQ(store.run_one(0, add("c")).status, EVL_E_UNAVAILABLE);
  EXPECT_TRUE(store.logged("cannot save its data"));
  server.command({"CONFIG", "SET", "stop-writes-on-bgsave-error", "no"});
  EXPECT_EQ(store.run_one(0, add("c")).integer, 1);
}

TEST(RedisRefusal, ABusyServerIsUnavailableUntilTheScriptEnds) {
  RedisServer server({.config = {"busy-reply-threshold 50", "lua-time-limit 50"}});
  PluginFixture store(redis_plugin(server.port()), 1);
  ASSERT_TRUE(ready(store));
  std::thread script([&] {
    try {
      server.command({"EVAL", "while true do end", "0"});
    } catch (const std::exception&) {
    }
  });
  EXPECT_TRUE(wait_until([&] { return store.run_one(0, add("c")).status == EVL_E_UNAVAILABLE; }));
  EXPECT_TRUE(store.logged("SCRIPT KILL"));
  EXPECT_TRUE(wait_until([&] { return server.command({"SCRIPT", "KILL"}) == "OK"; }));
  script.join();
  EXPECT_TRUE(wait_until([&] { return store.run_one(0, add("c")).status == EVL_OK; }));
}

// ---- Every error by its first word ----

struct ErrorCase {
  const char* name;
  const char* reply;
  evl_status status;
  const char* remedy;  // part of the log line; "" for none
};
void PrintTo(const ErrorCase& error, std::ostream* out) { *out << error.name; }
class RedisErrors : public ::testing::TestWithParam<ErrorCase> {};

TEST_P(RedisErrors, BecomesAStatusAndALineWithARemedy) {
  ScriptedServer server(after_handshake([&](Peer& peer, unsigned) {
    while (peer.command()) peer.send("-" + std::string(GetParam().reply) + "\r\n");
  }));
  PluginFixture store(scripted_redis(server.port()), 1);
  ASSERT_TRUE(ready(store));
  const Reply reply = store.run(0, {add("c"), set_add("s", {"a", "b"})});
  ASSERT_EQ(reply.results.size(), 2u);
  EXPECT_EQ(reply.results[0].status, GetParam().status);
  EXPECT_EQ(reply.results[1].status, GetParam().status);
  const bool told = *GetParam().remedy != '\0';
  EXPECT_EQ(store.logged(GetParam().reply), told);
  EXPECT_TRUE(store.logged(GetParam().remedy));
}

INSTANTIATE_TEST_SUITE_P(
    Redis, RedisErrors,
    ::testing::Values(
        ErrorCase{"Loading", "LOADING Redis is loading the dataset in memory", EVL_E_UNAVAILABLE, "wait"},
        ErrorCase{"Busy", "BUSY Redis is busy running a script.", EVL_E_UNAVAILABLE, "SCRIPT KILL"},
        ErrorCase{"MasterDown", "MASTERDOWN Link with MASTER is down", EVL_E_UNAVAILABLE, "replica"},
        ErrorCase{"TryAgain", "TRYAGAIN Multiple keys request during rehashing", EVL_E_UNAVAILABLE, "wait"},
        ErrorCase{"ClusterDown", "CLUSTERDOWN The cluster is down", EVL_E_UNAVAILABLE, "not supported"},
        ErrorCase{"Moved", "MOVED 3999 127.0.0.1:6381", EVL_E_UNAVAILABLE, "Redis Cluster is not supported"},
        ErrorCase{"Ask", "ASK 3999 127.0.0.1:6381", EVL_E_UNAVAILABLE, "Redis Cluster is not supported"},
        ErrorCase{"Misconf", "MISCONF Errors writing to disk", EVL_E_UNAVAILABLE, "disk"},
        ErrorCase{"NoReplicas", "NOREPLICAS Not enough good replicas", EVL_E_UNAVAILABLE, "replicas"},
        ErrorCase{"ReadOnly", "READONLY You can't write against a read only replica.", EVL_E_DENIED,
                  "master"},
        ErrorCase{"NoPerm", "NOPERM this user has no permissions", EVL_E_DENIED, "give the user"},
        ErrorCase{"NoAuth", "NOAUTH Authentication required.", EVL_E_DENIED, "password"},
        ErrorCase{"Oom", "OOM command not allowed when used memory > 'maxmemory'.", EVL_E_NO_SPACE,
                  "maxmemory"},
        ErrorCase{"WrongType", "WRONGTYPE Operation against a key", EVL_E_TYPE, ""},
        ErrorCase{"NotAnInteger", "ERR value is not an integer or out of range", EVL_E_TYPE, ""},
        ErrorCase{"Overflow", "ERR increment or decrement would overflow", EVL_E_LIMIT, ""},
        ErrorCase{"UnknownCommand", "ERR unknown command 'INCR'", EVL_E_UNSUPPORTED, "Redis 4"},
        ErrorCase{"Other", "ERR something new", EVL_E_INTERNAL, "not known"}),
    [](const auto& each) { return each.param.name; });

TEST(RedisRefusal, ASetAddOfWhichSomeWasDoneIsUnknown) {
  ScriptedServer server(after_handshake([](Peer& peer, unsigned) {
    for (int i = 0; peer.command(); ++i) peer.send(i == 1 ? "-OOM command not allowed\r\n" : ":1\r\n");
  }));
  PluginFixture store(scripted_redis(server.port()), 1);
  ASSERT_TRUE(ready(store));
  const Reply reply = store.run(0, {set_add("s", {"a", "b", "c"}), add("c")});
  ASSERT_EQ(reply.results.size(), 2u);
  EXPECT_EQ(reply.results[0].status, EVL_E_UNKNOWN);
  EXPECT_EQ(reply.results[1].status, EVL_OK);
}

// ---- Options ----

TEST(RedisOptions, WhatMakesNoSenseIsRefusedWithItsPlace) {
  const auto refusal = [](OptionMap options) -> std::string {
    try {
      PluginFixture store({EVLOOM_PLUGIN_DIR "/redis.so", std::move(options)}, 1);
    } catch (const std::exception& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_NE(refusal({{"unix", std::string(108, 'x')}}).find("options:unix"), std::string::npos);
  EXPECT_NE(refusal({{"backoff_min", "10s"}, {"backoff_max", "1s"}}).find("options:backoff_max"),
            std::string::npos);
}

}  // namespace
}  // namespace evloom::test
