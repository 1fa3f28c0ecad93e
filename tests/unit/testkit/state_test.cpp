// State across a swap, and swaps without one.
#include "fixture.hpp"

namespace evl::testkit {
namespace {

TEST(Swaps, AStoreHandsItsKeysOver) {
  Host host({.loops = 2});
  Instance& memory = host.start(shipped("memory"), {}, "counters");
  Store& store = host.store(memory);
  host.route("/", host.start(shipped("stats")), {.store = &store});
  for (int i = 0; i < 5; ++i) host.send({.loop = static_cast<std::uint32_t>(i % 2)});
  Instance& next = host.swap(memory, shipped("memory"));
  EXPECT_EQ(memory.phase(), Instance::Phase::destroyed);
  EXPECT_EQ(next.phase(), Instance::Phase::started);
  EXPECT_EQ(next.label(), "instance 'counters' of plugin 'memory' 1.1.0");
  EXPECT_EQ(host.get({}).body.substr(0, 18), "requests_total = 6");
  host.stop();
  EXPECT_EQ(host.complaints(), "");
}

TEST(Swaps, AHandlerIsReplacedUnderItsRoutes) {
  Host host;
  Instance& old = host.start(tricks(), "{greeting: old}");
  host.route("/*", old);
  host.swap(old, tricks(), "{greeting: new}");
  EXPECT_EQ(host.get({.target = "/greet"}).body, "new");
}

TEST(Swaps, ASuccessorThatCannotBeMadeLeavesTheOldOne) {
  Host host;
  Instance& old = host.start(tricks(), "{greeting: old}");
  host.route("/*", old);
  EXPECT_NE(refusal([&] { host.swap(old, for_tests("create_fails")); }).find("wrong phase"),
            std::string::npos);
  EXPECT_EQ(host.get({.target = "/greet"}).body, "old");
}

TEST(Swaps, StateIsRefusedInTheWordsOfTheHost) {
  Host host;
  const auto outcome = [&](const std::string& from, const std::string& to) {
    return refusal([&] {
      Instance& old = host.create(for_tests("keeper"), "{text: kept, fault: '" + from + "'}");
      const Saved saved = old.save();
      host.create(for_tests("keeper"), "{fault: '" + to + "'}").load(saved);
    });
  };
  const std::string keeper = "instance 'keeper' of plugin 'keeper' 1.2.3 ";
  const std::string state = "state version 3 of plugin 'keeper' 1.2.3";
  EXPECT_EQ(outcome("", ""), "");
  EXPECT_EQ(outcome("save throws", ""), keeper + "cannot hand over its state: the pen is dry");
  EXPECT_EQ(outcome("save nameless", ""),
            keeper + "cannot hand over its state: put: a name has 1 to 255 bytes, not 0");
  EXPECT_EQ(outcome("save twice", ""), keeper + "cannot hand over its state: put: 'text' was put before");
  EXPECT_EQ(outcome("", "accepts nothing"), keeper + "does not accept " + state);
  EXPECT_EQ(outcome("", "load throws"), keeper + "could not take over " + state + ": illegible");
  EXPECT_TRUE(host.misbehaved("bad_argument", "put: 'text' was put before"));
}

TEST(Swaps, AnOldOneGoesOnWhenItsStateIsNotTaken) {
  Host host;
  Instance& memory = host.start(shipped("memory"));
  Store& store = host.store(memory);
  host.route("/", host.start(shipped("stats")), {.store = &store});
  host.get({});
  EXPECT_NE(refusal([&] { host.swap(memory, shipped("memory"), "{max_memory: 100B}"); }), "");
  EXPECT_EQ(memory.phase(), Instance::Phase::started);
  EXPECT_EQ(host.get({}).body.substr(0, 18), "requests_total = 2");
  host.stop();
  EXPECT_EQ(host.complaints(), "");
}

}  // namespace
}  // namespace evl::testkit
