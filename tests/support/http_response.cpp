#include "support/http_response.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <stdexcept>

namespace evloom::test {

namespace {

constexpr std::string_view kTokenSigns = "!#$%&'*+-.^_`|~";

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) || kTokenSigns.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

bool is_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7f); });
}

template <typename Number>
bool to_number(std::string_view digits, Number& number, int base = 10) {
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  return error == std::errc() && end == digits.data() + digits.size() && !digits.empty() && digits[0] != '-';
}

ParseOutcome bad(std::string why) { return {Parsed::bad, 0, std::move(why)}; }

// The fields up to the empty line; `at` moves behind it.
ParseOutcome parse_fields(std::string_view bytes, std::size_t& at, Response& response) {
  while (true) {
    const std::size_t end = bytes.find("\r\n", at);
    if (end == std::string_view::npos) return {};
    const std::string_view line = bytes.substr(at, end - at);
    at = end + 2;
    if (line.empty()) return {Parsed::complete, at, {}};
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
      return bad("header line '" + std::string(line) + "'");
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
    if (!is_value(value)) return bad("control byte in header '" + std::string(line.substr(0, colon)) + "'");
    response.headers.emplace_back(line.substr(0, colon), value);
  }
}

ParseOutcome parse_chunks(std::string_view bytes, std::size_t at, Response& response) {
  while (true) {
    const std::size_t end = bytes.find("\r\n", at);
    if (end == std::string_view::npos) return {};
    std::size_t size = 0;
    if (!to_number(bytes.substr(at, end - at), size, 16))
      return bad("chunk size '" + std::string(bytes.substr(at, end - at)) + "'");
    at = end + 2;
    if (size == 0) {
      Response trailers;
      return parse_fields(bytes, at, trailers);
    }
    if (bytes.size() < at + size + 2) return {};
    if (bytes.substr(at + size, 2) != "\r\n") return bad("a chunk does not end in CR LF");
    response.body.append(bytes.substr(at, size));
    at += size + 2;
  }
}

}  // namespace

bool same_text(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::optional<std::string> Response::header(std::string_view name) const {
  std::optional<std::string> found;
  for (const auto& [key, value] : headers) {
    if (!same_text(key, name)) continue;
    if (found) throw std::runtime_error("header " + key + " came twice");
    found = value;
  }
  return found;
}

bool Response::connection(std::string_view token) const {
  const std::string text = header("Connection").value_or("");
  std::size_t at = 0;
  while (at <= text.size()) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    std::string_view part = std::string_view(text).substr(at, comma - at);
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
    if (same_text(part, token)) return true;
    at = comma + 1;
  }
  return false;
}

bool Response::closes() const {
  if (framing == Framing::until_close || connection("close")) return true;
  return minor == 0 && !connection("keep-alive");
}

ParseOutcome parse_response(std::string_view bytes, bool to_head, bool ended, Response& response) {
  response = {};
  const std::size_t line_end = bytes.find("\r\n");
  if (line_end == std::string_view::npos)
    return bytes.size() > 1024 ? bad("no status line in 1024 bytes") : ParseOutcome{};
  const std::string_view line = bytes.substr(0, line_end);
  // HTTP/1.1 SP 200 SP reason
  if (line.size() < 13 || !line.starts_with("HTTP/1.") || (line[7] != '0' && line[7] != '1') ||
      line[8] != ' ' || !to_number(line.substr(9, 3), response.status) || line[12] != ' ' || !is_value(line))
    return bad("status line '" + std::string(line) + "'");
  response.minor = line[7] - '0';
  response.reason = line.substr(13);

  std::size_t at = line_end + 2;
  const ParseOutcome fields = parse_fields(bytes, at, response);
  if (fields.state != Parsed::complete) return fields;

  std::optional<std::string> length, coding;
  try {
    length = response.header("Content-Length");
    coding = response.header("Transfer-Encoding");
  } catch (const std::exception& twice) {
    return bad(twice.what());
  }
  if (length && coding) return bad("both Content-Length and Transfer-Encoding");
  if (coding && response.minor == 0) return bad("Transfer-Encoding to HTTP/1.0");
  std::size_t size = 0;
  if (length && !to_number(*length, size)) return bad("Content-Length '" + *length + "'");
  const bool bodiless = response.status < 200 || response.status == 204;
  if (bodiless && (length || coding)) return bad("a body's length in a " + std::to_string(response.status));

  if (to_head || bodiless || response.status == 304) return {Parsed::complete, at, {}};
  if (coding) {
    if (*coding != "chunked") return bad("Transfer-Encoding '" + *coding + "'");
    response.framing = Framing::chunked;
    return parse_chunks(bytes, at, response);
  }
  if (length) {
    response.framing = Framing::length;
    if (bytes.size() - at < size) return {};
    response.body = bytes.substr(at, size);
    return {Parsed::complete, at + size, {}};
  }
  response.framing = Framing::until_close;
  if (!ended) return {};
  response.body = bytes.substr(at);
  return {Parsed::complete, bytes.size(), {}};
}

}  // namespace evloom::test
