// Head: the head of one request, parsed and judged by RFC 9110 and 9112 as the bytes arrive, line by line,
// each byte looked at once. Pure, any thread, no heap: a Head keeps offsets into the caller's bytes, so it
// survives when these move (see rebase) and owns nothing. What it accepts has exactly one meaning; all else
// is refused with a status.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "http/method.hpp"
#include "http/status.hpp"

namespace evloom::http {

inline constexpr size_t kMaxHeaders = 128;           // what HeadLimits::headers can be at most
inline constexpr size_t kMaxHeadBytes = 60 * 1024;   // what HeadLimits::head_bytes can be at most
inline constexpr size_t kMaxMethodBytes = 32;        // a longer method is answered with 501
inline constexpr size_t kMaxLeadingBlankBytes = 16;  // CR and LF dropped before a request line

// The bounds of one head. Values past the constants above count as these.
struct HeadLimits {
  uint32_t head_bytes = 16 * 1024;          // request line and headers with their line ends; beyond: 431
  uint32_t target_bytes = 8 * 1024;         // request target; beyond: 414
  uint32_t headers = 64;                    // number of header lines; beyond: 431
  uint64_t body_bytes = uint64_t{1} << 20;  // a Content-Length above it: 413
};

struct Header {
  std::string_view name;
  std::string_view value;
};

// Headers that the parser notices on its way, so that nobody has to look for them.
enum class Known : uint8_t {
  host,
  connection,
  content_length,
  transfer_encoding,
  expect,
  accept,
  content_type
};
inline constexpr size_t kKnownCount = 7;

// How the body is delimited.
enum class Framing : uint8_t { none, length, chunked };

enum class HeadState : uint8_t { need_more, complete, refused };

struct HeadResult {
  HeadState state = HeadState::need_more;
  size_t consumed = 0;  // complete: bytes of the head, leading blank lines included; the body follows them
  Refusal refusal = {};
};

class Head {
 public:
  Head() { clear(); }

  // Forgets everything: the next parse_head begins a new message.
  void clear();

  // Says that the bytes of a complete or unfinished head now begin at `bytes`. All views move with them.
  void rebase(const char* bytes) { base_ = bytes; }

  // Whether the first byte of a request line was seen: an idle connection has only sent blank lines, if
  // anything.
  bool begun() const { return phase_ != Phase::blank; }

  // Below: valid after parse_head said `complete`; after `refused`, method() is `other` when it was not read.
  // Views point into the bytes of that call (or of the last rebase).
  Method method() const { return method_; }
  std::string_view method_text() const { return view(method_span_); }
  // The request target as sent.
  std::string_view target() const { return view(target_span_); }
  // Path and query, without scheme and authority; never empty. "*" for OPTIONS of the server as a whole.
  std::string_view origin() const {
    if (asterisk_) return "*";
    return origin_span_.size == 0 ? std::string_view("/") : view(origin_span_);
  }
  // Whether the request is `OPTIONS *`.
  bool asterisk() const { return asterisk_; }
  // host[:port] that the request is for; an absolute target outranks the Host header. Empty in HTTP/1.0
  // without Host.
  std::string_view authority() const { return view(authority_span_); }
  // 0 or 1: HTTP/1.0 or HTTP/1.1.
  unsigned minor() const { return minor_; }
  bool keep_alive() const { return keep_alive_; }
  // Whether the client waits for `100 Continue` before it sends the body; never without a body.
  bool expect_continue() const { return expect_continue_; }
  Framing framing() const { return framing_; }
  // Bytes of the body when framing is `length`, else 0. A body of 0 bytes is no body.
  uint64_t content_length() const { return content_length_; }

  size_t header_count() const { return count_; }
  // `index` < header_count(). In order of arrival; the value has no spaces around it and may be empty, never
  // null.
  Header header(size_t index) const { return {view(fields_[index].name), view(fields_[index].value)}; }
  bool has(Known known) const { return known_[static_cast<size_t>(known)] != kAbsent; }
  // The first header of that name, or empty.
  std::string_view value(Known known) const {
    return has(known) ? view(fields_[known_[static_cast<size_t>(known)]].value) : std::string_view("");
  }
  // Index of the first header of that name (ASCII case ignored) at or after `from`, or header_count().
  size_t find(std::string_view name, size_t from = 0) const;
  // Values of all headers of that name, in order, as far as `out` has room; returns how many were written.
  size_t find_all(std::string_view name, std::span<std::string_view> out) const;

 private:
  friend class HeadParser;
  struct Span {
    uint16_t at = 0;
    uint16_t size = 0;
  };
  struct Field {
    Span name, value;
  };
  enum class Phase : uint8_t { blank, request_line, headers, done };
  static constexpr uint8_t kAbsent = 0xff;

  std::string_view view(Span span) const { return {base_ + span.at, span.size}; }

  const char* base_ = "";
  uint64_t content_length_ = 0;
  // Where the parser is: the next line begins at line_, and no LF stands between there and scanned_.
  uint32_t start_ = 0, line_ = 0, scanned_ = 0;
  Span method_span_, target_span_, origin_span_, authority_span_;
  Phase phase_ = Phase::blank;
  Method method_ = Method::other;
  Framing framing_ = Framing::none;
  uint8_t minor_ = 0, count_ = 0;
  bool keep_alive_ = false, expect_continue_ = false, asterisk_ = false, absolute_ = false;
  // What the lines said so far: Connection tokens, an Expect that cannot be met, a coding that is not spoken.
  bool saw_close_ = false, saw_keep_alive_ = false, bad_expect_ = false, unknown_coding_ = false;
  bool too_large_ = false;
  std::array<uint8_t, kKnownCount> known_;
  struct Field fields_[kMaxHeaders];  // only the first count_ are set
};

// Reads on in the head that begins at bytes[0]. Call it with all bytes since the end of the message before
// (they may have moved, and grown at the end) until it says `complete` or `refused`; `head` was cleared
// before the first call and carries the position between calls. The result does not depend on how the bytes
// were split. [any]
HeadResult parse_head(std::string_view bytes, const HeadLimits& limits, Head& head);

}  // namespace evloom::http
