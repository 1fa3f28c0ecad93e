#include <gtest/gtest.h>

#include "evloom/testkit.hpp"

namespace {

using namespace evl::testkit;

const RouteOptions kBoth = {.methods = {"GET", "POST"}};

Message post(std::string body) { return {.method = "POST", .body = std::move(body)}; }

TEST(Board, ShowsTheLastLines) {
  Host host;
  host.route("/", host.start(Plugin::file(PLUGIN_FILE), "{lines: 2}"), kBoth);
  EXPECT_EQ(host.get({}).body, "count = 0\nlines:\n");
  for (const char* line : {"one", "two", "three"}) host.get(post(line));
  EXPECT_EQ(host.get({}).body, "count = 2\nlines: two three\n");
  EXPECT_EQ(host.get(post("")).status, 400u);
  host.stop();
  EXPECT_EQ(host.complaints(), "");
}

TEST(Board, ANewBuildGoesOnWithWhatIsThere) {
  Host host({.loops = 2});
  Instance& old = host.start(Plugin::file(PLUGIN_FILE));
  host.route("/", old, kBoth);
  host.get(post("kept"));
  Instance& fresh = host.swap(old, Plugin::file(PLUGIN_FILE));
  EXPECT_EQ(host.get({.loop = 1}).body, "count = 1\nlines: kept\n");
  EXPECT_EQ(old.phase(), Instance::Phase::destroyed);
  EXPECT_EQ(fresh.phase(), Instance::Phase::started);
  host.stop();
  EXPECT_EQ(host.complaints(), "");
}

TEST(Board, ReadsWhatItsFirstVersionSaved) {
  Host host;
  Instance& board = host.create(Plugin::file(PLUGIN_FILE));
  board.load({"board", "1.0.0", 1, {{"line-0", "of old"}, {"line-1", "and older"}}});
  board.start();
  host.route("/", board);
  EXPECT_EQ(host.get({}).body, "count = 2\nlines: of old and older\n");
  host.stop();
  EXPECT_EQ(host.complaints(), "");
}

TEST(Board, RefusesStateThatItCannotRead) {
  Host host;
  Instance& board = host.create(Plugin::file(PLUGIN_FILE));
  EXPECT_THROW(board.load({"board", "9.0.0", 3, {{"line-0", "x"}}}), Refused);
  EXPECT_THROW(board.load({"board", "2.0.0", 2, {{"line-0", "no-time"}}}), Refused);
}

}  // namespace
