// The contract of "evloom.store/1" as one parameterised suite: every backend that evloom ships, and every
// other one, must pass it. A test program includes this header and instantiates StoreContract with its cases;
// see store_memory_test.cpp.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/plugin_fixture.hpp"

namespace evloom::test {

// A store with nothing in it, and what must live as long as it does (a folder, a server).
struct StoreSetup {
  PluginFile plugin;
  std::shared_ptr<void> resources;
};

struct StoreCase {
  std::string name;
  std::function<StoreSetup()> make;
  std::uint32_t flags = 0;  // EVL_STORE_* that it must state
};
inline void PrintTo(const StoreCase& store, std::ostream* out) { *out << store.name; }
inline std::string store_case_name(const ::testing::TestParamInfo<StoreCase>& info) {
  return info.param.name;
}

using Strings = std::vector<std::string>;

class StoreContract : public ::testing::TestWithParam<StoreCase> {
 protected:
  static constexpr unsigned kLoops = 3;

  void SetUp() override {
    setup_ = GetParam().make();
    store_ = std::make_unique<PluginFixture>(setup_.plugin, kLoops);
    ASSERT_TRUE(ready(*store_));
  }
  void TearDown() override {
    if (!store_) return;
    EXPECT_EQ(store_->violations(), Strings{});
    store_.reset();
  }

  // A store that connects to something is there a moment after its start.
  static bool ready(PluginFixture& store) {
    return wait_until([&] {
      for (unsigned i = 0; i < store.loop_count(); ++i)
        if (store.health(i) != EVL_OK) return false;
      return true;
    });
  }
  // One operation, from a loop that changes from call to call: no answer may depend on the loop.
  OpResult one(Op op) { return store_->run_one(next_loop_++ % kLoops, std::move(op)); }
  evl_status status(Op op) { return one(std::move(op)).status; }
  std::int64_t integer(Op op) {
    const OpResult result = one(std::move(op));
    EXPECT_EQ(result.status, EVL_OK);
    return result.integer;
  }
  Strings members(const std::string& key) {
    OpResult result = one(set_read(key));
    EXPECT_EQ(result.status, EVL_OK);
    std::sort(result.items.begin(), result.items.end());
    return result.items;
  }
  Strings value(const std::string& key) {
    const OpResult result = one(get(key));
    EXPECT_EQ(result.status, EVL_OK);
    return result.items;
  }

