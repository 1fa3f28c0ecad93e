// What the head parser accepts, and what it then says. Every example is split at each of its bytes.
#include "http/head.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/http/feed.hpp"

namespace evloom::http {
namespace {

struct Accepted {
  const char* name;
  std::string bytes;
  std::string description;
};

class HeadAccepts : public testing::TestWithParam<Accepted> {};

TEST_P(HeadAccepts, TheSameAtEverySplitAndWithBytesBehindIt) {
  const std::string& head = GetParam().bytes;
  for (const std::string& tail : {std::string(), std::string("body\r\n\r\nGET / HTTP/1.1\r\n")}) {
    const std::string bytes = head + tail;
    const test::HeadRun expected = {HeadState::complete, 0, head.size(), GetParam().description};
    test::for_each_split(bytes.size(), [&](const std::vector<size_t>& ends) {
      const test::HeadRun run = test::run_head(bytes, {}, ends);
      ASSERT_EQ(run, expected) << run.text << " after a split at " << ends.front();
    });
  }
}

const Accepted kAccepted[] = {
    {"plain", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / -> / at a 1.1 keep-alive [Host|a]"},
    {"query_is_kept", "GET /a?b=c&d HTTP/1.1\r\nHost: a:80\r\n\r\n",
     "GET /a?b=c&d -> /a?b=c&d at a:80 1.1 keep-alive [Host|a:80]"},
    {"http_1_0_without_host", "GET / HTTP/1.0\r\n\r\n", "GET / -> / at  1.0"},
    {"http_1_0_keep_alive", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
     "GET / -> / at  1.0 keep-alive [Connection|Keep-Alive]"},
    {"http_1_0_close_wins", "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n",
     "GET / -> / at  1.0 [Connection|keep-alive, close]"},
    {"close_in_a_list", "GET / HTTP/1.1\r\nHost: a\r\nConnection: x ,\t,CLOSE,y\r\n\r\n",
     "GET / -> / at a 1.1 [Host|a] [Connection|x ,\t,CLOSE,y]"},
    {"close_in_the_second_connection_header",
     "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nconnection: close\r\n\r\n",
     "GET / -> / at a 1.1 [Host|a] [Connection|keep-alive] [connection|close]"},
    {"closed_is_not_close", "GET / HTTP/1.1\r\nHost: a\r\nConnection: closed\r\n\r\n",
     "GET / -> / at a 1.1 keep-alive [Host|a] [Connection|closed]"},
    {"leading_blank_lines", "\r\n\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET / -> / at a 1.1 keep-alive [Host|a]"},
    {"spaces_around_a_value", "GET / HTTP/1.1\r\nHost:\t a \t\r\nX:\r\nY: \t\r\nZ: a  b\r\n\r\n",
     "GET / -> / at a 1.1 keep-alive [Host|a] [X|] [Y|] [Z|a  b]"},
    {"high_bytes_in_a_value", "GET / HTTP/1.1\r\nHost: a\r\nX: \x80\xff\xc3\xa9 utf-8 \xe2\x82\xac\r\n\r\n",
     "GET / -> / at a 1.1 keep-alive [Host|a] [X|\x80\xff\xc3\xa9 utf-8 \xe2\x82\xac]"},
    {"absolute_target_outranks_host", "GET http://b:8080/x?y HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET http://b:8080/x?y -> /x?y at b:8080 1.1 keep-alive [Host|a]"},
    {"absolute_target_without_path", "GET HTTPS://b HTTP/1.1\r\nHost: b\r\n\r\n",
     "GET HTTPS://b -> / at b 1.1 keep-alive [Host|b]"},
    {"absolute_target_with_query_alone", "GET http://b?q HTTP/1.1\r\nHost: b\r\n\r\n",
     "GET http://b?q -> ?q at b 1.1 keep-alive [Host|b]"},
    {"options_of_the_server", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
     "OPTIONS * -> * at a 1.1 keep-alive asterisk [Host|a]"},
    {"options_of_the_server_by_absolute_target", "OPTIONS http://a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
     "OPTIONS http://a:1 -> * at a:1 1.1 keep-alive asterisk [Host|a]"},
    {"ipv6_host", "GET / HTTP/1.1\r\nHost: [::1]:9090\r\n\r\n",
     "GET / -> / at [::1]:9090 1.1 keep-alive [Host|[::1]:9090]"},
    {"encoded_host", "GET / HTTP/1.1\r\nHost: a%20b_c\r\n\r\n",
     "GET / -> / at a%20b_c 1.1 keep-alive [Host|a%20b_c]"},
    {"unknown_method", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", "BREW / -> / at a 1.1 keep-alive [Host|a]"},
    {"length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n",
     "POST / -> / at a 1.1 keep-alive length=5 [Host|a] [Content-Length|5]"},
    {"length_with_leading_zeros", "POST / HTTP/1.0\r\ncontent-length: 00000000000000000000000012\r\n\r\n",
     "POST / -> / at  1.0 length=12 [content-length|00000000000000000000000012]"},
    {"length_zero_is_no_body",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n",
     "POST / -> / at a 1.1 keep-alive [Host|a] [Content-Length|0] [Expect|100-continue]"},
    {"chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n",
     "POST / -> / at a 1.1 keep-alive chunked [Host|a] [Transfer-Encoding|Chunked]"},
    {"expect_continue", "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n",
     "POST / -> / at a 1.1 keep-alive expect-continue length=1 [Host|a] [Expect|100-Continue] "
     "[Content-Length|1]"},
    {"expect_continue_means_nothing_in_http_1_0",
     "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n",
     "POST / -> / at  1.0 length=1 [Expect|100-continue] [Content-Length|1]"},
    {"upgrade_is_ignored", "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
     "GET / -> / at a 1.1 keep-alive [Host|a] [Connection|Upgrade] [Upgrade|h2c]"},
    {"every_token_byte_in_a_name", "GET / HTTP/1.1\r\nHost: a\r\n!#$%&'*+-.^_`|~09azAZ: x\r\n\r\n",
     "GET / -> / at a 1.1 keep-alive [Host|a] [!#$%&'*+-.^_`|~09azAZ|x]"},
};

INSTANTIATE_TEST_SUITE_P(Head, HeadAccepts, testing::ValuesIn(kAccepted),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Head, FindsHeadersByNameAndBySlot) {
  Head head;
  const std::string bytes =
      "GET / HTTP/1.1\r\nHost: a\r\nAccept: x/y\r\nX-A: 1\r\naccept: z/*\r\nContent-Type: t\r\nx-a: "
      "2\r\n\r\n";
  ASSERT_EQ(parse_head(bytes, {}, head).state, HeadState::complete);
  EXPECT_EQ(head.value(Known::accept), "x/y");
  EXPECT_EQ(head.value(Known::content_type), "t");
  EXPECT_EQ(head.value(Known::expect), "");
  EXPECT_NE(head.value(Known::expect).data(), nullptr);
  EXPECT_FALSE(head.has(Known::content_length));
  EXPECT_EQ(head.find("X-a"), 2U);
  EXPECT_EQ(head.find("x-A", 3), 5U);
  EXPECT_EQ(head.find("x-b"), head.header_count());
  std::string_view found[3];
  ASSERT_EQ(head.find_all("ACCEPT", found), 2U);
  EXPECT_EQ(found[0], "x/y");
  EXPECT_EQ(found[1], "z/*");
  EXPECT_EQ(head.find_all("accept", std::span(found, 1)), 1U);
}

TEST(Head, FollowsItsBytesWhenTheyMove) {
  Head head;
  const std::string bytes = "GET /there HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string elsewhere = bytes;
  ASSERT_EQ(parse_head(bytes, {}, head).state, HeadState::complete);
  head.rebase(elsewhere.data());
  EXPECT_EQ(head.target().data(), elsewhere.data() + 4);
  EXPECT_EQ(head.header(0).value.data(), elsewhere.data() + elsewhere.find("a\r\n"));
}

TEST(Head, ServesTheNextMessageAfterClear) {
  Head head;
  const std::string bytes =
      "POST /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
      "GET /b HTTP/1.0\r\n\r\n";
  const HeadResult first = parse_head(bytes, {}, head);
  ASSERT_EQ(first.state, HeadState::complete);
  head.clear();
  const HeadResult second = parse_head(std::string_view(bytes).substr(first.consumed), {}, head);
  ASSERT_EQ(second.state, HeadState::complete);
  EXPECT_EQ(first.consumed + second.consumed, bytes.size());
  EXPECT_EQ(test::describe(head), "GET /b -> /b at  1.0");
}

TEST(Head, HasBegunWithTheFirstByteThatIsNotBlank) {
  Head head;
  parse_head("\r\n\r", {}, head);
  EXPECT_FALSE(head.begun());
  parse_head("\r\n\r\nG", {}, head);
  EXPECT_TRUE(head.begun());
  head.clear();
  EXPECT_FALSE(head.begun());
}

TEST(Head, TellsTheMethodOfARefusedRequest) {
  Head head;
  EXPECT_EQ(parse_head("HEAD / HTTP/1.1\r\nX\r\n", {}, head).state, HeadState::refused);
  EXPECT_EQ(head.method(), Method::head);
  head.clear();
  EXPECT_EQ(parse_head("(", {}, head).state, HeadState::refused);
  EXPECT_EQ(head.method(), Method::other);
}

TEST(Head, IsSmallEnoughToKeepOneForEachConnection) { EXPECT_LE(sizeof(Head), 1200U); }

// Quadratic scanning would need 3,600 million looks here; linear scanning ends at once.
TEST(Head, LooksAtEachByteOnce) {
  HeadLimits limits;
  limits.head_bytes = kMaxHeadBytes;
  const std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(60'000, 'x') + "\r\n\r\n";
  for (int round = 0; round < 20; ++round) {
    Head head;
    HeadResult result;
    for (size_t end = 1; end <= bytes.size(); ++end) {
      result = parse_head(std::string_view(bytes).substr(0, end), limits, head);
    }
    ASSERT_EQ(result.state, HeadState::complete);
  }
}

}  // namespace
}  // namespace evloom::http
