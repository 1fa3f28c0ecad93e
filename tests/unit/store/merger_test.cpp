// Merging changes no answer: whatever many callers ask at the same time, the merged operations leave the
// store and answer each caller as some order of the operations one by one would, in which each caller's own
// keep theirs.
#include "store/merger.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>

#include "unit/store/model.hpp"

namespace evloom::test {
namespace {

using store::Merger;

struct Added {
  Asked asked;
  Merger::Part part;
};

Merger::Part add(Merger& merger, const Asked& asked, std::uint32_t floor = 0, bool may_merge = true) {
  std::vector<evl_bytes> room;
  Merger::Part part;
  EXPECT_TRUE(merger.add(asked.op(room), may_merge, floor, part));
  return part;
}

Answered own(const Merger& merger, const Merger::Part& part, const Results& results) {
  return Answered::of(merger.own(part, results[part.slot]), part.items);
}

Results carry_out(const Merger& merger, Model& model) {
  Results results;
  for (const evl_op& op : merger.ops()) results.add(model.carry_out(Asked::of(op)));
  return results;
}

TEST(Merger, ManyAdditionsToACounterAreOneAndEachGetsItsOwnValue) {
  Merger merger;
  std::vector<Merger::Part> parts;
  for (int i = 1; i <= 100; ++i) parts.push_back(add(merger, {EVL_OP_ADD, "c", i}));
  ASSERT_EQ(merger.ops().size(), 1u);
  EXPECT_EQ(merger.ops()[0].amount, 5050);
  Model model;
  model.carry_out({EVL_OP_ADD, "c", 7});
  const Results results = carry_out(merger, model);
  std::int64_t value = 7;
  for (int i = 1; i <= 100; ++i) EXPECT_EQ(own(merger, parts[i - 1], results).integer, value += i);
}

TEST(Merger, AnItemThatSeveralAddIsNewToTheFirst) {
  Merger merger;
  const auto first = add(merger, {EVL_OP_SET_ADD, "s", 0, {"a", "b"}});
  const auto second = add(merger, {EVL_OP_SET_ADD, "s", 0, {"b", "c", "c"}});
  ASSERT_EQ(merger.ops().size(), 1u);
  Model model;
  const Results results = carry_out(merger, model);
  EXPECT_EQ(own(merger, first, results), (Answered{EVL_OK, 2, {}, {1, 1}}));
  EXPECT_EQ(own(merger, second, results), (Answered{EVL_OK, 1, {}, {0, 1, 0}}));
}

TEST(Merger, ASumThatDoesNotFitIsTwoAdditions) {
  Merger merger;
  add(merger, {EVL_OP_ADD, "c", INT64_MAX - 1});
  add(merger, {EVL_OP_ADD, "c", 2});
  EXPECT_EQ(merger.ops().size(), 2u);
}

TEST(Merger, AnAdditionAndASubtractionStayTwo) {
  Merger merger;
  add(merger, {EVL_OP_ADD, "c", 5});
  add(merger, {EVL_OP_ADD, "c", -5});
  EXPECT_EQ(merger.ops().size(), 2u);
}

TEST(Merger, MoreItemsThanAnOperationMayHaveAreTwoOperations) {
  Merger merger;
  std::vector<std::string> many;
  for (int i = 0; i < 3000; ++i) many.push_back(std::to_string(i));
  const auto first = add(merger, {EVL_OP_SET_ADD, "s", 0, many});
  const auto second = add(merger, {EVL_OP_SET_ADD, "s", 0, many});
  ASSERT_EQ(merger.ops().size(), 2u);
  Model model;
  const Results results = carry_out(merger, model);
  EXPECT_EQ(own(merger, first, results).integer, 3000);
  EXPECT_EQ(own(merger, second, results).integer, 0);
}

TEST(Merger, WhatIsTakenBackWasNeverThere) {
  Merger merger;
  const auto kept = add(merger, {EVL_OP_ADD, "c", 1});
  const auto joined = add(merger, {EVL_OP_ADD, "c", 10});
  const auto fresh = add(merger, {EVL_OP_SET_ADD, "s", 0, {"a"}});
  merger.undo(fresh);
  merger.undo(joined);
  ASSERT_EQ(merger.ops().size(), 1u);
  EXPECT_EQ(merger.ops()[0].amount, 1);
  const auto again = add(merger, {EVL_OP_SET_ADD, "s", 0, {"b"}});
  EXPECT_EQ(again.slot, 1u);
  EXPECT_EQ(merger.ops()[1].item_count, 1u);
  EXPECT_EQ(kept.slot, add(merger, {EVL_OP_ADD, "c", 1}).slot);
}

// Random callers, each with some operations in order, on few keys.
class MergerProperty : public ::testing::TestWithParam<unsigned> {};

TEST_P(MergerProperty, AnswersAreThoseOfAnOrderThatKeepsEachCallersOwn) {
  std::mt19937 random(GetParam());
  const auto pick = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
  constexpr evl_op_kind kKinds[] = {EVL_OP_ADD, EVL_OP_SET_ADD, EVL_OP_SET_READ, EVL_OP_SET_SIZE,
                                    EVL_OP_GET, EVL_OP_PUT,     EVL_OP_DELETE};
  Model merged, single;
  Merger merger;
  for (int round = 0; round < 40; ++round) {
    merger.reset();
    std::vector<std::vector<Added>> callers(static_cast<std::size_t>(1 + pick(60)));
    for (auto& caller : callers) {
      std::uint32_t floor = 0;
      const int count = 1 + pick(6);
      for (int i = 0; i < count; ++i) {
        Asked asked{kKinds[pick(7)], "", pick(2) ? 1 + pick(3) : -pick(3)};
        // A key has one type, so that every operation makes sense.
        asked.key = (asked.kind == EVL_OP_ADD                               ? "c"
                     : asked.kind == EVL_OP_GET || asked.kind == EVL_OP_PUT ? "v"
                                                                            : "s") +
                    std::to_string(pick(3));
        if (asked.kind == EVL_OP_PUT) asked.items = {std::to_string(pick(100))};
        if (asked.kind == EVL_OP_SET_ADD)
          for (int n = pick(4); n >= 0; --n) asked.items.push_back(std::to_string(pick(30)));
        const Merger::Part part = add(merger, asked, floor, pick(5) != 0);
        ASSERT_GE(part.slot, floor) << "before what its caller asked first";
        floor = part.slot;
        caller.push_back({asked, part});
      }
    }
    // The order: by slot, in a slot by caller, of one caller as it asked.
    const Results results = carry_out(merger, merged);
    for (std::uint32_t slot = 0; slot < merger.ops().size(); ++slot) {
      for (const auto& caller : callers) {
        for (const Added& added : caller) {
          if (added.part.slot != slot) continue;
          EXPECT_EQ(Asked::of(merger.original(added.part)).items, added.asked.items);
          ASSERT_EQ(own(merger, added.part, results), single.carry_out(added.asked))
              << "round " << round << ", kind " << added.asked.kind << " of " << added.asked.key;
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, MergerProperty, ::testing::Range(1u, 21u));

}  // namespace
}  // namespace evloom::test
