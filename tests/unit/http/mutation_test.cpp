// Seeded random damage to good messages: whatever the bytes, a parser neither reads beyond them nor depends
// on how they were split, and what it accepts keeps its promises.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "base/arena.hpp"
#include "http/chars.hpp"
#include "http/negotiate.hpp"
#include "http/target.hpp"
#include "unit/http/feed.hpp"

namespace evloom::http {
namespace {

class Mutator {
 public:
  size_t below(size_t bound) { return std::uniform_int_distribution<size_t>(0, bound - 1)(random_); }

  // One to four changes: bytes replaced, inserted, removed, spans doubled, pieces that parsers stumble over.
  std::string mutate(std::string text) {
    static const std::string kPieces[] = {"\r\n",
                                          "\n",
                                          "\r",
                                          " ",
                                          "\t",
                                          ":",
                                          ",",
                                          ";",
                                          "\"",
                                          "%",
                                          "%00",
                                          "0",
                                          "\xff",
                                          "//",
                                          "..",
                                          "chunked",
                                          "Content-Length: 5\r\n",
                                          "HTTP/1.1",
                                          "Host: b\r\n",
                                          "\r\n\r\n"};
    for (size_t changes = 1 + below(4); changes > 0; --changes) {
      const size_t at = below(text.size() + 1);
      switch (below(4)) {
        case 0:
          text.insert(at, 1, static_cast<char>(below(256)));
          break;
        case 1:
          text.insert(at, kPieces[below(std::size(kPieces))]);
          break;
        case 2:
          text.erase(at, 1 + below(4));
          break;
        default:
          text.insert(at, text.substr(below(text.size() + 1), below(16)));
          break;
      }
    }
    return text;
  }

  std::vector<size_t> splits(size_t size) {
    std::vector<size_t> ends;
    for (size_t count = below(6); count > 0; --count) ends.push_back(below(size + 1));
    ends.push_back(size);
    std::sort(ends.begin(), ends.end());
    return ends;
  }

 private:
  std::mt19937 random_{20240607};
};

constexpr int kRounds = 50'000;

TEST(Mutation, HeadsMeanTheSameAtEverySplit) {
  static const std::string kSeeds[] = {
      "GET /a/b?c=d HTTP/1.1\r\nHost: localhost:9090\r\nAccept: text/html, */*;q=0.1\r\nConnection: "
      "close\r\n\r\n",
      "POST http://a/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n",
      "\r\nPUT / HTTP/1.0\r\nContent-Length: 12\r\nConnection: keep-alive\r\n\r\n",
  };
  Mutator mutator;
  HeadLimits limits;
  limits.head_bytes = 160;
  limits.target_bytes = 24;
  limits.headers = 5;
  for (int round = 0; round < kRounds; ++round) {
    const std::string bytes = mutator.mutate(kSeeds[mutator.below(std::size(kSeeds))]);
    const test::HeadRun whole = test::run_head(bytes, limits, {bytes.size()});
    ASSERT_EQ(whole, test::run_head(bytes, limits, mutator.splits(bytes.size())))
        << testing::PrintToString(bytes);
    if (whole.state != HeadState::complete) continue;
    Head head;
    parse_head(bytes, limits, head);
    ASSERT_LE(whole.consumed, bytes.size());
    ASSERT_EQ(bytes.substr(whole.consumed - 4, 4), "\r\n\r\n");
    ASSERT_FALSE(head.origin().empty());
    ASSERT_TRUE(head.minor() == 0 || !head.authority().empty());
    for (size_t i = 0; i < head.header_count(); ++i) {
      ASSERT_TRUE(is_token(head.header(i).name));
      ASSERT_TRUE(is_field_value(head.header(i).value));
    }
  }
}

TEST(Mutation, ChunkedBodiesMeanTheSameAtEverySplit) {
  static const std::string kSeeds[] = {
      "5\r\nhello\r\n1a;x=\"y\"\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n",
      "1\r\na\r\n2\r\nbc\r\n0\r\nTrailer: value\r\nOther: x\r\n\r\n",
  };
  Mutator mutator;
  ChunkedLimits limits;
  limits.body_bytes = 40;
  limits.extension_bytes = 8;
  limits.trailer_bytes = 40;
  for (int round = 0; round < kRounds; ++round) {
    const std::string bytes = mutator.mutate(kSeeds[mutator.below(std::size(kSeeds))]);
    const test::ChunkRun whole = test::run_chunked(bytes, limits, {bytes.size()});
    ASSERT_EQ(whole, test::run_chunked(bytes, limits, mutator.splits(bytes.size())))
        << testing::PrintToString(bytes);
    ASSERT_LE(whole.text.size(), limits.body_bytes);
    ASSERT_LE(whole.consumed, bytes.size());
  }
}

TEST(Mutation, NormalizedPathsAreNormalAndStayInTheRoot) {
  Mutator mutator;
  Arena arena;
  for (int round = 0; round < kRounds; ++round) {
    const test::ExactBytes path(mutator.mutate("/a/b/../c/./d//e%20f/%2e%2e/g"));
    const PathResult result = normalize_path(path.view(), arena);
    if (!result.refusal) {
      ASSERT_EQ(result.path.front(), '/');
      ASSERT_EQ(result.path.find("//"), std::string_view::npos);
      ASSERT_EQ(result.path.find('\0'), std::string_view::npos);
      const std::string closed = std::string(result.path) + "/";
      ASSERT_EQ(closed.find("/../"), std::string::npos);
      ASSERT_EQ(closed.find("/./"), std::string::npos);
    }
    for_each_pair(path.view(), arena, [](std::string_view name, std::string_view value) {
      ASSERT_NE(name.data(), nullptr);
      ASSERT_NE(value.data(), nullptr);
    });
    arena.reset();
  }
}

TEST(Mutation, NegotiationAlwaysAnswersWithinTheOffers) {
  static constexpr std::string_view kOffers[] = {"text/plain; charset=utf-8", "application/json"};
  Mutator mutator;
  for (int round = 0; round < kRounds; ++round) {
    const test::ExactBytes accept(
        mutator.mutate("text/*;q=0.3, text/plain;charset=\"utf-8\";q=0.7, */*;q=0.5"));
    const auto chosen = negotiate(accept.view(), kOffers);
    ASSERT_TRUE(!chosen || *chosen < std::size(kOffers));
  }
}

}  // namespace
}  // namespace evloom::http
