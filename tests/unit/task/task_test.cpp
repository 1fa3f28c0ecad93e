// evl::Task<>: what coroutines wait for, how they end, and that nothing of them is left, wherever their
// request is cancelled.
#include "evloom/task.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "evloom/testkit.hpp"

extern "C" const evl_entry evloom_entry;

namespace evl::testkit {
namespace {

using namespace std::chrono_literals;

class Tasks : public ::testing::Test {
 protected:
  Tasks() { make({}); }

  void make(const HostOptions& options) {
    host_.reset();
    host_.emplace(options);
    store_ = &host_->store();
    names_ = &host_->store();
    instance_ = &host_->start(evloom_entry);
    host_->route("/*", *instance_, {.store = store_, .stores = {{"names", names_}}});
  }
  const Answer& get(const std::string& target) { return host_->get({.target = target}); }
  std::string body(const std::string& target) { return get(target).body; }
  // The log of the instance, one word a line.
  std::string steps() const {
    std::string all;
    for (const LogLine& line : host_->log()) all += line.text + ";";
    return all;
  }
  void clean() {
    host_->stop();
    EXPECT_EQ(host_->complaints(), "");
  }

  std::optional<Host> host_;
  Store* store_ = nullptr;
  Store* names_ = nullptr;
  Instance* instance_ = nullptr;
};

TEST_F(Tasks, MayEndWithoutWaiting) {
  EXPECT_EQ(body("/now"), "now");
  EXPECT_EQ(steps(), "gone: handler;on_finish;");
  clean();
}

TEST_F(Tasks, AwaitEachOperation) {
  EXPECT_EQ(body("/single"), "111 new101 2 xy value will go gone none");
  EXPECT_EQ(store_->submits(), 11u);
  clean();
}

TEST_F(Tasks, AwaitManyOperationsAsOneSubmit) {
  EXPECT_EQ(body("/all"), "1 5 new 1234 none");
  EXPECT_EQ(store_->submits(), 1u);
  store_->carry_out(Op{EVL_OP_PUT, "v", 0, {"there"}});
  EXPECT_EQ(body("/all"), "2 10 seen 1234 there");
  clean();
}

TEST_F(Tasks, KeepOperationsInVariables) {
  EXPECT_EQ(body("/named"), "001");
  EXPECT_EQ(store_->members("set"), (std::vector<std::string>{"aaaa", "bbbb", "cccc"}));
  EXPECT_EQ(store_->value("text"), "a text");
  EXPECT_EQ(store_->value("view"), "a view");
  clean();
}

TEST_F(Tasks, AwaitAsManyOperationsAsTheyLike) {
  EXPECT_EQ(body("/many_ops?count=32"), "528 32 wrong type");  // 0 + ... + 31, and 32 new members
  EXPECT_EQ(store_->submits(), 2u);
  EXPECT_EQ(store_->counter("a long key of number 31"), 31);
  EXPECT_EQ(store_->members("set").at(31), "a long item of number 9");
  EXPECT_EQ(get("/many_ops?count=33").status, 500u) << "66 operations";
  EXPECT_EQ(body("/many_ops?count=0"), "0 32 wrong type") << "of no operations there is nothing to wait for";
  EXPECT_TRUE(host_->logged("an operation is malformed"));
  store_->fail(EVL_E_UNAVAILABLE);
  EXPECT_EQ(get("/many_ops?count=1").status, 503u);
}

TEST_F(Tasks, AwaitStoresByTheirRoles) {
  names_->carry_out(Op{EVL_OP_PUT, "name", 0, {"ada"}});
  EXPECT_EQ(body("/two_stores"), "ada 1");
  EXPECT_EQ(store_->counter("ada"), 1);
  clean();
}

TEST_F(Tasks, LookAtTheStatusOfEachResultWhereTheyAsk) {
  EXPECT_EQ(body("/attempt"), "wrong type, ok, wrong type");
  clean();
}

TEST_F(Tasks, CatchTheFailureOfAnOperationAndGoOn) {
  EXPECT_EQ(body("/catch"), "the store failed: wrong type 1");
  clean();
}

TEST_F(Tasks, AFailureThatNobodyCatchesIsTheAnswersStatus) {
  store_->fail(EVL_E_UNAVAILABLE);
  EXPECT_EQ(get("/all").status, 503u);
  EXPECT_TRUE(host_->logged("the store failed: unavailable"));
  store_->refuse(EVL_E_OVERLOADED);
  EXPECT_EQ(get("/all").status, 503u);
  store_->hold();
  Exchange& lost = host_->send({.target = "/all"});
  host_->run();
  store_->held().at(0)->lose();
  host_->run();
  EXPECT_EQ(lost.answer().body, "503 Service Unavailable: the handler failed; outcome: unknown\n");
  clean();
}

TEST_F(Tasks, AreWokenByTheClock) {
  Exchange& exchange = host_->send({.target = "/sleep"});
  host_->advance(19ms);
  EXPECT_FALSE(exchange.answered());
  host_->advance(1ms);
  EXPECT_EQ(exchange.answer().body, "slept");
  clean();
}

TEST_F(Tasks, AwaitWorkAndItsResult) {
  EXPECT_EQ(body("/work?x=1"), "/work?x=1 done");
  EXPECT_EQ(get("/work_throws").status, 404u);
  EXPECT_TRUE(host_->logged("no such file"));
  clean();
  make({.work_capacity = 0});
  EXPECT_EQ(get("/work").status, 503u);
  clean();
}

TEST_F(Tasks, AwaitEachOther) {
  EXPECT_EQ(body("/nested"), "144");
  EXPECT_EQ(body("/unnamed"), "49");
  clean();
}

TEST_F(Tasks, UseTheFramesOfThoseThatHaveEndedAgain) {
  make({.arena_bytes = 16 * 1024});
  EXPECT_EQ(body("/many"), "many");
  EXPECT_EQ(store_->counter("many"), 10000);
  EXPECT_EQ(get("/large").status, 200u);
  clean();
  make({.arena_bytes = 4096});
  EXPECT_EQ(get("/large").status, 503u) << "the frame has no room";
  clean();
}

TEST_F(Tasks, AnExceptionIsA500AndALineUnderTheInstancesName) {
  for (const char* path : {"/throw_first", "/throw_later", "/throw_int"}) {
    EXPECT_EQ(body(path), "500 Internal Server Error: the handler failed\n") << path;
    EXPECT_EQ(host_->log().back().instance, "paths");
  }
  EXPECT_TRUE(host_->logged("thrown at once"));
  EXPECT_TRUE(host_->logged("thrown later"));
  EXPECT_TRUE(host_->logged("an exception that is no std::exception"));
  EXPECT_EQ(get("/throw_nested").status, 503u);
  EXPECT_TRUE(host_->logged("thrown by a nested one"));
  clean();
}

TEST_F(Tasks, OneThatEndsWithoutAnAnswerIsToldSo) {
  EXPECT_EQ(body("/nothing"), "500 Internal Server Error: the handler gave no answer\n");
  EXPECT_TRUE(host_->misbehaved("wrong_state", "neither answered a request nor held it"));
}

TEST_F(Tasks, CannotWaitOnceTheyHaveAnswered) {
  EXPECT_EQ(body("/after"), "answered");
  EXPECT_TRUE(host_->logged("on_request threw after it had answered: cannot sleep"));
  EXPECT_EQ(body("/after_store"), "answered");
  EXPECT_TRUE(host_->logged("threw after it had answered: cannot wait: the request has been answered"));
  EXPECT_EQ(body("/after_throws"), "answered");
  EXPECT_TRUE(host_->logged("threw after it had answered: thrown too late"));
  clean();  // the plugin answered once: nothing is said of a second answer
}

TEST_F(Tasks, WhatTheyThrowWhenCancelledIsLogged) {
  Exchange& exchange = host_->send({.target = "/cancel_throws"});
  host_->run();
  exchange.hang_up();
  EXPECT_TRUE(host_->logged("on_request threw after its request was cancelled: thrown when cancelled"));
  clean();
}

TEST_F(Tasks, AnOperationThatFailsIsNeverTheClientsFault) {
  EXPECT_EQ(body("/no_store"), "500 Internal Server Error: the handler failed\n");
  EXPECT_TRUE(host_->logged("the route names no such store"));
  EXPECT_EQ(get("/long_value").status, 500u);
  EXPECT_TRUE(host_->logged("an operation is malformed: a key has 1 to 511 bytes"));
  store_->fail(EVL_E_NOT_FOUND);
  EXPECT_EQ(get("/all").status, 500u);
  EXPECT_EQ(body("/own_invalid"), "400 Bad Request: the handler failed\n") << "the author says so";
}

TEST_F(Tasks, HaveTheUserPointerForThemselves) {
  EXPECT_EQ(body("/user"), "mine");
  store_->hold();
  Exchange& exchange = host_->send({.target = "/user"});
  host_->run();
  exchange.hang_up();
  EXPECT_TRUE(host_->logged("on_cancel cancelled user"));
}

// At each turn of the host, with each of the two reasons: destructors run, then on_cancel and on_finish, and
// nothing is left.
TEST_F(Tasks, AreCancelledWhereverTheyStand) {
  std::size_t points = 0;
  for (const bool late : {false, true}) {
    for (std::size_t point = 0;; ++point) {
      make({});
      host_->hold_work();
      Exchange& exchange = host_->send({.target = "/every"});
      for (std::size_t i = 0; i < point; ++i) {
        if (host_->step()) continue;
        if (host_->held_work() != 0) {
          host_->run_work();
        } else {
          host_->advance(5ms);
        }
      }
      if (exchange.finished()) {
        EXPECT_EQ(exchange.answer().body, "3100");
        break;
      }
      ++points;
      if (late) {
        exchange.expire();
      } else {
        exchange.hang_up();
      }
      EXPECT_TRUE(exchange.finished());
      EXPECT_EQ(exchange.answered(), late);
      std::string all;
      for (const LogLine& line : host_->log())
        if (line.instance == "paths") all += line.text + ";";
      const std::string on_cancel = late ? "on_cancel timeout;" : "on_cancel cancelled;";
      if (point != 0) {
        EXPECT_EQ(all, "gone: every;gone: handler;" + on_cancel + "on_finish;") << point;
      }
      host_->run_work();
      host_->run();
      clean();
    }
  }
  EXPECT_GE(points, 10u);
}

TEST_F(Tasks, AreCancelledWhileTheirWorkIsUnderWay) {
  host_->hold_work();
  Exchange& exchange = host_->send({.target = "/work"});
  host_->run();
  ASSERT_EQ(host_->held_work(), 1u);
  exchange.hang_up();
  EXPECT_EQ(instance_->in_flight(), 1u) << "the host keeps the instance until the work is done";
  host_->run_work();
  host_->run();
  EXPECT_EQ(instance_->in_flight(), 0u);
  clean();
}

TEST_F(Tasks, AreCancelledAgainWhereTheyDoNotLetItPass) {
  Exchange& exchange = host_->send({.target = "/swallow"});
  host_->run();
  exchange.hang_up();
  EXPECT_TRUE(host_->logged("swallowed cancelled"));
  EXPECT_EQ(store_->counter("after"), 0);
  clean();
}

TEST_F(Tasks, RunOnEveryLoopInAnyOrder) {
  for (std::uint64_t seed = 1; seed < 20; ++seed) {
    make({.loops = 3, .seed = seed});
    for (std::uint32_t i = 0; i < 30; ++i)
      host_->send({.target = i % 2 == 0 ? "/single" : "/all", .loop = i % 3});
    host_->run();
    EXPECT_EQ(store_->counter("total"), 15);
    clean();
  }
}

TEST_F(Tasks, AwaitABackendPlugin) {
  Instance& memory = host_->start(Plugin::file(std::filesystem::path(EVLOOM_PLUGINS) / "memory.so"));
  Store& store = host_->store(memory);
  host_->route("/all", *instance_, {.store = &store});
  EXPECT_EQ(body("/all"), "1 5 new 1234 none");
  clean();
}

}  // namespace
}  // namespace evl::testkit
