// The parser behind Head: RFC 9112, sections 2 to 6, one line at a time.
#include "http/head.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "http/chars.hpp"

namespace evloom::http {

namespace {

constexpr size_t kVersionBytes = 8;  // "HTTP/1.1"

constexpr Refusal bad(std::string_view reason) { return {400, reason}; }

bool is_ipv6(std::string_view text) {
  char copy[INET6_ADDRSTRLEN];
  if (text.size() >= sizeof copy) return false;
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  in6_addr address;
  return std::strlen(copy) == text.size() && ::inet_pton(AF_INET6, copy, &address) == 1;
}

// host [":" port] of RFC 3986 with a host that is not empty and a port that fits; no userinfo.
bool is_authority(std::string_view text) {
  size_t at = 0;
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    if (close == std::string_view::npos || !is_ipv6(text.substr(1, close - 1))) return false;
    at = close + 1;
  } else {
    while (at < text.size() && text[at] != ':') {
      if (text[at] == '%') {
        if (text.size() - at < 3 || hex_value(text[at + 1]) < 0 || hex_value(text[at + 2]) < 0) return false;
        at += 3;
      } else if (is_class(text[at], chars::kRegName)) {
        ++at;
      } else {
        return false;
      }
    }
    if (at == 0) return false;
  }
  if (at == text.size()) return true;
  if (text[at] != ':' || text.size() - at > 6) return false;
  unsigned port = 0;
  for (const char c : text.substr(at + 1)) {
    if (!is_digit(c)) return false;
    port = port * 10 + static_cast<unsigned>(c - '0');
  }
  return port <= 65535;
}

// Calls visit(element) for each element of a comma-separated list, without the spaces around it.
template <typename Visit>
void for_each_element(std::string_view list, Visit&& visit) {
  while (true) {
    const size_t comma = list.find(',');
    const std::string_view element = trim_ows(list.substr(0, comma));
    if (!element.empty()) visit(element);
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

bool known_from(std::string_view name, Known& known) {
  const auto is = [&](std::string_view wanted, Known meaning) {
    if (!iequal(name, wanted)) return false;
    known = meaning;
    return true;
  };
  switch (name.size()) {
    case 4:
      return is("host", Known::host);
    case 6:
      return is("accept", Known::accept) || is("expect", Known::expect);
    case 10:
      return is("connection", Known::connection);
    case 12:
      return is("content-type", Known::content_type);
    case 14:
      return is("content-length", Known::content_length);
    case 17:
      return is("transfer-encoding", Known::transfer_encoding);
    default:
      return false;
  }
}

}  // namespace

class HeadParser {
 public:
  HeadParser(std::string_view bytes, const HeadLimits& limits, Head& head)
      : bytes_(bytes),
        limits_(limits),
        head_(head),
        head_bytes_(std::min<size_t>(limits.head_bytes, kMaxHeadBytes)),
        max_headers_(std::min<size_t>(limits.headers, kMaxHeaders)) {}

  HeadResult run();

 private:
  using Span = Head::Span;
  using Phase = Head::Phase;

  static HeadResult refuse(Refusal refusal) { return {HeadState::refused, 0, refusal}; }
  Span span(std::string_view part) const {
    return {static_cast<uint16_t>(part.data() - bytes_.data()), static_cast<uint16_t>(part.size())};
  }

  // Moves behind the blank lines that may stand before a request line; false when more bytes are needed.
  bool skip_blank(Refusal& refusal);
  size_t line_limit() const;
  Refusal too_long() const;
  Refusal request_line(std::string_view line);
  Refusal target(std::string_view target);
  Refusal absolute_target(std::string_view target, size_t scheme_bytes);
  Refusal header_line(std::string_view line);
  Refusal known_header(Known known, std::string_view value);
  Refusal content_length(std::string_view value);
  Refusal transfer_encoding(std::string_view value);
  Refusal finish();

  std::string_view bytes_;
  const HeadLimits& limits_;
  Head& head_;
  size_t head_bytes_;
  size_t max_headers_;
};

HeadResult HeadParser::run() {
  Refusal refusal;
  if (head_.phase_ == Phase::blank && !skip_blank(refusal)) return refusal ? refuse(refusal) : HeadResult{};
  while (true) {
    const size_t limit = line_limit();
    const size_t window = std::min(bytes_.size(), limit);
    const char* const begin = bytes_.data();
    const void* const lf = window > head_.scanned_
                               ? std::memchr(begin + head_.scanned_, '\n', window - head_.scanned_)
                               : nullptr;
    if (lf == nullptr) {
      if (window == limit) return refuse(too_long());
      head_.scanned_ = static_cast<uint32_t>(window);
      return {};
    }
    const size_t end = static_cast<size_t>(static_cast<const char*>(lf) - begin);
    if (end == head_.line_ || bytes_[end - 1] != '\r') return refuse(bad("a line ends without CR"));
    const std::string_view line = bytes_.substr(head_.line_, end - 1 - head_.line_);
    head_.line_ = head_.scanned_ = static_cast<uint32_t>(end + 1);
    if (head_.phase_ == Phase::request_line) {
      refusal = request_line(line);
      head_.phase_ = Phase::headers;
    } else if (!line.empty()) {
      refusal = header_line(line);
    } else {
      head_.phase_ = Phase::done;
      if ((refusal = finish())) return refuse(refusal);
      return {HeadState::complete, end + 1, {}};
    }
    if (refusal) return refuse(refusal);
  }
}

bool HeadParser::skip_blank(Refusal& refusal) {
  uint32_t at = head_.line_;
  while (at < bytes_.size()) {
    if (bytes_[at] == '\r') {
      if (at + 1 == bytes_.size()) break;
      if (bytes_[at + 1] != '\n') {
        refusal = bad("a CR stands alone");
        return false;
      }
      at += 2;
    } else if (bytes_[at] == '\n') {
      ++at;
    } else if (!is_tchar(bytes_[at])) {
      refusal = bad("this is not HTTP");
      return false;
    } else {
      head_.start_ = head_.line_ = head_.scanned_ = at;
      head_.phase_ = Phase::request_line;
      return true;
    }
    if (at > kMaxLeadingBlankBytes) {
      refusal = bad("too many blank lines before the request");
      return false;
    }
  }
  head_.line_ = at;
  return false;
}

// Where the LF of the line under way has to stand before. A request line has a bound of its own, so that a
// target that is too long is told from a head that is too large.
size_t HeadParser::line_limit() const {
  size_t limit = head_bytes_;
  if (head_.phase_ == Phase::request_line) {
    const size_t line = kMaxMethodBytes + 1 + size_t{limits_.target_bytes} + 1 + kVersionBytes + 2;
    limit = std::min(limit, line);
  }
  return head_.start_ + limit;
}

Refusal HeadParser::too_long() const {
  if (head_.phase_ != Phase::request_line) return {431, "the head is too large"};
  const std::string_view method = bytes_.substr(head_.line_, kMaxMethodBytes + 1);
  const size_t space = method.find(' ');
  if (!all_of_class(method.substr(0, space), chars::kToken)) return bad("the method is not a token");
  if (space == std::string_view::npos && method.size() > kMaxMethodBytes)
    return {501, "the method is too long"};
  return {414, "the request target is too long"};
}

Refusal HeadParser::request_line(std::string_view line) {
  const size_t first = line.find(' ');
  const std::string_view method = line.substr(0, first);
  if (!is_token(method)) return bad("the method is not a token");
  if (first == std::string_view::npos) return bad("the request line has no target");
  const std::string_view rest = line.substr(first + 1);
  const size_t second = rest.find(' ');
  if (second == std::string_view::npos) return bad("the request line has no version");
  const std::string_view version = rest.substr(second + 1);
  const std::string_view wanted = rest.substr(0, second);

  if (version.size() != kVersionBytes || !version.starts_with("HTTP/") || !is_digit(version[5]) ||
      version[6] != '.' || !is_digit(version[7])) {
    return bad("the version is malformed");
  }
  if (version[5] != '1' || version[7] > '1') return {505, "only HTTP/1.0 and HTTP/1.1 are spoken"};
  head_.minor_ = static_cast<uint8_t>(version[7] - '0');

  if (method.size() > kMaxMethodBytes) return {501, "the method is too long"};
  head_.method_ = method_from(method);
  head_.method_span_ = span(method);
  if (wanted.size() > limits_.target_bytes) return {414, "the request target is too long"};
  if (wanted.empty()) return bad("the request line has no target");
  if (!all_of_class(wanted, chars::kTarget))
    return bad("the request target holds a byte that must be encoded");
  head_.target_span_ = span(wanted);
  return target(wanted);
}

Refusal HeadParser::target(std::string_view target) {
  if (head_.method_ == Method::connect) return {501, "CONNECT is for proxies"};
  if (target.front() == '/') {
    head_.origin_span_ = span(target);
    return {};
  }
  if (target == "*") {
    head_.asterisk_ = true;
    return head_.method_ == Method::options ? Refusal{} : bad("the target * is for OPTIONS alone");
  }
  if (iequal(target.substr(0, 7), "http://")) return absolute_target(target, 7);
  if (iequal(target.substr(0, 8), "https://")) return absolute_target(target, 8);
  return bad("the request target is neither a path nor an http URI");
}

Refusal HeadParser::absolute_target(std::string_view target, size_t scheme_bytes) {
  const size_t end = std::min(target.find_first_of("/?", scheme_bytes), target.size());
  const std::string_view authority = target.substr(scheme_bytes, end - scheme_bytes);
  if (!is_authority(authority)) return bad("the request target has a malformed host");
  head_.absolute_ = true;
  head_.authority_span_ = span(authority);
  head_.origin_span_ = span(target.substr(end));
  head_.asterisk_ = end == target.size() && head_.method_ == Method::options;
  return {};
}

Refusal HeadParser::header_line(std::string_view line) {
  if (head_.count_ >= max_headers_) return {431, "too many headers"};
  size_t colon = 0;
  while (colon < line.size() && is_tchar(line[colon])) ++colon;
  if (colon == 0 && is_ows(line.front())) return bad("a header is folded over lines");
  if (colon == 0) return bad("a header has no name");
  if (colon == line.size()) return bad("a header has no colon");
  if (line[colon] != ':') return bad("a header name holds a byte that is not allowed");
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trim_ows(line.substr(colon + 1));
  if (!is_field_value(value)) return bad("a header value holds a control byte");

  const uint8_t index = head_.count_++;
  head_.fields_[index] = {span(name), span(value)};
  Known known;
  if (!known_from(name, known)) return {};
  const Refusal refusal = known_header(known, value);
  uint8_t& slot = head_.known_[static_cast<size_t>(known)];
  if (slot == Head::kAbsent) slot = index;
  return refusal;
}

Refusal HeadParser::known_header(Known known, std::string_view value) {
  switch (known) {
    case Known::host:
      if (head_.has(known)) return bad("Host is given twice");
      return is_authority(value) ? Refusal{} : bad("Host is malformed");
    case Known::content_length:
      if (head_.has(known)) return bad("Content-Length is given twice");
      return content_length(value);
    case Known::transfer_encoding:
      if (head_.has(known)) return bad("Transfer-Encoding is given twice");
      return transfer_encoding(value);
    case Known::connection:
      for_each_element(value, [&](std::string_view token) {
        if (iequal(token, "close")) head_.saw_close_ = true;
        if (iequal(token, "keep-alive")) head_.saw_keep_alive_ = true;
      });
      return {};
    case Known::expect:
      (iequal(value, "100-continue") ? head_.expect_continue_ : head_.bad_expect_) = true;
      return {};
    case Known::accept:
    case Known::content_type:
      return {};
  }
  return {};
}

Refusal HeadParser::content_length(std::string_view value) {
  if (value.empty()) return bad("Content-Length is empty");
  uint64_t length = 0;
  for (const char c : value) {
    if (!is_digit(c)) return bad("Content-Length is not a number");
    uint64_t longer;
    if (__builtin_mul_overflow(length, uint64_t{10}, &longer) ||
        __builtin_add_overflow(longer, static_cast<uint64_t>(c - '0'), &length)) {
      head_.too_large_ = true;
      length = 0;
    }
  }
  head_.content_length_ = length;
  return {};
}

// Anything but a lone "chunked" leaves room for two readings of where the message ends.
Refusal HeadParser::transfer_encoding(std::string_view value) {
  if (iequal(value, "chunked")) return {};
  size_t codings = 0, chunked = 0;
  bool last_is_chunked = false, legible = true;
  for_each_element(value, [&](std::string_view coding) {
    ++codings;
    legible = legible && is_token(trim_ows(coding.substr(0, coding.find(';'))));
    last_is_chunked = iequal(coding, "chunked");
    if (last_is_chunked) ++chunked;
  });
  if (!legible || codings < 2 || chunked != 1 || !last_is_chunked)
    return bad("Transfer-Encoding is not chunked");
  head_.unknown_coding_ = true;
  return {};
}

Refusal HeadParser::finish() {
  Head& head = head_;
  if (!head.has(Known::host) && head.minor_ == 1) return bad("Host is missing");
  if (!head.absolute_ && head.has(Known::host)) {
    head.authority_span_ = head.fields_[head.known_[static_cast<size_t>(Known::host)]].value;
  }
  if (head.has(Known::transfer_encoding)) {
    if (head.has(Known::content_length)) return bad("Transfer-Encoding and Content-Length are both given");
    if (head.minor_ == 0) return bad("Transfer-Encoding is not part of HTTP/1.0");
    if (head.unknown_coding_) return {501, "only the transfer coding chunked is spoken"};
    head.framing_ = Framing::chunked;
  } else if (head.too_large_ || head.content_length_ > limits_.body_bytes) {
    return {413, "the body is too large"};
  } else if (head.content_length_ != 0) {
    head.framing_ = Framing::length;
  }
  if (head.bad_expect_) return {417, "only 100-continue can be expected"};
  // An HTTP/1.0 client does not know 1xx, and who has no body to send waits for nothing.
  head.expect_continue_ = head.expect_continue_ && head.minor_ == 1 && head.framing_ != Framing::none;
  head.keep_alive_ = !head.saw_close_ && (head.minor_ == 1 || head.saw_keep_alive_);
  return {};
}

void Head::clear() {
  content_length_ = 0;
  start_ = line_ = scanned_ = 0;
  method_span_ = target_span_ = origin_span_ = authority_span_ = {};
  phase_ = Phase::blank;
  method_ = Method::other;
  framing_ = Framing::none;
  minor_ = count_ = 0;
  keep_alive_ = expect_continue_ = asterisk_ = absolute_ = false;
  saw_close_ = saw_keep_alive_ = bad_expect_ = unknown_coding_ = too_large_ = false;
  known_.fill(kAbsent);
}

size_t Head::find(std::string_view name, size_t from) const {
  while (from < count_ && !iequal(view(fields_[from].name), name)) ++from;
  return std::min<size_t>(from, count_);
}

size_t Head::find_all(std::string_view name, std::span<std::string_view> out) const {
  size_t found = 0;
  for (size_t i = find(name); i < count_ && found < out.size(); i = find(name, i + 1)) {
    out[found++] = view(fields_[i].value);
  }
  return found;
}

HeadResult parse_head(std::string_view bytes, const HeadLimits& limits, Head& head) {
  head.rebase(bytes.data());
  return HeadParser(bytes, limits, head).run();
}

}  // namespace evloom::http