  StoreSetup setup_;
  std::unique_ptr<PluginFixture> store_;
  unsigned next_loop_ = 0;
};

inline constexpr std::int64_t kMaxInteger = std::numeric_limits<std::int64_t>::max();
inline constexpr std::int64_t kMinInteger = std::numeric_limits<std::int64_t>::min();
using Fresh = std::vector<std::uint8_t>;

TEST_P(StoreContract, StatesWhatItIs) { EXPECT_EQ(store_->flags(), GetParam().flags); }

TEST_P(StoreContract, IsHealthyWhenItRuns) {
  ASSERT_EQ(status(add("x")), EVL_OK);
  std::string why;
  for (unsigned i = 0; i < kLoops; ++i) EXPECT_EQ(store_->health(i, &why), EVL_OK) << why;
}

TEST_P(StoreContract, AnEmptySubmitEndsWithoutResults) {
  const Reply reply = store_->run(0, {});
  EXPECT_FALSE(reply.refused);
  EXPECT_EQ(reply.status, EVL_OK);
  EXPECT_TRUE(reply.results.empty());
}

// ---- Counters. ----

TEST_P(StoreContract, AddMakesAnAbsentCounterAndGivesTheNewValue) {
  EXPECT_EQ(integer(add("c", 1)), 1);
  EXPECT_EQ(integer(add("c", 41)), 42);
  EXPECT_EQ(integer(add("c", -50)), -8);
  EXPECT_EQ(integer(add("c", 0)), -8);
  EXPECT_EQ(value("c"), Strings{"-8"});
}

TEST_P(StoreContract, AnOverflowIsRefusedAndChangesNothing) {
  EXPECT_EQ(integer(add("c", kMaxInteger)), kMaxInteger);
  EXPECT_EQ(status(add("c", 1)), EVL_E_LIMIT);
  EXPECT_EQ(value("c"), Strings{"9223372036854775807"});
  EXPECT_EQ(integer(add("c", -1)), kMaxInteger - 1);
  EXPECT_EQ(integer(add("d", kMinInteger)), kMinInteger);
  EXPECT_EQ(status(add("d", -1)), EVL_E_LIMIT);
  EXPECT_EQ(value("d"), Strings{"-9223372036854775808"});
}

TEST_P(StoreContract, AddTakesAValueThatIsAWholeNumber) {
  EXPECT_EQ(status(put("n", "5")), EVL_OK);
  EXPECT_EQ(integer(add("n", 1)), 6);
  EXPECT_EQ(status(put("m", "-12")), EVL_OK);
  EXPECT_EQ(integer(add("m", 2)), -10);
}

TEST_P(StoreContract, AddRefusesAValueThatIsNoWholeNumber) {
  for (const char* text : {"", "five", "5 ", " 5", "+5", "05", "-0", "5.0", "9223372036854775808"}) {
    ASSERT_EQ(status(put("v", text)), EVL_OK) << text;
    EXPECT_EQ(status(add("v", 1)), EVL_E_TYPE) << '"' << text << '"';
    EXPECT_EQ(value("v"), Strings{text});
  }
}

// ---- Sets. ----

TEST_P(StoreContract, SetAddTellsWhichItemsWereNew) {
  OpResult result = one(set_add("s", {"a", "b", "c"}));
  EXPECT_EQ(result.status, EVL_OK);
  EXPECT_EQ(result.integer, 3);
  EXPECT_EQ(result.fresh, (Fresh{1, 1, 1}));
  result = one(set_add("s", {"b", "d", "a", "e"}));
  EXPECT_EQ(result.integer, 2);
  EXPECT_EQ(result.fresh, (Fresh{0, 1, 0, 1}));
  EXPECT_EQ(integer(set_size("s")), 5);
  EXPECT_EQ(members("s"), (Strings{"a", "b", "c", "d", "e"}));
}

TEST_P(StoreContract, AnItemGivenTwiceInOneOperationIsNewOnceAtItsFirstPlace) {
  const OpResult result = one(set_add("s", {"a", "b", "a", "a", "b", "c"}));
  EXPECT_EQ(result.status, EVL_OK);
  EXPECT_EQ(result.fresh, (Fresh{1, 1, 0, 0, 0, 1}));
  EXPECT_EQ(result.integer, 3);
  EXPECT_EQ(integer(set_size("s")), 3);
}

TEST_P(StoreContract, ASetAddWithoutItemsDoesNothing) {
  const OpResult result = one(set_add("s", {}));
  EXPECT_EQ(result.status, EVL_OK);
  EXPECT_EQ(result.integer, 0);
  EXPECT_EQ(integer(remove("s")), 0) << "it must not have made the key";
}

TEST_P(StoreContract, AnAbsentSetReadsAsEmpty) {
  EXPECT_EQ(members("none"), Strings{});
  EXPECT_EQ(integer(set_size("none")), 0);
}

TEST_P(StoreContract, ALargeSetIsReadWhole) {
  constexpr int kMembers = 30000;
  Strings all;
  for (int i = 0; i < kMembers; ++i) all.push_back(std::to_string(i));
  for (int i = 0; i < kMembers; i += 10000) {
    const OpResult result = one(set_add("s", Strings(all.begin() + i, all.begin() + i + 10000)));
    ASSERT_EQ(result.status, EVL_OK);
    ASSERT_EQ(result.integer, 10000);
  }
  EXPECT_EQ(integer(set_size("s")), kMembers);
  std::sort(all.begin(), all.end());
  EXPECT_EQ(members("s"), all);
  EXPECT_EQ(one(set_add("s", {"17", "x", "29999"})).fresh, (Fresh{0, 1, 0}));
  all.push_back("x");
  std::sort(all.begin(), all.end());
  EXPECT_EQ(members("s"), all);
  EXPECT_EQ(integer(remove("s")), 1);
  EXPECT_EQ(members("s"), Strings{});
}

// ---- Values. ----

TEST_P(StoreContract, PutAndGet) {
  EXPECT_EQ(value("v"), Strings{});
  EXPECT_EQ(status(put("v", "one")), EVL_OK);
  EXPECT_EQ(value("v"), Strings{"one"});
  EXPECT_EQ(status(put("v", "")), EVL_OK);
  EXPECT_EQ(value("v"), Strings{""});
  const std::string large(EVL_STORE_VALUE_MAX, 'x');
  EXPECT_EQ(status(put("v", large)), EVL_OK);
  EXPECT_EQ(value("v"), Strings{large});
}

TEST_P(StoreContract, PutReplacesWhateverTheKeyHeld) {
  integer(add("c", 7));
  EXPECT_EQ(status(put("c", "text")), EVL_OK);
  EXPECT_EQ(value("c"), Strings{"text"});
  one(set_add("s", {"a", "b"}));
  EXPECT_EQ(status(put("s", "text")), EVL_OK);
  EXPECT_EQ(value("s"), Strings{"text"});
  EXPECT_EQ(integer(remove("s")), 1);
  EXPECT_EQ(one(set_add("s", {"a"})).fresh, Fresh{1}) << "the members must have gone with the set";
}

// ---- All types. ----

TEST_P(StoreContract, AKeyOfAnotherTypeIsRefusedAndStaysAsItWas) {
  one(set_add("set", {"a"}));
  EXPECT_EQ(status(add("set")), EVL_E_TYPE);
  EXPECT_EQ(status(get("set")), EVL_E_TYPE);
  EXPECT_EQ(members("set"), Strings{"a"});
  integer(add("counter", 3));
  for (const char* key : {"counter", "value"}) {
    if (std::string(key) == "value") one(put("value", "5"));
    EXPECT_EQ(status(set_add(key, {"a"})), EVL_E_TYPE) << key;
    EXPECT_EQ(status(set_read(key)), EVL_E_TYPE) << key;
    EXPECT_EQ(status(set_size(key)), EVL_E_TYPE) << key;
  }
  EXPECT_EQ(value("counter"), Strings{"3"});
  EXPECT_EQ(value("value"), Strings{"5"});
}

TEST_P(StoreContract, DeleteRemovesAKeyOfAnyType) {
  integer(add("c", 3));
  one(set_add("s", {"a", "b"}));
  one(put("v", "x"));
  for (const char* key : {"c", "s", "v"}) {
    EXPECT_EQ(integer(remove(key)), 1) << key;
    EXPECT_EQ(integer(remove(key)), 0) << key;
  }
  EXPECT_EQ(integer(add("c", 1)), 1);
  EXPECT_EQ(one(set_add("s", {"b"})).fresh, Fresh{1});
  EXPECT_EQ(value("v"), Strings{});
}

TEST_P(StoreContract, ExpireRemovesAKeyOfAnyTypeWhenItsTimeHasCome) {
  EXPECT_EQ(integer(expire("none", 1000)), 0);
  integer(add("c", 3));
  one(set_add("s", {"a"}));
  one(put("v", "x"));
  one(put("stays", "x"));
  EXPECT_EQ(integer(expire("stays", 1000000)), 1);
  for (const char* key : {"c", "s", "v"}) EXPECT_EQ(integer(expire(key, 40)), 1) << key;
  EXPECT_TRUE(wait_until([&] { return value("v").empty(); }));
  EXPECT_TRUE(wait_until([&] { return value("c").empty(); }));
  EXPECT_TRUE(wait_until([&] { return members("s").empty(); }));
  EXPECT_EQ(integer(add("c", 1)), 1);
  EXPECT_EQ(one(set_add("s", {"a"})).fresh, Fresh{1});
  EXPECT_EQ(value("stays"), Strings{"x"});
}

TEST_P(StoreContract, ExpireWithoutTimeLeftRemovesAtOnce) {
  one(put("v", "x"));
  EXPECT_EQ(integer(expire("v", 0)), 1);
  EXPECT_EQ(value("v"), Strings{});
  integer(add("c", 1));
  EXPECT_EQ(integer(expire("c", -5)), 1);
  EXPECT_EQ(integer(remove("c")), 0);
}

TEST_P(StoreContract, ALaterExpireReplacesTheEarlierAndPutTakesItBack) {
  one(put("longer", "x"));
  one(put("kept", "x"));
  integer(add("counter", 5));
  one(put("mark", "x"));
  for (const char* key : {"longer", "kept", "counter", "mark"}) integer(expire(key, 60));
  integer(expire("longer", 1000000));
  one(put("kept", "y"));
  integer(add("counter", 1));  // does not touch the time
  EXPECT_TRUE(wait_until([&] { return value("mark").empty(); }));
  EXPECT_TRUE(wait_until([&] { return value("counter").empty(); }));
  EXPECT_EQ(value("longer"), Strings{"x"});
  EXPECT_EQ(value("kept"), Strings{"y"});
}

TEST_P(StoreContract, KeysItemsAndValuesMayHoldAnyBytes) {
  const Strings odd = {std::string("nul\0in it", 9),
                       std::string("\0", 1),
                       "line\r\nbreak",
                       "two words",
                       "\xff\xfe",
                       "*3\r\n$4\r\n",
                       "\"quoted\"",
                       std::string(EVL_STORE_TEXT_MAX, '\0'),
                       std::string(EVL_STORE_TEXT_MAX, 'k')};
  for (const std::string& key : odd) {
    EXPECT_EQ(integer(add(key + "", 1)), 1);
    EXPECT_EQ(integer(add(key + "", 1)), 2);
    EXPECT_EQ(integer(remove(key)), 1);
    EXPECT_EQ(status(put(key, key)), EVL_OK);
    EXPECT_EQ(value(key), Strings{key});
    EXPECT_EQ(integer(remove(key)), 1);
  }
  const OpResult result = one(set_add(odd[0], odd));
  EXPECT_EQ(result.fresh, Fresh(odd.size(), 1));
  Strings sorted = odd;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(members(odd[0]), sorted);
}

TEST_P(StoreContract, WhatIsOutsideTheLimitsIsRefusedByItself) {
  const std::string too_long(EVL_STORE_TEXT_MAX + 1, 'k');
  Op two_values = put("v", "x");
  two_values.items.push_back("y");
  Op no_value = put("v", "x");
  no_value.items.clear();
  Op unknown = get("v");
  unknown.kind = 999;
  Op zero = get("v");
  zero.kind = 0;
  const Reply reply = store_->run(
      1, {add("good", 1), add("", 1), add(too_long, 1), get(""), set_read(too_long), set_add("s", {"a", ""}),
          set_add("s", {"a", too_long}), put("v", std::string(EVL_STORE_VALUE_MAX + 1, 'x')), two_values,
          no_value, unknown, zero, add("good", 1)});
  ASSERT_EQ(reply.status, EVL_OK);
  ASSERT_EQ(reply.results.size(), 13u);
  EXPECT_EQ(reply.results[0].status, EVL_OK);
  for (std::size_t i = 1; i <= 9; ++i) EXPECT_EQ(reply.results[i].status, EVL_E_INVALID) << i;
  EXPECT_EQ(reply.results[10].status, EVL_E_UNSUPPORTED);
  EXPECT_EQ(reply.results[11].status, EVL_E_UNSUPPORTED);
  EXPECT_EQ(reply.results[12].status, EVL_OK);
  EXPECT_EQ(reply.results[12].integer, 2);
  EXPECT_EQ(members("s"), Strings{}) << "a refused SET_ADD must add none of its items";
  EXPECT_EQ(value("v"), Strings{});
}

// ---- Submits. ----

TEST_P(StoreContract, OperationsOnOneKeyAreCarriedOutAsGivenAndSeeEachOther) {
  const Reply reply =
      store_->run(0, {add("k", 1), get("k"), put("k", "x"), add("k", 1), remove("k"), set_add("k", {"a"}),
                      set_read("k"), set_add("k", {"a", "b"}), set_size("k"), set_read("k"), get("k"),
                      remove("k"), get("k"), add("k", 9)});
  ASSERT_EQ(reply.results.size(), 14u);
  const auto& r = reply.results;
  EXPECT_EQ(r[0].integer, 1);
  EXPECT_EQ(r[1].items, Strings{"1"});
  EXPECT_EQ(r[2].status, EVL_OK);
  EXPECT_EQ(r[3].status, EVL_E_TYPE);
  EXPECT_EQ(r[4].integer, 1);
  EXPECT_EQ(r[5].fresh, Fresh{1});
  EXPECT_EQ(r[6].items, Strings{"a"}) << "a list must not change by what comes after it";
  EXPECT_EQ(r[7].fresh, (Fresh{0, 1}));
  EXPECT_EQ(r[8].integer, 2);
  EXPECT_EQ(r[9].items.size(), 2u);
  EXPECT_EQ(r[10].status, EVL_E_TYPE);
  EXPECT_EQ(r[11].integer, 1);
  EXPECT_EQ(r[12].status, EVL_OK);
  EXPECT_EQ(r[12].items, Strings{});
  EXPECT_EQ(r[13].integer, 9);
}

TEST_P(StoreContract, ALargeBatchIsAnsweredInOrder) {
  std::vector<Op> ops;
  for (int i = 0; i < 1000; ++i) ops.push_back(add("key" + std::to_string(i), i));
  const Reply reply = store_->run(2, std::move(ops));
  ASSERT_EQ(reply.results.size(), 1000u);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(reply.results[static_cast<std::size_t>(i)].status, EVL_OK);
    ASSERT_EQ(reply.results[static_cast<std::size_t>(i)].integer, i);
  }
  ops.clear();
  for (int i = 999; i >= 0; --i) ops.push_back(get("key" + std::to_string(i)));
  const Reply back = store_->run(1, std::move(ops));
  ASSERT_EQ(back.results.size(), 1000u);
  for (int i = 0; i < 1000; ++i)
    ASSERT_EQ(back.results[static_cast<std::size_t>(i)].items, Strings{std::to_string(999 - i)});
}

