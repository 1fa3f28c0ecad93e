// The reply writer: a whole response head into the caller's buffer, with lengths always stated and nothing in
// it that could be taken for another message. Pure, any thread, no heap; all texts are the caller's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "http/head.hpp"
#include "http/method.hpp"
#include "http/status.hpp"

namespace evloom::http {

struct ReplyHead {
  uint16_t status = 200;
  unsigned request_minor = 1;            // of the request's version; the reply itself is always HTTP/1.1
  bool keep_alive = true;                // false: "Connection: close"
  uint64_t content_length = 0;           // of the body that GET would get, also for HEAD
  std::string_view date = {};            // see DateText; no Date header when empty
  std::string_view content_type = {};    // no Content-Type header when empty
  std::string_view allow = {};           // for 405 and for OPTIONS; no header when empty
  int64_t retry_after = -1;              // seconds; no header when negative
  std::span<const Header> headers = {};  // further headers, see check_reply_header
};

enum class HeaderVerdict : uint8_t {
  good,
  bad_name,   // not a token
  bad_value,  // CR, LF, NUL or another control byte in it
  owned,  // the host writes this one itself: Connection, Content-Length, Date, Transfer-Encoding and the like
};

// Whether a plugin may set this header. [any]
HeaderVerdict check_reply_header(std::string_view name, std::string_view value);

// Whether bytes of a body may follow the head: not for HEAD, 1xx, 204, 205, 304. [any]
bool body_allowed(Method method, uint16_t status);

// How many bytes write_reply_head needs at most. [any]
size_t reply_head_bound(const ReplyHead& head);

// Writes the head with its final empty line and returns its size; 0, with nothing of use in the buffer, when
// it does not fit or when a text in it is not fit to be sent. [any]
size_t write_reply_head(const ReplyHead& head, std::span<char> out);

// What stands before the body of `Expect: 100-continue`.
inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

inline constexpr std::string_view kErrorType = "text/plain; charset=utf-8";

// Writes the body of an error, "404 Not Found: reason\n" ("404 Not Found\n" without a reason), cut to the
// room there is, and returns its size. Its media type is kErrorType. [any]
size_t write_error_body(uint16_t status, std::string_view reason, std::span<char> out);

// Writes head and body of an error reply; `head` gives everything but length and type. Returns the size of
// both, the head alone when `method` or status forbids a body; 0 as write_reply_head. [any]
size_t write_error(ReplyHead head, Method method, std::string_view reason, std::span<char> out);

}  // namespace evloom::http
