// What is refused because it was merged is tried again one by one, and each caller's answer is whole.
#include <event2/event.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "loop/loop.hpp"
#include "store/batcher.hpp"
#include "unit/store/model.hpp"

namespace evloom::test {
namespace {

using store::Batch;

struct Caller : store::Submission {
  std::vector<Asked> asked;
  evl_status status = EVL_E_INTERNAL;
  std::vector<Answered> answers;
  int told = 0;

  explicit Caller(std::vector<Asked> what) : asked(std::move(what)) {
    done = [](Submission& self, evl_status how, const evl_result* results, std::size_t count) {
      auto& caller = static_cast<Caller&>(self);
      ++caller.told;
      caller.status = how;
      caller.answers.clear();
      for (std::size_t i = 0; i < count; ++i)
        caller.answers.push_back(Answered::of(results[i], caller.asked[i].items.size()));
    };
  }
};

class Retry : public ::testing::Test {
 protected:
  std::unique_ptr<event_base, void (*)(event_base*)> base{event_base_new(), event_base_free};
  std::unique_ptr<loop::Loop> loop = std::move(*loop::Loop::create(0, base.get()));
  store::Batcher batcher{*loop, {}};
  Batch batch{batcher, [](void*) {}};
  Batch again{batcher, [](void*) {}};

  void submit(Batch& to, Caller& caller) {
    std::vector<std::vector<evl_bytes>> rooms(caller.asked.size());
    std::vector<evl_op> ops;
    for (std::size_t i = 0; i < caller.asked.size(); ++i) ops.push_back(caller.asked[i].op(rooms[i]));
    ASSERT_TRUE(to.add(caller, ops.data(), ops.size()));
  }
  static Results carry_out(const Batch& batch, Model& model) {
    Results results;
    for (const evl_op& op : batch.ops()) results.add(model.carry_out(Asked::of(op)));
    return results;
  }
  // As the batcher does it.
  void run(Model& model) {
    const Results results = carry_out(batch, model);
    if (batch.has_refused(results.data())) batch.retry(again, results.data());
    batch.deliver(EVL_OK, results.data(), *loop);
    if (again.requests() == 0) return;
    const Results more = carry_out(again, model);
    EXPECT_FALSE(again.has_refused(more.data())) << "would go on for ever";
    again.deliver(EVL_OK, more.data(), *loop);
  }
};

TEST_F(Retry, OfAdditionsThatOverflowTogetherThoseThatFitAreDone) {
  Model model(10);
  Caller first({{EVL_OP_ADD, "c", 6}}), second({{EVL_OP_ADD, "c", 6}}), third({{EVL_OP_ADD, "c", 4}});
  for (Caller* caller : {&first, &second, &third}) submit(batch, *caller);
  ASSERT_EQ(batch.ops().size(), 1u);
  run(model);
  EXPECT_EQ(first.answers[0].integer, 6);
  EXPECT_EQ(second.answers[0].status, EVL_E_LIMIT);
  EXPECT_EQ(third.answers[0].integer, 10);
  for (Caller* caller : {&first, &second, &third}) EXPECT_EQ(caller->told, 1);
}

TEST_F(Retry, WhatWasDoneBesidesIsNotDoneAgainAndWhatIsReadBehindIsReadAnew) {
  Model model(INT64_MAX, 3);
  const auto asks = [](std::string port) {
    return std::vector<Asked>{{EVL_OP_ADD, "total", 1},
                              {EVL_OP_SET_READ, "s"},
                              {EVL_OP_SET_ADD, "s", 0, {port}},
                              {EVL_OP_SET_READ, "s"},
                              {EVL_OP_GET, "v"}};
  };
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < 5; ++i) {
    callers.push_back(std::make_unique<Caller>(asks(std::to_string(i))));
    submit(batch, *callers.back());
  }
  run(model);
  EXPECT_EQ(model.carry_out({EVL_OP_ADD, "total", 0}).integer, 5) << "counted twice, or not at all";
  for (int i = 0; i < 5; ++i) {
    const Caller& caller = *callers[static_cast<std::size_t>(i)];
    ASSERT_EQ(caller.told, 1);
    ASSERT_EQ(caller.answers.size(), 5u);
    EXPECT_EQ(caller.answers[0].integer, i + 1);
    EXPECT_EQ(caller.answers[1].items.size(), 0u) << "read before";
    EXPECT_EQ(caller.answers[2].status, i < 3 ? EVL_OK : EVL_E_NO_SPACE);
    EXPECT_EQ(caller.answers[3].items.contains(std::to_string(i)), i < 3) << "added, and not there";
  }
}

TEST_F(Retry, ACallerWhoWritesToTheKeyLaterIsNotMergedSoNeverTriedAgain) {
  Model model(INT64_MAX, 1);
  Caller writer({{EVL_OP_SET_ADD, "s", 0, {"a"}}, {EVL_OP_DELETE, "s"}, {EVL_OP_SET_ADD, "s", 0, {"b"}}});
  Caller other({{EVL_OP_SET_ADD, "s", 0, {"c"}}, {EVL_OP_EXPIRE, "s", 5}});
  Caller third({{EVL_OP_SET_ADD, "s", 0, {"d"}}});
  for (Caller* caller : {&writer, &other, &third}) submit(batch, *caller);
  run(model);
  EXPECT_EQ(writer.answers[0].integer, 1);
  EXPECT_EQ(writer.answers[2].integer, 1);
  for (Caller* caller : {&writer, &other, &third}) EXPECT_EQ(caller->told, 1);
}

TEST_F(Retry, WhatIsCancelledIsCarriedOutAllTheSame) {
  Model model(10);
  Caller gone({{EVL_OP_ADD, "c", 6}}), stays({{EVL_OP_ADD, "c", 5}});
  submit(batch, gone);
  submit(batch, stays);
  Batch::cancel(gone);
  run(model);
  EXPECT_EQ(gone.told, 0);
  EXPECT_EQ(stays.answers[0].status, EVL_E_LIMIT) << "the other one came first";
  EXPECT_EQ(model.carry_out({EVL_OP_ADD, "c", 0}).integer, 6);
}

TEST_F(Retry, WhenTheSecondAttemptIsLostTheFirstResultsStand) {
  Model model(10);
  Caller first({{EVL_OP_ADD, "total", 1}, {EVL_OP_ADD, "c", 6}}),
      second({{EVL_OP_ADD, "total", 1}, {EVL_OP_ADD, "c", 6}});
  submit(batch, first);
  submit(batch, second);
  // Only "c" is beyond its most.
  model.carry_out({EVL_OP_ADD, "c", 4});
  const Results results = carry_out(batch, model);
  ASSERT_EQ(batch.retry(again, results.data()), 2u);
  batch.deliver(EVL_OK, results.data(), *loop);
  again.deliver(EVL_E_UNKNOWN, nullptr, *loop);
  EXPECT_EQ(second.status, EVL_OK);
  EXPECT_EQ(second.answers[0].integer, 2);
  EXPECT_EQ(second.answers[1].status, EVL_E_UNKNOWN);
}

TEST_F(Retry, ASecondSubmitOfOneCallerStaysBehindItsFirst) {
  Caller reader({{EVL_OP_GET, "v"}});
  submit(batch, reader);
  Caller writes({{EVL_OP_PUT, "v", 0, {"new"}}});
  Caller reads({{EVL_OP_GET, "v"}});
  submit(batch, writes);
  reads.after = &writes;
  submit(batch, reads);
  Model model;
  run(model);
  EXPECT_EQ(reads.answers[0].items, std::set<std::string>{"new"});
}

}  // namespace
}  // namespace evloom::test