TEST_P(StoreContract, AFailingOperationDoesNotHarmItsNeighbours) {
  one(set_add("set", {"a"}));
  std::vector<std::future<Reply>> replies;
  for (unsigned i = 0; i < 60; ++i)
    replies.push_back(
        store_->submit(i % kLoops, {add("total"), add("set"), add("limit", kMaxInteger), add("total")}));
  int over = 0;
  std::set<std::int64_t> totals;
  for (auto& reply : replies) {
    ASSERT_EQ(reply.wait_for(std::chrono::seconds(20)), std::future_status::ready);
    const auto results = reply.get().results;
    ASSERT_EQ(results.size(), 4u);
    EXPECT_EQ(results[1].status, EVL_E_TYPE);
    over += results[2].status == EVL_E_LIMIT;
    totals.insert(results[0].integer);
    totals.insert(results[3].integer);
  }
  EXPECT_EQ(over, 59);
  EXPECT_EQ(totals.size(), 120u);
  EXPECT_EQ(*totals.rbegin(), 120);
}

// Every loop submits again from inside done, as the batcher does. The books must balance at the end.
TEST_P(StoreContract, TheLedgerBalancesUnderLoad) {
  constexpr int kChains = 4;  // submits under way per loop
  constexpr int kEach = 60;   // submits per chain
  constexpr std::size_t kAll = std::size_t{kLoops} * kChains * kEach;
  struct Chain {
    PluginFixture* store;
    unsigned loop;
    int serial;
    int done = 0;
    std::vector<Reply> replies;
    Strings ports;
    std::atomic<unsigned>* running;

    std::string port(int n) const {  // every port is asked for twice, by different chains
      return std::to_string((static_cast<int>(loop) * kChains + serial) / 2 * kEach + n);
    }
    std::string ip() const { return "ip:" + std::to_string(loop); }
    void next() {
      ports.push_back(port(done));
      store->submit(loop, {add("total"), add(ip()), set_add("ports", {ports.back()}), set_read("ports")},
                    [this](Reply reply) {
                      replies.push_back(std::move(reply));
                      if (++done < kEach) return next();
                      --*running;
                    });
    }
  };
  std::atomic<unsigned> running{kLoops * kChains};
  std::vector<std::unique_ptr<Chain>> chains;
  for (unsigned loop = 0; loop < kLoops; ++loop)
    for (int serial = 0; serial < kChains; ++serial)
      chains.push_back(std::make_unique<Chain>(Chain{store_.get(), loop, serial, 0, {}, {}, &running}));
  for (auto& chain : chains) chain->next();
  ASSERT_TRUE(wait_until([&] { return running.load() == 0; }, std::chrono::seconds(60)));

  std::set<std::int64_t> totals;
  std::vector<std::set<std::int64_t>> own(kLoops);
  std::set<std::string> fresh;
  std::set<std::string> asked;
  std::size_t fresh_count = 0;
  for (auto& chain : chains) {
    for (std::size_t i = 0; i < chain->replies.size(); ++i) {
      const Reply& reply = chain->replies[i];
      ASSERT_EQ(reply.status, EVL_OK);
      for (const OpResult& result : reply.results) ASSERT_EQ(result.status, EVL_OK);
      totals.insert(reply.results[0].integer);
      own[chain->loop].insert(reply.results[1].integer);
      asked.insert(chain->ports[i]);
      if (reply.results[2].fresh.at(0)) {
        ++fresh_count;
        fresh.insert(chain->ports[i]);
      }
      const Strings& list = reply.results[3].items;
      ASSERT_NE(std::find(list.begin(), list.end(), chain->ports[i]), list.end())
          << "the asker's port is missing";
      ASSERT_EQ(std::set<std::string>(list.begin(), list.end()).size(), list.size())
          << "a member stands twice";
    }
  }
  EXPECT_EQ(totals.size(), kAll) << "two requests got the same total";
  EXPECT_EQ(*totals.begin(), 1);
  EXPECT_EQ(*totals.rbegin(), static_cast<std::int64_t>(kAll));
  for (const auto& mine : own) {
    EXPECT_EQ(mine.size(), std::size_t{kChains} * kEach);
    EXPECT_EQ(*mine.rbegin(), std::int64_t{kChains} * kEach);
  }
  EXPECT_EQ(fresh_count, fresh.size()) << "a port was new twice";
  EXPECT_EQ(fresh, asked) << "a port was never new";
  EXPECT_EQ(integer(set_size("ports")), static_cast<std::int64_t>(asked.size()));
  EXPECT_EQ(value("total"), Strings{std::to_string(kAll)});
}

