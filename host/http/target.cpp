// Decoding and normalising of targets.
#include "http/target.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "http/chars.hpp"

namespace evloom::http {

namespace {

constexpr Refusal kBrokenEscape = {400, "a percent sign is not followed by two hexadecimal digits"};
constexpr Refusal kNul = {400, "the target holds a NUL"};
constexpr Refusal kNoMemory = {503, "no memory for the target"};

// Whether decoding and normalising would change nothing: no '%', no NUL, no "//", no segment that begins with
// a dot.
bool is_plain(std::string_view path) {
  char before = '\0';
  for (const char c : path) {
    if (c == '%' || c == '\0' || (before == '/' && (c == '/' || c == '.'))) return false;
    before = c;
  }
  return true;
}

// Decodes `text` into `out`, which has room for all of it.
Refusal decode_into(std::string_view text, bool plus_is_space, char* out, size_t& size) {
  size = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (text.size() - i < 3) return kBrokenEscape;
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return kBrokenEscape;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (c == '\0') return kNul;
    out[size++] = c;
  }
  return {};
}

// Resolves dots and repeated slashes in place; what is written never overtakes what is read.
Refusal resolve(char* text, size_t& size) {
  size_t to = 0;
  for (size_t from = 0; from < size;) {
    while (from < size && text[from] == '/') ++from;
    const char* const slash = static_cast<const char*>(std::memchr(text + from, '/', size - from));
    const size_t end = slash == nullptr ? size : static_cast<size_t>(slash - text);
    const std::string_view segment(text + from, end - from);
    if (segment == "..") {
      if (to == 0) return {400, "the path leads above the root"};
      while (text[--to] != '/') {
      }
    }
    if (segment.empty() || segment == "." || segment == "..") {
      if (end == size) text[to++] = '/';
    } else {
      text[to++] = '/';
      std::memmove(text + to, segment.data(), segment.size());
      to += segment.size();
    }
    from = end;
  }
  size = to;
  return {};
}

}  // namespace

Target split_target(std::string_view target) {
  const size_t mark = target.find('?');
  if (mark == std::string_view::npos) return {target, ""};
  return {target.substr(0, mark), target.substr(mark + 1)};
}

PathResult normalize_path(std::string_view path, Arena& arena) {
  if (path.empty()) return {{}, "/"};
  if (path.front() != '/') return {{400, "the path does not begin with a slash"}, {}};
  if (is_plain(path)) return {{}, path};
  char* const out = static_cast<char*>(arena.allocate(path.size(), 1));
  if (out == nullptr) return {kNoMemory, {}};
  size_t size = 0;
  if (const Refusal refusal = decode_into(path, false, out, size)) return {refusal, {}};
  if (const Refusal refusal = resolve(out, size)) return {refusal, {}};
  return {{}, {out, size}};
}

bool QueryReader::next(std::string_view& name, std::string_view& value) {
  while (!rest_.empty() && rest_.front() == '&') rest_.remove_prefix(1);
  if (rest_.empty() || refusal_) return false;
  const size_t end = std::min(rest_.find('&'), rest_.size());
  const std::string_view pair = rest_.substr(0, end);
  rest_.remove_prefix(end);
  const size_t equals = pair.find('=');
  name = pair.substr(0, equals);
  value = equals == std::string_view::npos ? std::string_view("") : pair.substr(equals + 1);
  return decode(name) && decode(value);
}

bool QueryReader::decode(std::string_view& text) {
  if (text.find_first_of(std::string_view("%+\0", 3)) == std::string_view::npos) return true;
  char* const out = static_cast<char*>(arena_.allocate(text.size(), 1));
  size_t size = 0;
  refusal_ = out == nullptr ? kNoMemory : decode_into(text, true, out, size);
  if (refusal_) return false;
  text = {out, size};
  return true;
}

}  // namespace evloom::http
