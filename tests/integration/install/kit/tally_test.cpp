#include <gtest/gtest.h>

#include "evloom/testkit.hpp"

namespace kit = evl::testkit;

TEST(Tally, CountsItsRequests) {
  kit::Host host;
  kit::Store& store = host.store();
  host.route("/", host.start(kit::Plugin::file(TALLY), "{key: visits}"), {.store = &store});
  EXPECT_EQ(host.get({}).body, "1\n");
  EXPECT_EQ(host.get({}).body, "2\n");
  EXPECT_EQ(store.counter("visits"), 2);
  host.stop();
  EXPECT_EQ(host.complaints(), "");
}
