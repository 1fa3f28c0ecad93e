// What speaks against a canary, from the answers that were counted.
#include "change/canary.hpp"

#include <gtest/gtest.h>

namespace evloom::change {
namespace {

constexpr std::int64_t kMicrosecond = 1000;
constexpr std::int64_t kMillisecond = 1000 * kMicrosecond;

void record(epoch::Watch& watch, int times, std::uint16_t status, std::int64_t duration_ns) {
  for (int i = 0; i < times; ++i) watch.record(status, duration_ns);
}

Tally tally(int good, int errors, std::int64_t duration_ns = kMillisecond) {
  epoch::Watch watch(nullptr);
  record(watch, good, 200, duration_ns);
  record(watch, errors, 500, duration_ns);
  Tally all;
  all.add(watch);
  return all;
}

// requests, timeout, errors, p99
constexpr config::Canary kLimits{200, std::chrono::seconds(10), 1.0, 2.0};

TEST(Tally, CountsAnswersFrom500OnAsErrors) {
  epoch::Watch watch(nullptr);
  for (const int status : {200, 304, 404, 499, 500, 503})
    record(watch, 1, static_cast<std::uint16_t>(status), kMillisecond);
  Tally all;
  EXPECT_EQ(all.errors_percent(), 0) << "of nothing";
  all.add(watch);
  all.add(watch);
  EXPECT_EQ(all.requests, 12u);
  EXPECT_EQ(all.errors, 4u);
  EXPECT_NEAR(all.errors_percent(), 33.3, 0.1);
}

TEST(Tally, ItsP99IsAtMostAFifthTooHighAndNeverTooLow) {
  for (const std::int64_t duration :
       {2 * kMicrosecond, 150 * kMicrosecond, kMillisecond, 730 * kMillisecond}) {
    const std::int64_t p99 = tally(1000, 0, duration).p99_ns();
    EXPECT_GE(p99, duration);
    EXPECT_LE(p99, duration * 6 / 5);
  }
}

TEST(Tally, ItsP99LeavesOutOneInAHundred) {
  epoch::Watch watch(nullptr);
  record(watch, 99, 200, kMillisecond);
  record(watch, 1, 200, 100 * kMillisecond);
  Tally one_slow;
  one_slow.add(watch);
  EXPECT_LT(one_slow.p99_ns(), 2 * kMillisecond);
  record(watch, 1, 200, 100 * kMillisecond);
  Tally two_slow;
  two_slow.add(watch);
  EXPECT_GE(two_slow.p99_ns(), 100 * kMillisecond);
}

TEST(Tally, TakesTimesOfAnyLength) {
  EXPECT_EQ(Tally{}.p99_ns(), 0);
  EXPECT_GT(tally(1, 0, 0).p99_ns(), 0);
  EXPECT_GT(tally(1, 0, -5).p99_ns(), 0) << "a clock that was read twice";
  EXPECT_GT(tally(1, 0, std::int64_t{86400} * 1000 * kMillisecond).p99_ns(), 1000 * kMillisecond);
}

TEST(Verdict, IsGoodWhenNothingSpeaksAgainstIt) {
  EXPECT_EQ(judge(tally(200, 0), tally(200, 0), kLimits, true), "");
  EXPECT_EQ(judge(tally(0, 0), tally(0, 0), kLimits, true), "") << "nobody came";
  EXPECT_EQ(judge(tally(198, 2), tally(200, 0), kLimits, true), "") << "just the limit";
}

TEST(Verdict, TellsTheErrorsAndTheirLimit) {
  EXPECT_EQ(judge(tally(197, 3), tally(200, 0), kLimits, true),
            "3 of 200 answers were errors (1.5 %, epochs.canary.errors is 1 %)");
}

TEST(Verdict, ComesEarlyFromTwentyRequestsOn) {
  EXPECT_EQ(judge(tally(0, 19), tally(0, 0), kLimits, false), "");
  EXPECT_NE(judge(tally(0, 20), tally(0, 0), kLimits, false), "");
  EXPECT_NE(judge(tally(0, 1), tally(0, 0), kLimits, true), "") << "in the end, any will do";
}

TEST(Verdict, ComparesP99OnceBothSidesHaveAnsweredAHundred) {
  const Tally slow = tally(100, 0, 10 * kMillisecond);
  EXPECT_EQ(judge(tally(99, 0, 10 * kMillisecond), tally(100, 0), kLimits, true), "");
  EXPECT_EQ(judge(slow, tally(99, 0), kLimits, true), "");
  const std::string verdict = judge(slow, tally(100, 0), kLimits, false);
  EXPECT_NE(verdict.find("its p99 is "), std::string::npos) << verdict;
  EXPECT_NE(verdict.find("epochs.canary.p99 is 2x"), std::string::npos) << verdict;
  EXPECT_EQ(judge(tally(100, 0), slow, kLimits, true), "") << "faster is fine";
}

TEST(Verdict, AllowsAllOrNothingOfErrors) {
  config::Canary limits = kLimits;
  limits.errors_percent = 100;
  EXPECT_EQ(judge(tally(0, 50), tally(0, 0), limits, true), "");
  limits.errors_percent = 0;
  EXPECT_NE(judge(tally(9999, 1), tally(0, 0), limits, true), "");
}

}  // namespace
}  // namespace evloom::change