// ---- The end. ----

// The host stops a slot with submits under way only when the drain limit has passed: each must end, on its
// loop, before thread_stop returns.
TEST_P(StoreContract, StoppingALoopEndsWhatIsUnderWay) {
  constexpr int kEach = 200;
  struct Tally {
    std::atomic<int> submitted{0};
    std::atomic<int> ended{0};
    std::atomic<int> wrong{0};
  };
  std::vector<Tally> tallies(kLoops);
  for (int i = 0; i < kEach; ++i) {
    for (unsigned loop = 0; loop < kLoops; ++loop) {
      Tally& tally = tallies[loop];
      store_->submit(loop,
                     {add("total"), set_add("s" + std::to_string(i), {"a", "b"}), set_read("s1"), add("x")},
                     [&tally](const Reply& reply) {
                       const auto fine = [](evl_status status) {
                         return status == EVL_OK || status == EVL_E_UNAVAILABLE || status == EVL_E_UNKNOWN;
                       };
                       if (!fine(reply.status)) ++tally.wrong;
                       for (const OpResult& result : reply.results)
                         if (!fine(result.status)) ++tally.wrong;
                       ++tally.ended;
                     });
      ++tally.submitted;
    }
  }
  for (unsigned loop = 0; loop < kLoops; ++loop) {
    store_->stop_loop(loop);  // queued behind the submits
    EXPECT_EQ(tallies[loop].ended.load(), tallies[loop].submitted.load()) << "loop " << loop;
    EXPECT_EQ(tallies[loop].wrong.load(), 0);
  }
  EXPECT_EQ(store_->violations(), Strings{});
  store_->close();
}

TEST_P(StoreContract, AllLoopsMayBeStoppedAtTheSameTime) {
  std::atomic<int> submitted{0};
  std::atomic<int> ended{0};
  for (int i = 0; i < 100; ++i) {
    for (unsigned loop = 0; loop < kLoops; ++loop) {
      ++submitted;
      store_->submit(loop, {add("total"), add("a"), add("b"), add("c")}, [&ended](const Reply&) { ++ended; });
    }
  }
  std::vector<std::thread> stoppers;
  for (unsigned loop = 0; loop < kLoops; ++loop)
    stoppers.emplace_back([this, loop] { store_->stop_loop(loop); });
  for (std::thread& stopper : stoppers) stopper.join();
  EXPECT_EQ(ended.load(), submitted.load());
  store_->close();
}

TEST_P(StoreContract, StartsAndStopsWithoutUse) {
  store_->close();
  setup_ = {};
  for (int i = 0; i < 3; ++i) {
    StoreSetup fresh = GetParam().make();
    PluginFixture again(fresh.plugin, 1);
    ASSERT_TRUE(ready(again));
    EXPECT_EQ(again.run_one(0, add("x")).integer, 1);
  }
}

}  // namespace evloom::test
