// Writing of response heads: fixed pieces are copied, nothing is formatted but numbers.
#include "http/reply.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "http/chars.hpp"

namespace evloom::http {

namespace {

constexpr size_t kMaxNumberBytes = 20;

// Appends as long as there is room; afterwards `full` tells whether there was.
class Writer {
 public:
  explicit Writer(std::span<char> out) : begin_(out.data()), at_(begin_), end_(begin_ + out.size()) {}

  void put(std::string_view text) {
    if (text.size() > static_cast<size_t>(end_ - at_)) {
      full_ = true;
      at_ = end_;
      return;
    }
    if (!text.empty()) std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  void put_number(uint64_t number) {
    char digits[kMaxNumberBytes];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    put({digits, static_cast<size_t>(end - digits)});
  }
  void put_header(std::string_view name_and_colon, std::string_view value) {
    put(name_and_colon);
    put(value);
    put("\r\n");
  }
  bool full() const { return full_; }
  size_t size() const { return static_cast<size_t>(at_ - begin_); }

 private:
  char* begin_;
  char* at_;
  char* end_;
  bool full_ = false;
};

constexpr std::string_view kServer = "Server: evloom\r\n";

bool length_is_stated(uint16_t status) { return status >= 200 && status != 204 && status != 304; }

bool is_sendable(const ReplyHead& head) {
  if (head.status < 100 || head.status > 999) return false;
  if (!is_field_value(head.date) || !is_field_value(head.content_type) || !is_field_value(head.allow))
    return false;
  return std::all_of(head.headers.begin(), head.headers.end(), [](const Header& header) {
    return is_token(header.name) && is_field_value(header.value);
  });
}

}  // namespace

HeaderVerdict check_reply_header(std::string_view name, std::string_view value) {
  if (!is_token(name)) return HeaderVerdict::bad_name;
  if (!is_field_value(value)) return HeaderVerdict::bad_value;
  static constexpr std::array<std::string_view, 10> kOwned = {
      "connection", "content-length",   "content-type", "date",    "keep-alive",
      "server",     "proxy-connection", "trailer",      "upgrade", "transfer-encoding"};
  for (const std::string_view owned : kOwned) {
    if (iequal(name, owned)) return HeaderVerdict::owned;
  }
  return HeaderVerdict::good;
}

bool body_allowed(Method method, uint16_t status) {
  return method != Method::head && status != 205 && length_is_stated(status);
}

size_t reply_head_bound(const ReplyHead& head) {
  // The fixed part: status line with the longest phrase, names and line ends of all headers, the two numbers.
  constexpr size_t kFixed = 256;
  size_t bound = kFixed + head.date.size() + head.content_type.size() + head.allow.size();
  for (const Header& header : head.headers) bound += header.name.size() + header.value.size() + 4;
  return bound;
}

size_t write_reply_head(const ReplyHead& head, std::span<char> out) {
  if (!is_sendable(head)) return 0;
  Writer writer(out);
  if (head.status == 200) {
    writer.put("HTTP/1.1 200 OK\r\n");
  } else {
    writer.put("HTTP/1.1 ");
    writer.put_number(head.status);
    writer.put_header(" ", reason_phrase(head.status));
  }
  writer.put(kServer);
  if (!head.date.empty()) writer.put_header("Date: ", head.date);
  if (!head.content_type.empty()) writer.put_header("Content-Type: ", head.content_type);
  if (length_is_stated(head.status)) {
    writer.put("Content-Length: ");
    writer.put_number(head.status == 205 ? 0 : head.content_length);
    writer.put("\r\n");
  }
  if (!head.keep_alive) {
    writer.put("Connection: close\r\n");
  } else if (head.request_minor == 0) {
    writer.put("Connection: keep-alive\r\n");
  }
  if (!head.allow.empty()) writer.put_header("Allow: ", head.allow);
  if (head.retry_after >= 0) {
    writer.put("Retry-After: ");
    writer.put_number(static_cast<uint64_t>(head.retry_after));
    writer.put("\r\n");
  }
  for (const Header& header : head.headers) {
    writer.put(header.name);
    writer.put_header(": ", header.value);
  }
  writer.put("\r\n");
  return writer.full() ? 0 : writer.size();
}

size_t write_error_body(uint16_t status, std::string_view reason, std::span<char> out) {
  const std::string_view phrase = reason_phrase(status);
  std::array<char, kMaxNumberBytes> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), status).ptr;
  const std::string_view number(digits.data(), static_cast<size_t>(end - digits.data()));
  const std::array<std::string_view, 6> parts = {number, " ", phrase, reason.empty() ? "" : ": ",
                                                 reason, "\n"};
  size_t size = 0;
  for (const std::string_view part : parts) {
    const size_t take = std::min(part.size(), out.size() - size);
    if (take != 0) std::memcpy(out.data() + size, part.data(), take);
    size += take;
  }
  return size;
}

size_t write_error(ReplyHead head, Method method, std::string_view reason, std::span<char> out) {
  constexpr size_t kMaxBody = 512;
  char body[kMaxBody];
  const size_t body_bytes = write_error_body(head.status, reason, body);
  head.content_length = body_bytes;
  head.content_type = kErrorType;
  const size_t head_bytes = write_reply_head(head, out);
  if (head_bytes == 0 || !body_allowed(method, head.status)) return head_bytes;
  if (body_bytes > out.size() - head_bytes) return 0;
  std::memcpy(out.data() + head_bytes, body, body_bytes);
  return head_bytes + body_bytes;
}

}  // namespace evloom::http
