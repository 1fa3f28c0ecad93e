// What the head parser refuses, and with which status: the rules of RFC 9112 and the classics of request
// smuggling. Every example is split at each of its bytes.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/head.hpp"
#include "unit/http/feed.hpp"

namespace evloom::http {
namespace {

using namespace std::string_literals;

struct Refused {
  const char* name;
  unsigned status;
  std::string bytes;
};

void expect_refused(const std::string& bytes, unsigned status, const HeadLimits& limits = {}) {
  const test::HeadRun whole = test::run_head(bytes, limits, {bytes.size()});
  ASSERT_EQ(whole.state, HeadState::refused) << whole.text;
  ASSERT_EQ(whole.status, status) << whole.text;
  test::for_each_split(bytes.size(), [&](const std::vector<size_t>& ends) {
    ASSERT_EQ(test::run_head(bytes, limits, ends), whole) << "split at " << ends.front();
  });
}

class HeadRefuses : public testing::TestWithParam<Refused> {};

TEST_P(HeadRefuses, TheSameAtEverySplit) { expect_refused(GetParam().bytes, GetParam().status); }

std::string post(const std::string& headers) {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n\r\n";
}
std::string line(const std::string& request_line) { return request_line + "\r\nHost: a\r\n\r\n"; }
std::string host(const std::string& value) { return "GET / HTTP/1.1\r\nHost:" + value + "\r\n\r\n"; }

const Refused kRequestLines[] = {
    {"no_version", 400, line("GET /x")},
    {"no_version_alone", 400, "GET /x\r\n"},
    {"no_target", 400, line("GET")},
    {"empty_target", 400, line("GET  HTTP/1.1")},
    {"two_spaces", 400, line("GET  / HTTP/1.1")},
    {"space_at_the_end", 400, line("GET / HTTP/1.1 ")},
    {"space_at_the_begin", 400, line(" GET / HTTP/1.1")},
    {"tab_for_space", 400, line("GET\t/ HTTP/1.1")},
    {"space_in_target", 400, line("GET /a b HTTP/1.1")},
    {"version_0_9", 505, line("GET / HTTP/0.9")},
    {"version_1_2", 505, line("GET / HTTP/1.2")},
    {"version_2_0", 505, line("PRI * HTTP/2.0")},
    {"version_9_9", 505, line("GET / HTTP/9.9")},
    {"version_in_small_letters", 400, line("GET / http/1.1")},
    {"version_of_three_digits", 400, line("GET / HTTP/1.11")},
    {"version_without_minor", 400, line("GET / HTTP/1.")},
    {"version_of_something_else", 400, line("GET / RTSP/1.0")},
    {"method_is_no_token", 400, line("G(T / HTTP/1.1")},
    {"method_with_high_byte", 400, line("GE\xd4 / HTTP/1.1")},
    {"method_too_long", 501, line(std::string(33, 'M') + " / HTTP/1.1")},
    {"method_without_end", 501, std::string(20'000, 'M')},
    {"no_token_without_end", 400, "GET" + std::string(20'000, '(')},
    {"connect", 501, line("CONNECT a:443 HTTP/1.1")},
    {"authority_form", 400, line("GET a:443 HTTP/1.1")},
    {"asterisk_of_get", 400, line("GET * HTTP/1.1")},
    {"path_without_slash", 400, line("GET index.html HTTP/1.1")},
    {"other_scheme", 400, line("GET ftp://a/ HTTP/1.1")},
    {"absolute_without_host", 400, line("GET http:///x HTTP/1.1")},
    {"absolute_with_userinfo", 400, line("GET http://u:p@a/ HTTP/1.1")},
    {"nul_in_target", 400, line("GET /a\0b HTTP/1.1"s)},
    {"control_in_target", 400, line("GET /a\x01 HTTP/1.1")},
    {"del_in_target", 400, line("GET /a\x7f HTTP/1.1")},
    {"high_byte_in_target", 400, line("GET /\xc3\xa9 HTTP/1.1")},
    {"fragment_in_target", 400, line("GET /a#b HTTP/1.1")},
    {"cr_in_target", 400, line("GET /a\rb HTTP/1.1")},
    {"target_too_long", 414, line("GET /" + std::string(8 * 1024, 'x') + " HTTP/1.1")},
    {"target_without_end", 414, "GET /" + std::string(20'000, 'x')},
    {"bare_lf_after_request_line", 400, "GET / HTTP/1.1\nHost: a\r\n\r\n"},
    {"not_http", 400, "\x16\x03\x01\x02"},
    {"lone_cr_before", 400, "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"blank_lines_without_end", 400, std::string(100, '\n')},
    {"many_blank_lines", 400, "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n" + line("GET / HTTP/1.1")},
};
INSTANTIATE_TEST_SUITE_P(RequestLine, HeadRefuses, testing::ValuesIn(kRequestLines),
                         [](const auto& row) { return std::string(row.param.name); });

const Refused kHeaders[] = {
    {"space_before_colon", 400, post("X : a")},
    {"tab_before_colon", 400, post("X\t: a")},
    {"no_colon", 400, post("X")},
    {"no_name", 400, post(": a")},
    {"space_in_name", 400, post("X Y: a")},
    {"high_byte_in_name", 400, post("X\xe9: a")},
    {"nul_in_name", 400, post("X\0: a"s)},
    {"fold_by_space", 400, post("X: a\r\n b")},
    {"fold_by_tab", 400, post("X: a\r\n\tb")},
    {"fold_before_the_first", 400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
    {"line_of_spaces", 400, post("X: a\r\n  ")},
    {"bare_lf", 400, post("X: a\nY: b")},
    {"bare_lf_at_the_end", 400, "GET / HTTP/1.1\r\nHost: a\r\n\n"},
    {"bare_cr", 400, post("X: a\rY: b")},
    {"cr_cr_lf", 400, post("X: a\r")},
    {"nul_in_value", 400, post("X: a\0b"s)},
    {"control_in_value", 400, post("X: long enough for a word \x1f and more of it")},
    {"del_in_value", 400, post("X: long enough for a word \x7f and more of it")},
    {"too_many", 431,
     post("A: a\r\n" +
          [] {
            std::string many;
            for (int i = 0; i < 62; ++i) many += "B: b\r\n";
            return many;
          }() +
          "C: c")},
    {"too_large", 431, post("X: " + std::string(16 * 1024, 'x'))},
    {"without_end", 431, "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'x')},
};
INSTANTIATE_TEST_SUITE_P(Headers, HeadRefuses, testing::ValuesIn(kHeaders),
                         [](const auto& row) { return std::string(row.param.name); });

const Refused kHosts[] = {
    {"missing", 400, "GET / HTTP/1.1\r\n\r\n"},
    {"missing_with_absolute_target", 400, "GET http://a/ HTTP/1.1\r\n\r\n"},
    {"empty", 400, host("")},
    {"blank", 400, host("  ")},
    {"twice", 400, post("host: a")},
    {"twice_in_http_1_0", 400, "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"},
    {"list", 400, host(" a, b")},
    {"space", 400, host(" a b")},
    {"userinfo", 400, host(" u@a")},
    {"path", 400, host(" a/b")},
    {"port_alone", 400, host(" :80")},
    {"port_of_letters", 400, host(" a:http")},
    {"port_too_large", 400, host(" a:65536")},
    {"port_too_long", 400, host(" a:000080")},
    {"two_ports", 400, host(" a:80:80")},
    {"bare_ipv6", 400, host(" ::1")},
    {"open_bracket", 400, host(" [::1")},
    {"no_ipv6_in_brackets", 400, host(" [a]")},
    {"text_after_brackets", 400, host(" [::1]a")},
    {"broken_escape", 400, host(" a%2")},
    {"high_byte", 400, host(" \xe9")},
};
INSTANTIATE_TEST_SUITE_P(Host, HeadRefuses, testing::ValuesIn(kHosts),
                         [](const auto& row) { return std::string(row.param.name); });

const Refused kFraming[] = {
    {"length_and_chunked", 400, post("Content-Length: 5\r\nTransfer-Encoding: chunked")},
    {"chunked_and_length", 400, post("Transfer-Encoding: chunked\r\nContent-Length: 5")},
    {"two_equal_lengths", 400, post("Content-Length: 5\r\nContent-Length: 5")},
    {"two_lengths", 400, post("Content-Length: 5\r\nContent-Length: 6")},
    {"list_of_equal_lengths", 400, post("Content-Length: 5, 5")},
    {"length_with_space_before_colon", 400, post("Content-Length : 5")},
    {"length_with_plus", 400, post("Content-Length: +5")},
    {"length_with_minus", 400, post("Content-Length: -5")},
    {"length_in_hex", 400, post("Content-Length: 0x5")},
    {"length_with_point", 400, post("Content-Length: 5.0")},
    {"length_with_space_inside", 400, post("Content-Length: 5 5")},
    {"length_empty", 400, post("Content-Length:")},
    {"length_of_letters", 400, post("Content-Length: five")},
    {"length_above_the_limit", 413, post("Content-Length: 1048577")},
    {"length_of_2_to_the_64", 413, post("Content-Length: 18446744073709551616")},
    {"length_that_wraps_to_5", 413, post("Content-Length: 18446744073709551621")},
    {"length_of_40_digits", 413, post("Content-Length: " + std::string(40, '9'))},
    {"length_of_40_digits_and_a_letter", 400, post("Content-Length: " + std::string(40, '9') + "x")},
    {"chunked_in_http_1_0", 400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {"chunked_twice", 400, post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked")},
    {"chunked_twice_in_a_list", 400, post("Transfer-Encoding: chunked, chunked")},
    {"identity", 400, post("Transfer-Encoding: identity")},
    {"identity_after_chunked", 400, post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity")},
    {"identity_in_a_list", 400, post("Transfer-Encoding: chunked, identity")},
    {"xchunked", 400, post("Transfer-Encoding: xchunked")},
    {"gzip_alone", 400, post("Transfer-Encoding: gzip")},
    {"gzip_and_chunked", 501, post("Transfer-Encoding: gzip, chunked")},
    {"gzip_and_chunked_with_length", 400, post("Transfer-Encoding: gzip, chunked\r\nContent-Length: 5")},
    {"chunked_in_quotes", 400, post("Transfer-Encoding: \"chunked\"")},
    {"chunked_with_parameter", 400, post("Transfer-Encoding: chunked;a=b")},
    {"chunked_with_comma", 400, post("Transfer-Encoding: chunked,")},
    {"chunked_after_vertical_tab", 400, post("Transfer-Encoding: \vchunked")},
    {"chunked_with_space_before_colon", 400, post("Transfer-Encoding : chunked")},
    {"chunked_on_a_fold", 400, post("Transfer-Encoding:\r\n chunked")},
    {"chunked_before_lf", 400, post("Transfer-Encoding: chunked\nX: y")},
    {"transfer_encoding_empty", 400, post("Transfer-Encoding:")},
    {"expect_something_else", 417, post("Expect: 200-ok")},
    {"expect_a_list", 417, post("Expect: 100-continue, x")},
    {"expect_something_in_http_1_0", 417, "GET / HTTP/1.0\r\nExpect: x\r\n\r\n"},
};
INSTANTIATE_TEST_SUITE_P(Framing, HeadRefuses, testing::ValuesIn(kFraming),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(HeadLimits, HoldExactly) {
  const std::string bytes = "GET /12345 HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n";
  HeadLimits limits;
  limits.head_bytes = static_cast<uint32_t>(bytes.size());
  limits.target_bytes = 6;
  limits.headers = 2;
  EXPECT_EQ(test::run_head(bytes, limits, {bytes.size()}).state, HeadState::complete);
  // Leading blank lines are not counted.
  EXPECT_EQ(test::run_head("\r\n" + bytes, limits, {bytes.size() + 2}).state, HeadState::complete);
  limits.head_bytes -= 1;
  expect_refused(bytes, 431, limits);
  limits.head_bytes += 1;
  limits.target_bytes -= 1;
  expect_refused(bytes, 414, limits);
  limits.target_bytes += 1;
  limits.headers -= 1;
  expect_refused(bytes, 431, limits);
}

TEST(HeadLimits, CannotBeSetBeyondWhatAHeadHolds) {
  HeadLimits limits;
  limits.head_bytes = UINT32_MAX;
  limits.headers = UINT32_MAX;
  limits.target_bytes = UINT32_MAX;
  std::string many;
  for (int i = 0; i < 128; ++i) many += "B: b\r\n";
  const std::string crowded = "GET / HTTP/1.1\r\nHost: a\r\n" + many + "\r\n";
  EXPECT_EQ(test::run_head(crowded, limits, {crowded.size()}).status, 431U);
  const std::string large = "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(kMaxHeadBytes, 'x') + "\r\n\r\n";
  EXPECT_EQ(test::run_head(large, limits, {large.size()}).status, 431U);
  const std::string wide = "GET /" + std::string(kMaxHeadBytes, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  EXPECT_EQ(test::run_head(wide, limits, {wide.size()}).status, 414U);
}

TEST(HeadLimits, ABodyOfExactlyTheLimitIsWelcome) {
  const std::string bytes = post("Content-Length: 1048576");
  EXPECT_EQ(test::run_head(bytes, {}, {bytes.size()}).state, HeadState::complete);
}

}  // namespace
}  // namespace evloom::http
