// Time, blocking work and messages: they happen when the test says.
#include "fixture.hpp"

namespace evl::testkit {
namespace {

TEST(Time, PassesWhenTheTestSaysAndTimersGoOffInOrder) {
  Host host;
  host.route("/*", host.start(tricks()));
  Exchange& long_one = host.send({.target = "/sleep?ms=50"});
  Exchange& short_one = host.send({.target = "/sleep?ms=20"});
  host.run();
  EXPECT_FALSE(short_one.answered());
  const auto before = host.now();
  host.advance(19ms);
  EXPECT_FALSE(short_one.answered());
  host.advance(1ms);
  EXPECT_EQ(short_one.answer().body, "slept");
  EXPECT_FALSE(long_one.answered());
  host.advance(1h);
  EXPECT_EQ(long_one.answer().body, "slept");
  EXPECT_EQ(host.now() - before, 1h + 20ms);
  host.stop();
  EXPECT_EQ(host.complaints(), "");
}

TEST(Time, GetSaysWhatItWouldHaveToWaitFor) {
  Host host;
  Store& store = host.store();
  host.route("/*", host.start(tricks()), {.store = &store});
  const auto refused = [&](const char* target) { return refusal([&] { host.get({.target = target}); }); };
  EXPECT_EQ(
      refused("/sleep?ms=20"),
      "GET /sleep?ms=20 has not been answered yet: end what it waits for, with send() instead of get(); "
      "a timer of its handler is due in 20 ms: advance() the clock");
  host.advance(20ms);
  store.hold();
  host.hold_work();
  EXPECT_NE(refused("/twice_in_store").find("get(); a store call is held or delayed"), std::string::npos);
  EXPECT_NE(refused("/work").find("get(); 1 pieces of work wait for run_work()"), std::string::npos);
}

TEST(Time, WorkIsRunWhenTheTestSaysAndNotOnALoop) {
  Host host({.work_capacity = 2});
  Instance& instance = host.start(tricks());
  host.route("/*", instance);
  host.hold_work();
  Exchange& first = host.send({.target = "/work"});
  Exchange& second = host.send({.target = "/work"});
  Exchange& third = host.send({.target = "/work"});
  host.run();
  EXPECT_EQ(host.held_work(), 2u);
  EXPECT_EQ(instance.in_flight(), 4u);  // two requests, and their work
  EXPECT_EQ(third.answer().status, 503u) << "more than may wait";
  EXPECT_EQ(host.run_work(1), 1u);
  EXPECT_FALSE(first.answered()) << "done comes in a turn of the loop";
  host.run();
  EXPECT_EQ(first.answer().body, "worked");
  EXPECT_FALSE(second.answered());
  host.hold_work(false);
  host.run();
  EXPECT_EQ(second.answer().body, "worked");
  EXPECT_EQ(host.misbehaviours().size(), 2u);
  EXPECT_TRUE(host.misbehaved("wrong_thread", "timer called off the loop that it names"));
  EXPECT_EQ(instance.in_flight(), 0u);
}

TEST(Time, MessagesOfOtherThreadsArriveInATurn) {
  Host host({.loops = 2});
  host.route("/*", host.start(tricks()));
  Exchange& exchange = host.send({.target = "/post", .loop = 1});
  EXPECT_TRUE(host.wait([&] { return exchange.answered(); }));
  EXPECT_EQ(exchange.answer().body, "posted");
  host.stop();
  EXPECT_EQ(host.complaints(), "");
}

TEST(Time, WhatGoesOnForEverIsEnded) {
  Host host;
  host.route("/*", host.start(tricks()));
  Exchange& exchange = host.send({.target = "/hold"});
  host.run();
  EXPECT_NE(refusal([&] { std::ignore = exchange.answer(); }), "");
  EXPECT_EQ(host.leftovers().text(), "1 request, 1 ticket");
  host.stop();
  EXPECT_TRUE(exchange.finished());
  EXPECT_EQ(host.complaints(), "left over: 1 request, 1 ticket\n");
}

TEST(Time, ARequestUsesNoMoreMemoryThanItMay) {
  Host host({.arena_bytes = 64 * 1024});
  host.route("/*", host.start(tricks()));
  EXPECT_EQ(host.get({.target = "/arena?bytes=1000"}).body, "memory");
  EXPECT_EQ(host.get({.target = "/arena?bytes=65536"}).body, "none");
}

}  // namespace
}  // namespace evl::testkit
