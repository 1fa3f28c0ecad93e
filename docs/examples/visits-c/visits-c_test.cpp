#include <gtest/gtest.h>

#include "evloom/testkit.hpp"

namespace {

using namespace evl::testkit;

TEST(VisitsC, CountsInTheStoreAndOnEachLoop) {
  Host host({.loops = 2});
  Store& store = host.store();
  Instance& visits = host.start(Plugin::file(PLUGIN_FILE), "{key: front}");
  host.route("/", visits, {.store = &store});
  EXPECT_EQ(host.get({}).body, "1 visits, 1 of them on loop 0\n");
  EXPECT_EQ(host.get({.loop = 1}).body, "2 visits, 1 of them on loop 1\n");
  EXPECT_EQ(host.get({}).body, "3 visits, 2 of them on loop 0\n");
  EXPECT_EQ(store.counter("front"), 3);
  host.stop();
  EXPECT_EQ(host.complaints(), "");
}

TEST(VisitsC, TellsWhyItCouldNotCount) {
  Host host;
  Store& store = host.store();
  host.route("/", host.start(Plugin::file(PLUGIN_FILE)), {.store = &store});
  store.fail(EVL_E_UNAVAILABLE);
  EXPECT_EQ(host.get({}).status, 503u);
  store.refuse(EVL_E_OVERLOADED);
  EXPECT_EQ(host.get({}).status, 503u);
  store.carry_out(Op{.kind = EVL_OP_PUT, .key = "visits", .items = {"no number"}});
  EXPECT_EQ(host.get({}).status, 500u);
  host.stop();
  EXPECT_EQ(host.complaints(), "");
}

TEST(VisitsC, AClientThatGoesAwayIsForgotten) {
  Host host;
  Store& store = host.store();
  host.route("/", host.start(Plugin::file(PLUGIN_FILE)), {.store = &store});
  store.hold();
  Exchange& exchange = host.send({});
  host.run();
  exchange.hang_up();
  for (StoreCall* call : store.held()) call->answer();
  host.stop();
  EXPECT_EQ(host.complaints(), "");
}

}  // namespace
