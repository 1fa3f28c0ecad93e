// Paths and queries: decoding, normalising, and what is refused.
#include "http/target.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "unit/http/feed.hpp"

namespace evloom::http {
namespace {

using namespace std::string_literals;
using Pairs = std::vector<std::pair<std::string, std::string>>;

TEST(Target, IsCutAtTheFirstQuestionMark) {
  EXPECT_EQ(split_target("/a").path, "/a");
  EXPECT_EQ(split_target("/a").query, "");
  EXPECT_NE(split_target("/a").query.data(), nullptr);
  EXPECT_EQ(split_target("/a?b?c").path, "/a");
  EXPECT_EQ(split_target("/a?b?c").query, "b?c");
  EXPECT_EQ(split_target("?b").path, "");
  EXPECT_EQ(split_target("?b").query, "b");
}

TEST(Path, IsNormalized) {
  const std::pair<std::string, std::string> kTable[] = {
      {"", "/"},
      {"/", "/"},
      {"/a/b.c/d", "/a/b.c/d"},
      {"/a/", "/a/"},
      {"//", "/"},
      {"//a///b//", "/a/b/"},
      {"/.", "/"},
      {"/./", "/"},
      {"/a/.", "/a/"},
      {"/a/./b", "/a/b"},
      {"/a/..", "/"},
      {"/a/../", "/"},
      {"/a/../b", "/b"},
      {"/a/b/c/../../d", "/a/d"},
      {"/a/b//../c", "/a/c"},
      {"/a/b/..", "/a/"},
      {"/...", "/..."},
      {"/..a/.b/c..", "/..a/.b/c.."},
      {"/%61%20%C3%a9", "/a \xc3\xa9"},
      {"/a%2Fb", "/a/b"},
      {"/a/%2e%2E/b", "/b"},
      {"/a%2f..%2fb", "/b"},
      {"/%252e", "/%2e"},
      {"/a+b", "/a+b"},
      {"/%0d%0a", "/\r\n"},
  };
  Arena arena;
  for (const auto& [path, expected] : kTable) {
    const PathResult result = normalize_path(path, arena);
    EXPECT_FALSE(result.refusal) << path;
    EXPECT_EQ(result.path, expected) << path;
  }
}

TEST(Path, IsRefusedWhenBrokenOrAboveTheRoot) {
  Arena arena;
  for (const std::string& path :
       {"a"s,          "*"s,     "%2Fa"s,   "/%"s,      "/%4"s,          "/%4g"s,  "/%g4"s,
        "/%%"s,        "/%00"s,  "/a%00b"s, "/a\0"s,    "/.."s,          "/../a"s, "/a/../.."s,
        "/a/../../a"s, "/./.."s, "//.."s,   "/%2e%2e"s, "/a/%2e./../b"s, "/..%2f"s}) {
    EXPECT_EQ(normalize_path(test::ExactBytes(path).view(), arena).refusal.status, 400) << path;
  }
}

TEST(Path, ThatNeedsNoChangeIsAViewAndTakesNoMemory) {
  Arena arena;
  const std::string path = "/a/b.c/d-e_f~g";
  EXPECT_EQ(normalize_path(path, arena).path.data(), path.data());
  EXPECT_EQ(arena.held_bytes(), 0U);
}

TEST(Path, IsRefusedWith503WhenTheArenaIsFull) {
  Arena arena(64, 64);
  EXPECT_EQ(normalize_path("/" + std::string(200, '/'), arena).refusal.status, 503);
}

Pairs pairs_of(std::string_view query, Refusal* refusal = nullptr) {
  Arena arena;
  Pairs pairs;
  const Refusal result = for_each_pair(query, arena, [&](std::string_view name, std::string_view value) {
    EXPECT_NE(name.data(), nullptr);
    EXPECT_NE(value.data(), nullptr);
    pairs.emplace_back(name, value);
  });
  if (refusal != nullptr) *refusal = result;
  return pairs;
}

TEST(Query, IsReadAsPairs) {
  EXPECT_EQ(pairs_of(""), Pairs{});
  EXPECT_EQ(pairs_of({}), Pairs{});
  EXPECT_EQ(pairs_of("a"), (Pairs{{"a", ""}}));
  EXPECT_EQ(pairs_of("a="), (Pairs{{"a", ""}}));
  EXPECT_EQ(pairs_of("=b"), (Pairs{{"", "b"}}));
  EXPECT_EQ(pairs_of("a=1&b=2&a=3"), (Pairs{{"a", "1"}, {"b", "2"}, {"a", "3"}}));
  EXPECT_EQ(pairs_of("&&a=b=c&&d&"), (Pairs{{"a", "b=c"}, {"d", ""}}));
  EXPECT_EQ(pairs_of("a+b=c%2Bd%26+%3d"), (Pairs{{"a b", "c+d& ="}}));
  EXPECT_EQ(pairs_of("a;b=/?:@"), (Pairs{{"a;b", "/?:@"}}));
}

TEST(Query, EndsAtABrokenEscape) {
  Refusal refusal;
  EXPECT_EQ(pairs_of("a=1&b=%zz&c=3", &refusal), (Pairs{{"a", "1"}}));
  EXPECT_EQ(refusal.status, 400);
  EXPECT_EQ(pairs_of("%=1", &refusal), Pairs{});
  EXPECT_EQ(refusal.status, 400);
  EXPECT_EQ(pairs_of("a=%00", &refusal), Pairs{});
  EXPECT_EQ(refusal.status, 400);
  pairs_of("a=%20", &refusal);
  EXPECT_FALSE(refusal);
}

}  // namespace
}  // namespace evloom::http
