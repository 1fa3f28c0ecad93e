// The Date text against known moments, and its cache.
#include "observe/clock.hpp"

#include <gtest/gtest.h>

#include <string>

namespace evloom::observe {
namespace {

TEST(Clock, MonotonicTimeDoesNotGoBack) {
  const std::int64_t first = monotonic_ns();
  EXPECT_GE(monotonic_ns(), first);
  EXPECT_GT(wall_ns(), 1'700'000'000'000'000'000);
}

TEST(HttpDate, WritesTheFormOfTheRfc) {
  HttpDate date;
  EXPECT_EQ(date.at(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.at(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(date.at(1709210096), "Thu, 29 Feb 2024 12:34:56 GMT");
  EXPECT_EQ(date.at(253402300799), "Fri, 31 Dec 9999 23:59:59 GMT");
}

TEST(HttpDate, ChangesWithTheSecondAndOnlyThen) {
  HttpDate date;
  const std::string first(date.at(100));
  EXPECT_EQ(date.at(100), first);
  EXPECT_NE(date.at(101), first);
  EXPECT_EQ(date.at(100), first);
  EXPECT_EQ(date.now().size(), 29u);
  EXPECT_TRUE(date.now().ends_with(" GMT"));
}

}  // namespace
}  // namespace evloom::observe
