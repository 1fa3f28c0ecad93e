#include <gtest/gtest.h>

#include <chrono>

#include "evloom/testkit.hpp"

namespace {

using namespace evl::testkit;
using std::chrono::seconds;

class Quota : public ::testing::Test {
 protected:
  Quota() {
    Instance& quota = host_.start(Plugin::file(PLUGIN_FILE), "{limit: 2, pause: 10s}");
    host_.route("/", quota, {.store = &counters_, .stores = {{"limits", &limits_}}});
  }
  void TearDown() override {
    host_.stop();
    EXPECT_EQ(host_.complaints(), "");
  }

  Host host_;
  Store& counters_ = host_.store();
  Store& limits_ = host_.store();
};

TEST_F(Quota, AnAddressThatHasAskedTooOftenIsToldSoUntilItPauses) {
  EXPECT_EQ(host_.get({}).body, "asked = 1\nlimit = 2\n");
  EXPECT_EQ(host_.get({}).status, 200u);
  EXPECT_EQ(host_.get({}).status, 429u);
  EXPECT_EQ(host_.get({.peer = {.address = "192.0.2.7"}}).status, 200u) << "another address";
  host_.advance(seconds(11));
  EXPECT_EQ(host_.get({}).body, "asked = 1\nlimit = 2\n");
}

TEST_F(Quota, TheOtherStoreKnowsWhoMayAskMore) {
  limits_.carry_out(Op{.kind = EVL_OP_PUT, .key = "limit:192.0.2.1", .items = {"3"}});
  host_.get({});
  host_.get({});
  EXPECT_EQ(host_.get({}).body, "asked = 3\nlimit = 3\n");
  EXPECT_EQ(host_.get({}).status, 429u);
}

TEST_F(Quota, AStoreThatFailsEndsTheCoroutineWithAnAnswer) {
  limits_.fail(EVL_E_UNAVAILABLE);
  EXPECT_EQ(host_.get({}).status, 503u);
  EXPECT_EQ(counters_.submits(), 0u) << "it did not come as far";
  counters_.fail(EVL_E_UNKNOWN);
  EXPECT_EQ(host_.get({}).status, 503u);
  EXPECT_EQ(host_.get({}).status, 200u);
}

TEST_F(Quota, AClientThatGoesAwayEndsItWhereverItWaits) {
  for (Store* store : {&limits_, &counters_}) {
    store->hold();
    Exchange& exchange = host_.send({});
    host_.run();
    ASSERT_EQ(store->held().size(), 1u);
    exchange.hang_up();
    EXPECT_TRUE(exchange.finished());
    for (StoreCall* call : store->held()) call->answer();
    store->hold(false);
    host_.run();
  }
}

}  // namespace
