// The redis backend against a server that does not speak RESP as it should. Whatever comes: the process
// lives, the submit ends as unknown, the log says why, and the next connection works.
#include "fault/redis_fixture.hpp"

namespace evloom::test {
namespace {

struct Hostile {
  const char* name;
  Op op;               // what is asked
  std::string reply;   // what comes in place of the answer
  std::string reason;  // part of what the log says
};
void PrintTo(const Hostile& hostile, std::ostream* out) { *out << hostile.name; }

std::string nested(int depth) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += "*1\r\n";
  return text + ":1\r\n";
}

class RedisHostile : public ::testing::TestWithParam<Hostile> {};

TEST_P(RedisHostile, ReplyEndsTheConnectionAndNothingElse) {
  const Hostile& hostile = GetParam();
  ScriptedServer server(after_handshake([&](Peer& peer, unsigned serial) {
    while (const auto words = peer.command()) {
      if (serial != 0) {
        peer.send(":7\r\n");
        continue;
      }
      peer.send(hostile.reply);
      // Left open: it is the plugin that must let go, not the deadline of a closed socket.
    }
  }));
  PluginFixture store(scripted_redis(server.port(), {{"command_timeout", "3s"}}), 1);
  ASSERT_TRUE(ready(store));
  const auto before = Clock::now();
  const Reply reply = store.run(0, {hostile.op});
  EXPECT_EQ(reply.status, EVL_E_UNKNOWN);
  EXPECT_LT(elapsed(before), 2s) << "it was the deadline that ended it";
  EXPECT_TRUE(store.logged(hostile.reason)) << "no line says: " << hostile.reason;
  ASSERT_TRUE(ready(store));
  EXPECT_EQ(store.run_one(0, add("c")).integer, 7);
  EXPECT_EQ(store.violations(), Strings{});
  EXPECT_EQ(store.metric("pending"), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Resp, RedisHostile,
    ::testing::Values(
        Hostile{"StatusForAnInteger", add("c"), "+OK\r\n", "a status"},
        Hostile{"StringForAnInteger", add("c"), "$1\r\n5\r\n", "a string"},
        Hostile{"NilForAnInteger", add("c"), "$-1\r\n", "nil"},
        Hostile{"ArrayForAnInteger", add("c"), "*1\r\n:1\r\n", "an array"},
        Hostile{"EmptyArrayForAnInteger", add("c"), "*0\r\n", "an array"},
        Hostile{"NilArrayForAnInteger", add("c"), "*-1\r\n", "nil"},
        Hostile{"IntegerForASet", set_read("s"), ":1\r\n", "a number"},
        Hostile{"NilForASet", set_read("s"), "$-1\r\n", "nil"},
        Hostile{"NilArrayForASet", set_read("s"), "*-1\r\n", "nil"},
        Hostile{"IntegersInASet", set_read("s"), "*2\r\n:1\r\n:2\r\n",
                "does not hold what its command gives"},
        Hostile{"NilInASet", set_read("s"), "*2\r\n$1\r\na\r\n$-1\r\n",
                "does not hold what its command gives"},
        Hostile{"ErrorInASet", set_read("s"), "*2\r\n$1\r\na\r\n-ERR x\r\n",
                "does not hold what its command gives"},
        Hostile{"StatusInASet", set_read("s"), "*1\r\n+OK\r\n", "does not hold what its command gives"},
        Hostile{"ArrayInASet", set_read("s"), "*1\r\n*1\r\n$1\r\na\r\n", "inside an array"},
        Hostile{"TwoForAFlag", set_add("s", {"a"}), ":2\r\n", "a number"},
        Hostile{"NegativeForAFlag", set_add("s", {"a"}), ":-1\r\n", "a number"},
        Hostile{"NegativeForASize", set_size("s"), ":-5\r\n", "a number"},
        Hostile{"IntegerForAStatus", put("v", "x"), ":1\r\n", "a number"},
        Hostile{"OtherStatusForPut", put("v", "x"), "+QUEUED\r\n", "a status"},
        Hostile{"IntegerForAValue", get("v"), ":1\r\n", "a number"},
        Hostile{"BadInteger", add("c"), ":12x\r\n", "Bad integer"},
        Hostile{"OverlongInteger", add("c"), ":99999999999999999999\r\n", "Bad integer"},
        Hostile{"NoType", add("c"), "hello\r\n", "reply type byte"},
        Hostile{"Http", add("c"), "HTTP/1.1 400 Bad Request\r\n\r\n", "reply type byte"},
        Hostile{"Zeros", add("c"), std::string(100, '\0'), "reply type byte"},
        Hostile{"Resp3Null", get("v"), "_\r\n", "reply type byte"},
        Hostile{"Resp3Boolean", add("c"), "#t\r\n", "reply type byte"},
        Hostile{"Resp3Double", add("c"), ",1.5\r\n", "reply type byte"},
        Hostile{"Resp3Map", set_read("s"), "%1\r\n+a\r\n:1\r\n", "reply type byte"},
        Hostile{"Resp3Set", set_read("s"), "~1\r\n$1\r\na\r\n", "reply type byte"},
        Hostile{"Resp3Push", add("c"), ">2\r\n+message\r\n+x\r\n", "reply type byte"},
        Hostile{"PubSubMessage", add("c"), "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nm\r\n", "an array"},
        Hostile{"HugeArray", set_read("s"), "*2147483647\r\n", "longer than any set"},
        Hostile{"HugerArray", set_read("s"), "*2147483648\r\n", "out of range"},
        Hostile{"NegativeArray", set_read("s"), "*-2\r\n", "out of range"},
        Hostile{"HugeString", get("v"), "$2147483647\r\n", "max_reply"},
        Hostile{"HugestString", get("v"), "$9223372036854775807\r\n", "max_reply"},
        Hostile{"HugeStringInASet", set_read("s"), "*2\r\n$2147483647\r\n", "max_reply"},
        Hostile{"NegativeString", get("v"), "$-2\r\n", "out of range"},
        Hostile{"WordForALength", get("v"), "$abc\r\n", ""},
        Hostile{"EndlessLength", get("v"), "$" + std::string(100, '1'), "max_reply"},
        Hostile{"EndlessLine", add("c"), "+" + std::string(1 << 20, 'x'), "without end"},
        Hostile{"EndlessError", add("c"), "-" + std::string(1 << 20, 'x'), "without end"},
        Hostile{"EndlessCount", set_read("s"), "*" + std::string(1 << 20, '0'), "without end"},
        Hostile{"Depth10000", set_read("s"), nested(10000), "inside an array"},
        Hostile{"Depth10000ForAnInteger", add("c"), nested(10000), "an array"}),
    [](const auto& each) { return each.param.name; });

// The one that makes plain hiredis abort the process: a reply while nothing is asked.
TEST(RedisUnsolicited, RepliesEndTheConnectionAndNothingElse) {
  for (const char* text : {"+OK\r\n", ":1\r\n", "$2\r\nhi\r\n", "*0\r\n", "*-1\r\n", "$-1\r\n", "-ERR x\r\n",
                           "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nm\r\n"}) {
    ScriptedServer server(after_handshake([&](Peer& peer, unsigned serial) {
      if (serial == 0) peer.send(text);
      while (peer.command()) peer.send(":7\r\n");
    }));
    PluginFixture store(scripted_redis(server.port()), 1);
    EXPECT_TRUE(wait_until([&] { return server.connections() >= 2; })) << text;
    ASSERT_TRUE(ready(store));
    EXPECT_EQ(store.run_one(0, add("c")).integer, 7);
    EXPECT_TRUE(store.logged("nobody waits for")) << text;
  }
}

// In one read with the answer: hiredis hands out both before it looks again.
TEST(RedisUnsolicited, AReplyTooManyBehindTheAnswerDoesNotHarmTheAnswer) {
  ScriptedServer server(after_handshake([](Peer& peer, unsigned) {
    while (peer.command()) peer.send(":7\r\n+OK\r\n");
  }));
  PluginFixture store(scripted_redis(server.port()), 1);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(ready(store));
    const Reply reply = store.run(0, {add("c")});
    ASSERT_EQ(reply.results.size(), 1u);
    EXPECT_EQ(reply.results[0].integer, 7);
  }
  EXPECT_TRUE(store.logged("nobody waits for"));
}

TEST(RedisUnsolicited, AReplyInTheHandshakeIsRefused) {
  ScriptedServer server([](Peer& peer, unsigned serial) {
    if (serial == 0) peer.send("+PONG\r\n+PONG\r\n");
    after_handshake([](Peer& client, unsigned) {
      while (client.command()) client.send(":7\r\n");
    })(peer, serial);
  });
  PluginFixture store(scripted_redis(server.port()), 1);
  EXPECT_TRUE(wait_until([&] { return server.connections() >= 2; }));
  ASSERT_TRUE(ready(store));
  EXPECT_EQ(store.run_one(0, add("c")).integer, 7);
}

TEST(RedisUnsolicited, AHandshakeOfGarbageNeverCountsAsUsable) {
  for (const char* text :
       {"+OK\r\n", ":1\r\n", "*1\r\n+PONG\r\n", "$4\r\nPONG\r\n", "PONG\r\n", "*2147483647\r\n"}) {
    ScriptedServer server([&](Peer& peer, unsigned) {
      peer.command();
      peer.send(text);
      peer.hold(200ms);
    });
    PluginFixture store(scripted_redis(server.port()), 1);
    EXPECT_TRUE(wait_until([&] { return server.connections() >= 3; })) << text;
    EXPECT_NE(store.health(0), EVL_OK) << text;
  }
}

// An endless set: what is over max_reply is not kept, and the deadline ends it.
TEST(RedisBounds, AnEndlessArrayTakesNoMoreThanMaxReply) {
  ScriptedServer server(after_handshake([](Peer& peer, unsigned) {
    if (!peer.command()) return;
    std::string members;
    for (int i = 0; i < 1000; ++i) members += "$6\r\nmember\r\n";
    peer.send("*60000000\r\n");
    while (peer.send(members)) {
    }
  }));
  PluginFixture store(scripted_redis(server.port(), {{"command_timeout", "300ms"}, {"max_reply", "64MiB"}}),
                      1);
  ASSERT_TRUE(ready(store));
  EXPECT_EQ(store.run(0, {set_read("s")}).status, EVL_E_UNKNOWN);
}

TEST(RedisBounds, ASetLargerThanMaxReplyIsALimitAndItsNeighboursAreWell) {
  RedisServer server;
  PluginFixture store(scripted_redis(server.port(), {{"max_reply", "64KiB"}}), 1);
  ASSERT_TRUE(ready(store));
  Strings members;
  for (int i = 0; i < 10000; ++i) members.push_back("member" + std::to_string(i));
  ASSERT_EQ(store.run_one(0, set_add("large", members)).integer, 10000);
  Strings some(members.begin(), members.begin() + 2000);
  for (std::string& member : some) member += std::string(100, '.');
  ASSERT_EQ(store.run_one(0, set_add("wide", some)).integer, 2000);
  const Reply reply = store.run(0, {add("c"), set_read("large"), set_add("small", {"a"}), set_read("small"),
                                    set_read("wide"), add("c")});
  ASSERT_EQ(reply.results.size(), 6u);
  EXPECT_EQ(reply.results[0].integer, 1);
  EXPECT_EQ(reply.results[1].status, EVL_E_LIMIT);
  EXPECT_EQ(reply.results[3].items, Strings{"a"});
  EXPECT_EQ(reply.results[4].status, EVL_E_LIMIT);
  EXPECT_EQ(reply.results[5].integer, 2);
  EXPECT_TRUE(store.logged("max_reply"));
  EXPECT_EQ(store.metric("reconnects_total"), 0) << "the connection must have stayed";
}

TEST(RedisBounds, ATruncatedReplyThatStaysTruncatedEndsByTheDeadline) {
  for (const char* text : {":", ":1", ":1\r", "$5\r\nab", "*2\r\n$1\r\na\r\n", "*", "$", "-ERR"}) {
    ScriptedServer server(after_handshake([&](Peer& peer, unsigned) {
      peer.command();
      peer.send(text);
      peer.hold();
    }));
    PluginFixture store(scripted_redis(server.port(), {{"command_timeout", "50ms"}}), 1);
    ASSERT_TRUE(ready(store));
    const Op op = text[0] == '*' ? set_read("s") : text[0] == '$' ? get("v") : add("c");
    EXPECT_EQ(store.run(0, {op}).status, EVL_E_UNKNOWN) << text;
  }
}

}  // namespace
}  // namespace evloom::test
