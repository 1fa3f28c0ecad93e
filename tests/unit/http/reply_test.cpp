// Response heads, byte by byte, and what may not be sent.
#include "http/reply.hpp"

#include <gtest/gtest.h>

#include <array>
#include <initializer_list>
#include <string>

#include "http/date.hpp"

namespace evloom::http {
namespace {

using namespace std::string_literals;

std::string written(const ReplyHead& head) {
  std::string out(reply_head_bound(head), '\0');
  out.resize(write_reply_head(head, out));
  return out;
}

TEST(Reply, IsWrittenInFull) {
  const DateText date(784111777);
  const std::array<Header, 2> headers = {Header{"X-A", "b c"}, Header{"X-Empty", ""}};
  ReplyHead head;
  head.content_length = 12;
  head.content_type = "text/plain; charset=utf-8";
  head.date = date.text();
  head.headers = headers;
  EXPECT_EQ(written(head),
            "HTTP/1.1 200 OK\r\nServer: evloom\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 12\r\nX-A: b c\r\nX-Empty: \r\n\r\n");
}

TEST(Reply, SaysWhatBecomesOfTheConnection) {
  ReplyHead head;
  EXPECT_EQ(written(head).find("Connection"), std::string::npos);
  head.keep_alive = false;
  EXPECT_NE(written(head).find("\r\nConnection: close\r\n"), std::string::npos);
  head.request_minor = 0;
  EXPECT_NE(written(head).find("\r\nConnection: close\r\n"), std::string::npos);
  head.keep_alive = true;
  EXPECT_NE(written(head).find("\r\nConnection: keep-alive\r\n"), std::string::npos);
  EXPECT_EQ(written(head).substr(0, 8), "HTTP/1.1");
}

TEST(Reply, StatesItsLengthExceptWhereThatIsForbidden) {
  for (const uint16_t status : std::initializer_list<uint16_t>{200, 206, 301, 400, 404, 500, 599}) {
    ReplyHead head;
    head.status = status;
    head.content_length = 7;
    EXPECT_NE(written(head).find("\r\nContent-Length: 7\r\n"), std::string::npos) << status;
  }
  for (const uint16_t status : std::initializer_list<uint16_t>{100, 103, 204, 304}) {
    ReplyHead head;
    head.status = status;
    head.content_length = 7;
    EXPECT_EQ(written(head).find("Content-Length"), std::string::npos) << status;
  }
  ReplyHead reset;
  reset.status = 205;
  reset.content_length = 7;
  EXPECT_NE(written(reset).find("\r\nContent-Length: 0\r\n"), std::string::npos);
}

TEST(Reply, KnowsWhenABodyMayFollow) {
  EXPECT_TRUE(body_allowed(Method::get, 200));
  EXPECT_TRUE(body_allowed(Method::options, 404));
  EXPECT_FALSE(body_allowed(Method::head, 200));
  EXPECT_FALSE(body_allowed(Method::get, 100));
  EXPECT_FALSE(body_allowed(Method::get, 204));
  EXPECT_FALSE(body_allowed(Method::get, 205));
  EXPECT_FALSE(body_allowed(Method::get, 304));
}

TEST(Reply, CarriesAllowAndRetryAfter) {
  ReplyHead head;
  head.status = 405;
  head.allow = "GET, HEAD";
  head.retry_after = 0;
  EXPECT_EQ(written(head),
            "HTTP/1.1 405 Method Not Allowed\r\nServer: evloom\r\nContent-Length: 0\r\nAllow: GET, HEAD\r\n"
            "Retry-After: 0\r\n\r\n");
}

TEST(Reply, LargestNumbersAndPhrasesFitTheBound) {
  ReplyHead head;
  head.status = 511;
  head.request_minor = 0;
  head.content_length = UINT64_MAX;
  head.retry_after = INT64_MAX;
  head.allow = head.date = head.content_type = "x";
  EXPECT_NE(written(head), "");
}

TEST(Reply, NeverSplitsItself) {
  for (const std::string& text : {"a\r\nb"s, "a\nb"s, "a\rb"s, "a\0b"s, "\x1f"s, "\x7f"s}) {
    ReplyHead head;
    const std::array<Header, 1> headers = {Header{"X", text}};
    head.headers = headers;
    EXPECT_EQ(written(head), "");
    head.headers = {};
    head.content_type = text;
    EXPECT_EQ(written(head), "");
    head.content_type = {};
    head.allow = text;
    EXPECT_EQ(written(head), "");
    EXPECT_EQ(check_reply_header("X", text), HeaderVerdict::bad_value);
    EXPECT_EQ(check_reply_header(text, "x"), HeaderVerdict::bad_name);
  }
  ReplyHead head;
  head.status = 20;
  EXPECT_EQ(written(head), "");
  const std::array<Header, 1> headers = {Header{"X Y", "a"}};
  head.status = 200;
  head.headers = headers;
  EXPECT_EQ(written(head), "");
}

TEST(Reply, KeepsTheHeadersOfTheHost) {
  EXPECT_EQ(check_reply_header("X-Thing", "\t\xff ok"), HeaderVerdict::good);
  EXPECT_EQ(check_reply_header("Location", "/x"), HeaderVerdict::good);
  EXPECT_EQ(check_reply_header("CONTENT-length", "5"), HeaderVerdict::owned);
  EXPECT_EQ(check_reply_header("Transfer-Encoding", "chunked"), HeaderVerdict::owned);
  EXPECT_EQ(check_reply_header("connection", "close"), HeaderVerdict::owned);
  EXPECT_EQ(check_reply_header("", "x"), HeaderVerdict::bad_name);
}

TEST(Reply, OneThatDoesNotFitIsNotBegun) {
  ReplyHead head;
  const std::string whole = written(head);
  for (size_t room = 0; room < whole.size(); ++room) {
    std::string out(room, '\0');
    EXPECT_EQ(write_reply_head(head, out), 0U);
  }
  std::string out(whole.size(), '\0');
  EXPECT_EQ(write_reply_head(head, out), whole.size());
}

TEST(ReplyError, HasABodyThatSaysWhy) {
  std::string out(1024, '\0');
  ReplyHead head;
  head.status = 404;
  head.keep_alive = false;
  out.resize(write_error(head, Method::get, "no such route", out));
  EXPECT_EQ(out,
            "HTTP/1.1 404 Not Found\r\nServer: evloom\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Content-Length: 29\r\nConnection: close\r\n\r\n404 Not Found: no such route\n");
  std::string silent(1024, '\0');
  silent.resize(write_error(head, Method::head, "no such route", silent));
  EXPECT_TRUE(silent.ends_with("Content-Length: 29\r\nConnection: close\r\n\r\n"));
}

TEST(ReplyError, BodyIsCutToItsRoom) {
  std::array<char, 64> out;
  EXPECT_EQ(std::string(out.data(), write_error_body(503, "", out)), "503 Service Unavailable\n");
  EXPECT_EQ(std::string(out.data(), write_error_body(503, "a", std::span(out).first(5))), "503 S");
  EXPECT_EQ(write_error_body(503, "a", {}), 0U);
}

TEST(Date, IsThatOfHttp) {
  EXPECT_EQ(DateText(0).text(), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(DateText(951782400).text(), "Tue, 29 Feb 2000 00:00:00 GMT");
  EXPECT_EQ(DateText(4102444799).text(), "Thu, 31 Dec 2099 23:59:59 GMT");
  EXPECT_EQ(DateText(-5).text(), DateText(0).text());
  EXPECT_EQ(DateText(INT64_MAX).text(), "Fri, 31 Dec 9999 23:59:59 GMT");
}

TEST(Status, PhrasesAreKnown) {
  EXPECT_EQ(reason_phrase(431), "Request Header Fields Too Large");
  EXPECT_EQ(reason_phrase(299), "Unknown");
}

}  // namespace
}  // namespace evloom::http
