// The short form of the soak: the same storm with fewer changes. And what it leans on: times, trends, wrk's
// words.
#include <gtest/gtest.h>

#include "soak/storm.hpp"
#include "support/latencies.hpp"

namespace evloom::soak {
namespace {

class Soak : public ::testing::TestWithParam<const char*> {};

// A sanitizer keeps what was freed for a while, so memory tells nothing there; a short run of any build ends
// before the allocator has settled as far as the limit of the long one.
TEST_P(Soak, ChangesOfEveryKindUnderLoadLeaveNothingBehind) {
  StormOptions options;
  options.store = GetParam();
  options.handlers = options.stores = options.formats = test::sanitized() ? 10 : 40;
  options.reloads = test::sanitized() ? 6 : 20;
  options.wrk = false;
  options.growth = test::sanitized() ? 0 : options.growth;
  const StormResult result = storm(options);
  for (const std::string& one : result.wrong) ADD_FAILURE() << one;
  EXPECT_EQ(result.changes(), options.handlers + options.stores + options.formats + options.reloads);
  for (const auto& [kind, times] : result.took)
    EXPECT_LT(times.back(), test::widened(test::milliseconds(1000))) << name_of(kind);
}

INSTANTIATE_TEST_SUITE_P(Stores, Soak, ::testing::Values("redis", "lmdb"),
                         [](const auto& instance) { return std::string(instance.param); });

TEST(Latencies, PercentilesAreRightToTwoPercent) {
  test::Latencies latencies;
  const auto before = latencies.counts();
  for (int us = 1; us <= 100000; ++us) latencies.record(std::chrono::microseconds(us));
  const auto counts = test::Latencies::between(before, latencies.counts());
  EXPECT_EQ(test::Latencies::total(counts), 100000u);
  for (const double share : {0.001, 0.5, 0.99, 1.0}) {
    const double exact = share * 100000;
    const auto found = static_cast<double>(test::Latencies::percentile(counts, share).count());
    EXPECT_GE(found, exact) << share;
    EXPECT_LE(found, exact * 1.02) << share;
  }
  EXPECT_EQ(test::Latencies::percentile(test::Latencies::between(counts, counts), 0.99).count(), 0);
  latencies.record(std::chrono::hours(1));
  EXPECT_GT(test::Latencies::percentile(test::Latencies::between(counts, latencies.counts()), 1).count(),
            100'000'000);
}

TEST(MemoryTrend, IsTheDifferenceOfTheEndsAndNotOfPeaks) {
  MemoryTrend flat, grows;
  for (std::uint64_t i = 0; i < 100; ++i) {
    flat.sample(i == 99 || i == 3 ? 5000 : 1000);
    grows.sample(1000 + i);
  }
  EXPECT_EQ(flat.growth(), 0);
  EXPECT_EQ(grows.growth(), 90);
}

TEST(Wrk, ItsWordsAreUnderstood) {
  const WrkResult good =
      parse_wrk("    99%    3.21ms\n  8042 requests in 1.00s, 2.0MB read\nRequests/sec: 8042\n");
  EXPECT_EQ(good.requests, 8042u);
  EXPECT_EQ(good.p99, "3.21ms");
  EXPECT_EQ(good.not_2xx + good.socket_errors, 0u);
  const WrkResult bad = parse_wrk(
      "  10 requests in 1.00s, 1KB read\n  Socket errors: connect 1, read 2, write 3, timeout 4\n"
      "  Non-2xx or 3xx responses: 7\n");
  EXPECT_EQ(bad.socket_errors, 10u);
  EXPECT_EQ(bad.not_2xx, 7u);
  EXPECT_NE(parse_wrk("unable to connect").wrong, "");
}

}  // namespace
}  // namespace evloom::soak
