// The chunk decoder: what it yields, where it stops and what it refuses, whatever way the bytes were split.
#include "http/chunked.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/http/feed.hpp"

namespace evloom::http {
namespace {

using namespace std::string_literals;

struct Decoded {
  const char* name;
  std::string bytes;
  std::string data;
};

class ChunkedAccepts : public testing::TestWithParam<Decoded> {};

TEST_P(ChunkedAccepts, TheSameAtEverySplitAndStopsAtTheEnd) {
  for (const std::string& tail : {""s, "GET / HTTP/1.1\r\n\r\n"s}) {
    const std::string bytes = GetParam().bytes + tail;
    const test::ChunkRun expected = {ChunkState::complete, 0, GetParam().bytes.size(), GetParam().data, ""};
    test::for_each_split(bytes.size(), [&](const std::vector<size_t>& ends) {
      const test::ChunkRun run = test::run_chunked(bytes, {}, ends);
      ASSERT_EQ(run, expected) << run.reason << " after a split at " << ends.front();
    });
  }
}

const Decoded kDecoded[] = {
    {"empty", "0\r\n\r\n", ""},
    {"one_chunk", "5\r\nhello\r\n0\r\n\r\n", "hello"},
    {"two_chunks", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world"},
    {"hex_digits_of_both_cases", "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789"},
    {"leading_zeros", "0000000000000005\r\nhello\r\n000\r\n\r\n", "hello"},
    {"data_like_framing", "7\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n\r\n"},
    {"extensions", "5;a=b;c=\"d e\"\r\nhello\r\n0;x\r\n\r\n", "hello"},
    {"space_before_an_extension", "5 \t;a = b\r\nhello\r\n0\r\n\r\n", "hello"},
    {"trailers", "5\r\nhello\r\n0\r\nA: b\r\nContent-Length: 5\r\nEmpty:\r\n\r\n", "hello"},
};
INSTANTIATE_TEST_SUITE_P(Chunked, ChunkedAccepts, testing::ValuesIn(kDecoded),
                         [](const auto& row) { return std::string(row.param.name); });

struct RefusedBody {
  const char* name;
  unsigned status;
  std::string bytes;
};

class ChunkedRefuses : public testing::TestWithParam<RefusedBody> {};

TEST_P(ChunkedRefuses, TheSameAtEverySplit) {
  const std::string& bytes = GetParam().bytes;
  ChunkedLimits limits;
  limits.body_bytes = 1000;
  limits.extension_bytes = 200;
  limits.trailer_bytes = 200;
  const test::ChunkRun whole = test::run_chunked(bytes, limits, {bytes.size()});
  ASSERT_EQ(whole.state, ChunkState::refused);
  ASSERT_EQ(whole.status, GetParam().status) << whole.reason;
  test::for_each_split(bytes.size(), [&](const std::vector<size_t>& ends) {
    ASSERT_EQ(test::run_chunked(bytes, limits, ends), whole) << "split at " << ends.front();
  });
}

const RefusedBody kRefused[] = {
    {"no_size", 400, "\r\nhello"},
    {"space_before_size", 400, " 5\r\nhello\r\n"},
    {"space_after_size", 400, "5 \r\nhello\r\n"},
    {"minus", 400, "-5\r\nhello\r\n"},
    {"plus", 400, "+5\r\nhello\r\n"},
    {"prefix_0x", 400, "0x5\r\nhello\r\n"},
    {"underscore", 400, "1_0\r\nhello\r\n"},
    {"letter_beyond_f", 400, "g\r\n"},
    {"high_byte_as_digit", 400, "\xb5\r\nhello\r\n"},
    {"high_byte_after_digit", 400, "5\xb0\r\nhello\r\n"},
    {"seventeen_digits", 400, "00000000000000005\r\nhello\r\n"},
    {"size_that_wraps_to_5", 413, "10000000000000005\r\nhello\r\n"},
    {"size_of_all_bits", 413, "ffffffffffffffff\r\n"},
    {"above_the_limit", 413, "3e9\r\n"},
    {"above_the_limit_together", 413, "3e8\r\n" + std::string(1000, 'x') + "\r\n1\r\ny\r\n0\r\n\r\n"},
    {"lf_after_size", 400, "5\nhello\r\n"},
    {"cr_after_size", 400, "5\rhello\r\n"},
    {"cr_and_no_lf_after_size", 400, "5\rXhello\r\n0\r\n\r\n"},
    {"lf_after_data", 400, "5\r\nhello\n0\r\n\r\n"},
    {"data_longer_than_size", 400, "5\r\nhello!\r\n0\r\n\r\n"},
    {"data_shorter_than_size", 400, "7\r\nhello\r\n0\r\n\r\n"},
    {"lf_in_extension", 400, "5;a\nb\r\nhello\r\n"},
    {"cr_in_extension", 400, "5;a\rb\r\nhello\r\n"},
    {"nul_in_extension", 400, "5;a\0b\r\nhello\r\n"s},
    {"endless_extension", 400, "5;" + std::string(400, 'x')},
    {"endless_space_before_extension", 400, "5" + std::string(400, ' ')},
    {"many_extensions", 400,
     [] {
       std::string text;
       for (int i = 0; i < 50; ++i) text += "1;extension\r\nx\r\n";
       return text;
     }()},
    {"lf_after_last_chunk", 400, "0\n\r\n"},
    {"lf_for_the_end", 400, "0\r\n\n"},
    {"cr_alone_at_the_end", 400, "0\r\n\rX"},
    {"trailer_without_name", 400, "0\r\n: a\r\n\r\n"},
    {"trailer_without_colon", 400, "0\r\nA\r\n\r\n"},
    {"trailer_with_space_before_colon", 400, "0\r\nA : b\r\n\r\n"},
    {"trailer_fold", 400, "0\r\nA: b\r\n c\r\n\r\n"},
    {"trailer_with_nul", 400, "0\r\nA: b\0\r\n\r\n"s},
    {"trailer_with_bare_lf", 400, "0\r\nA: b\n\r\n"},
    {"trailer_with_bare_cr", 400, "0\r\nA: b\rc\r\n\r\n"},
    {"endless_trailers", 431, "0\r\n" + std::string("A: ") + std::string(400, 'x')},
};
INSTANTIATE_TEST_SUITE_P(Chunked, ChunkedRefuses, testing::ValuesIn(kRefused),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Chunked, ABodyOfExactlyTheLimitIsWelcome) {
  ChunkedLimits limits;
  limits.body_bytes = 10;
  const std::string bytes = "5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n";
  EXPECT_EQ(test::run_chunked(bytes, limits, {bytes.size()}).state, ChunkState::complete);
  limits.body_bytes = 9;
  EXPECT_EQ(test::run_chunked(bytes, limits, {bytes.size()}).status, 413U);
}

TEST(Chunked, DataIsAViewOfTheInput) {
  ChunkedDecoder decoder;
  const std::string bytes = "5\r\nhello\r\n";
  const ChunkStep step = decoder.next(bytes);
  EXPECT_EQ(step.state, ChunkState::data);
  EXPECT_EQ(step.data.data(), bytes.data() + 3);
  EXPECT_EQ(step.consumed, 8U);
  EXPECT_EQ(decoder.decoded_bytes(), 5U);
}

TEST(Chunked, ServesTheNextBodyAfterReset) {
  ChunkedDecoder decoder;
  EXPECT_EQ(decoder.next("0\r\n\r\n").state, ChunkState::complete);
  decoder.reset();
  EXPECT_EQ(decoder.next("5\r\nhello").data, "hello");
}

}  // namespace
}  // namespace evloom::http
