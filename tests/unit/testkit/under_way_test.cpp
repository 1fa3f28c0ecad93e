// Instances that are stopped, destroyed or replaced while something of theirs is under way: nothing comes
// back to one that has gone.
#include "fixture.hpp"
#include "support/temp_dir.hpp"

namespace evl::testkit {
namespace {

using Phase = Instance::Phase;

class UnderWay : public ::testing::Test {
 protected:
  UnderWay() : store_(host_.store()), old_(host_.start(tricks(), "{greeting: old}")) {
    host_.route("/*", old_, {.store = &store_});
  }
  Exchange& send(const char* target) {
    Exchange& exchange = host_.send({.target = target});
    host_.run();
    return exchange;
  }
  Instance& swap() { return host_.swap(old_, tricks(), "{greeting: new}"); }
  std::string greeting() { return host_.get({.target = "/greet"}).body; }
  void clean() {
    host_.stop();
    EXPECT_EQ(host_.complaints(), "");
  }
  Host host_;
  Store& store_;
  Instance& old_;
};

TEST_F(UnderWay, ARequestKeepsItsInstanceFromBeingDestroyed) {
  store_.hold();
  Exchange& exchange = send("/twice_in_store");
  const std::string why = refusal([&] { old_.destroy(); });
  EXPECT_EQ(why.substr(0, why.find(';')),
            "instance 'tricks' of plugin 'tricks' 1.0.0 could not be destroyed: 1 request under way");
  EXPECT_EQ(old_.phase(), Phase::started);
  store_.held().at(0)->answer();
  host_.run();
  EXPECT_EQ(exchange.answer().body, "first");
  old_.destroy();
  EXPECT_EQ(old_.phase(), Phase::destroyed);
}

TEST_F(UnderWay, AStopThatIsRefusedLeavesItAsItWas) {
  Exchange& exchange = send("/sleep?ms=2");
  EXPECT_NE(refusal([&] { old_.stop(); }).find("could not be stopped: 1 request under way"),
            std::string::npos);
  EXPECT_EQ(old_.phase(), Phase::started);
  EXPECT_EQ(greeting(), "old");
  host_.advance(2ms);
  EXPECT_EQ(exchange.answer().body, "slept");
  old_.stop();
  EXPECT_EQ(old_.phase(), Phase::stopped);
  clean();
}

TEST_F(UnderWay, WorkKeepsItsInstanceAlsoWhenTheClientHasGone) {
  host_.hold_work();
  Exchange& exchange = send("/work");
  exchange.hang_up();
  EXPECT_NE(refusal([&] { old_.destroy(); }).find("could not be destroyed: 1 piece of work under way"),
            std::string::npos);
  host_.run_work();
  old_.destroy();
  EXPECT_EQ(old_.phase(), Phase::destroyed);
}

TEST_F(UnderWay, AReplacedInstanceServesWhatItHas) {
  Exchange& exchange = send("/sleep?ms=2");
  Instance& next = swap();
  EXPECT_EQ(old_.phase(), Phase::started);
  EXPECT_EQ(next.phase(), Phase::started);
  EXPECT_EQ(greeting(), "new");
  EXPECT_NE(refusal([&] { swap(); }).find("has a successor"), std::string::npos);
  EXPECT_FALSE(exchange.finished());
  host_.advance(1ms);
  EXPECT_EQ(old_.phase(), Phase::started);
  host_.advance(1ms);
  EXPECT_EQ(exchange.answer().body, "slept");
  EXPECT_EQ(old_.phase(), Phase::destroyed);
  clean();
}

TEST_F(UnderWay, AReplacedInstanceIsEndedByTheLastThatWaits) {
  store_.hold();
  host_.hold_work();
  Exchange& first = send("/twice_in_store");
  Exchange& second = send("/twice_in_store");
  Exchange& third = send("/work");
  swap();
  store_.held().at(1)->fail(EVL_E_UNAVAILABLE);
  store_.held().at(0)->answer();
  host_.run();
  EXPECT_TRUE(first.finished() && second.finished());
  EXPECT_EQ(old_.phase(), Phase::started) << "its work is under way";
  third.hang_up();
  EXPECT_EQ(old_.phase(), Phase::started) << "its work is under way still";
  host_.run_work();
  EXPECT_EQ(old_.phase(), Phase::started) << "`done` is to come";
  host_.run();
  EXPECT_EQ(old_.phase(), Phase::destroyed);
}

TEST_F(UnderWay, WhatAReplacedInstanceLeavesIsTold) {
  Exchange& exchange = send("/sleep?ms=2");
  send("/leave_timer");
  swap();
  EXPECT_EQ(host_.misbehaviours().size(), 0u);
  exchange.hang_up();
  EXPECT_EQ(old_.phase(), Phase::destroyed);
  EXPECT_EQ(old_.leftovers().text(), "1 timer");
  EXPECT_TRUE(host_.misbehaved("left_behind", "thread_stop left 1 timers behind"));
}

TEST_F(UnderWay, TheHostsEndCutsAReplacedInstanceOff) {
  store_.hold();
  Exchange& exchange = send("/twice_in_store");
  StoreCall& call = *store_.held().at(0);
  swap();
  host_.stop();
  EXPECT_TRUE(exchange.finished());
  EXPECT_FALSE(call.wanted());
  EXPECT_EQ(old_.phase(), Phase::destroyed);
  call.answer();
  host_.run();
  EXPECT_EQ(store_.counter("a"), 1);
}

TEST(UnderWayWithFormats, AFormatStaysForTheRequestsThatItRenders) {
  Host host;
  Store& store = host.store();
  Instance& text = host.start(shipped("text"));
  host.route("/", host.start(shipped("stats")), {.store = &store, .formats = {&text}});
  store.hold();
  Exchange& exchange = host.send({});
  host.run();
  Instance& next = host.swap(text, shipped("text"));
  EXPECT_EQ(text.phase(), Phase::started);
  store.held().at(0)->answer();
  host.run();
  EXPECT_EQ(exchange.answer().body.substr(0, 18), "Total requests = 1");
  EXPECT_EQ(text.phase(), Phase::destroyed);
  store.hold(false);
  EXPECT_EQ(host.get({}).body.substr(0, 18), "Total requests = 2");
  next.destroy();
  EXPECT_EQ(host.get({}).status, 503u);
}

TEST(UnderWayWithState, NothingIsHandedOverWhileRequestsAreUnderWay) {
  const evloom::test::TempDir folder;
  Host host;
  Instance& old = host.start(for_tests("fickle"), "{path: " + (folder / "mine").string() + "}");
  host.route("/", old);
  Exchange& exchange = host.send({.target = "/?sleep"});
  EXPECT_NE(refusal([&] {
              host.swap(old, for_tests("fickle"));
            }).find("could not be stopped for its state: 1 request under way"),
            std::string::npos);
  EXPECT_EQ(old.phase(), Phase::started);
  EXPECT_EQ(host.get({}).body, "1 of 1\n");
  host.advance(300ms);
  EXPECT_EQ(exchange.answer().body, "2 of 1\n");
  host.stop();
  EXPECT_EQ(host.complaints(), "");
}

}  // namespace
}  // namespace evl::testkit
