#include "config/diagnostics.hpp"

#include <algorithm>
#include <cstdio>

namespace evloom::config {
namespace {

constexpr std::size_t kMaxLineShown = 100;  // characters of a source line
constexpr std::size_t kMaxMessage = 1000;   // bytes of a message or a hint
constexpr std::size_t kMaxQuoted = 60;      // bytes of a quoted text

bool continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

bool control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20U || byte == 0x7FU;
}

// A source line cut to what fits around the caret, and the caret line below it.
struct Excerpt {
  std::string text;
  std::string marks;
};

Excerpt excerpt(std::string_view line, std::size_t byte, std::size_t length) {
  byte = std::min(byte, line.size());
  std::size_t first = 0;
  if (line.size() > kMaxLineShown && byte > kMaxLineShown / 2) first = byte - kMaxLineShown / 2;
  while (first < byte && continuation(line[first])) ++first;
  std::size_t last = std::min(line.size(), first + kMaxLineShown);
  while (last < line.size() && last > byte && continuation(line[last])) --last;

  Excerpt out;
  if (first > 0) {
    out.text = "...";
    out.marks = "   ";
  }
  for (std::size_t at = first; at < last;) {
    const std::size_t size = std::max<std::size_t>(utf8_length(line.substr(at)), 1);
    const bool tab = line[at] == '\t';
    const bool printable = tab || (!control(line[at]) && utf8_length(line.substr(at)) != 0);
    out.text.append(printable ? line.substr(at, size) : std::string_view("?"));
    if (at < byte) {
      out.marks += tab ? '\t' : ' ';
    } else if (at < byte + length || at == byte) {
      out.marks += at == byte ? '^' : '~';
    }
    at += size;
  }
  if (byte >= last) out.marks += '^';
  if (last < line.size()) out.text += "...";
  return out;
}

}  // namespace

Source::Source(std::string name, std::string text, std::filesystem::path base_dir)
    : name_(std::move(name)), text_(std::move(text)), base_dir_(std::move(base_dir)) {
  if (text_.starts_with("\xEF\xBB\xBF")) text_.erase(0, 3);  // a byte order mark is no part of line 1
  starts_.push_back(0);
  for (std::size_t at = text_.find('\n'); at != std::string::npos; at = text_.find('\n', at + 1)) {
    starts_.push_back(at + 1);
  }
}

std::string_view Source::line(std::uint32_t number) const {
  if (number == 0 || number > starts_.size()) return {};
  const std::size_t start = starts_[number - 1];
  const std::size_t end = number < starts_.size() ? starts_[number] - 1 : text_.size();
  std::string_view rest = std::string_view(text_).substr(start, end - start);
  if (rest.ends_with('\r')) rest.remove_suffix(1);
  return rest;
}

std::size_t Source::offset(std::uint32_t number, std::uint32_t byte) const {
  if (number == 0 || number > starts_.size()) return text_.size();
  return std::min(text_.size(), starts_[number - 1] + byte);
}

std::uint32_t Position::column() const {
  if (!source || line == 0) return 0;
  const std::string_view text = source->line(line);
  std::uint32_t column = 1;
  for (std::size_t at = 0; at < byte; ++at) {
    if (at >= text.size() || !continuation(text[at])) ++column;
  }
  return column;
}

std::string Position::to_string() const {
  if (!source) return "(built in)";
  if (line == 0) return source->name();
  return source->name() + ":" + std::to_string(line) + ":" + std::to_string(column());
}

bool before(const Position& a, const Position& b) {
  return a.line != b.line ? a.line < b.line : a.byte < b.byte;
}

void Diagnostics::error(const Position& position, std::string message, std::string hint) {
  add({Severity::error, position, std::move(message), std::move(hint)});
}

void Diagnostics::warning(const Position& position, std::string message, std::string hint) {
  add({Severity::warning, position, std::move(message), std::move(hint)});
}

void Diagnostics::add(Diagnostic diagnostic) {
  // A node reached through two aliases is reported once.
  for (const Diagnostic& other : list_) {
    if (other.position.source == diagnostic.position.source &&
        other.position.line == diagnostic.position.line && other.position.byte == diagnostic.position.byte &&
        other.message == diagnostic.message) {
      return;
    }
  }
  if (diagnostic.severity == Severity::error) ++errors_;
  if (full()) {
    ++dropped_;
    return;
  }
  for (std::string* text : {&diagnostic.message, &diagnostic.hint}) {
    if (text->size() > kMaxMessage) *text = text->substr(0, kMaxMessage) + "...";
  }
  const auto at = std::upper_bound(
      list_.begin(), list_.end(), diagnostic,
      [](const Diagnostic& a, const Diagnostic& b) { return before(a.position, b.position); });
  list_.insert(at, std::move(diagnostic));
}

std::string render(const Diagnostics& diagnostics, bool colour) {
  const std::string_view bold = colour ? "\x1b[1m" : "";
  const std::string_view red = colour ? "\x1b[1;31m" : "";
  const std::string_view yellow = colour ? "\x1b[1;33m" : "";
  const std::string_view green = colour ? "\x1b[32m" : "";
  const std::string_view plain = colour ? "\x1b[0m" : "";

  std::string out;
  for (const Diagnostic& found : diagnostics.list()) {
    const bool error = found.severity == Severity::error;
    out.append(bold).append(found.position.to_string()).append(": ").append(plain);
    out.append(error ? red : yellow).append(error ? "error: " : "warning: ").append(plain);
    out.append(bold).append(found.message).append(plain).append("\n");
    std::size_t margin = 5;
    if (found.position.source && found.position.line != 0) {
      const Excerpt shown = excerpt(found.position.source->line(found.position.line), found.position.byte,
                                    found.position.length);
      std::string number = std::to_string(found.position.line);
      if (number.size() < margin) number.insert(0, margin - number.size(), ' ');
      margin = number.size();
      out.append(number).append(" | ").append(shown.text).append("\n");
      out.append(margin, ' ').append(" | ").append(green).append(shown.marks).append(plain).append("\n");
    }
    if (!found.hint.empty()) out.append(margin, ' ').append(" = ").append(found.hint).append("\n");
  }
  if (diagnostics.dropped() != 0) {
    out.append("and ").append(std::to_string(diagnostics.dropped())).append(" more\n");
  }
  return out;
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    if (at >= kMaxQuoted) {
      out += "...";
      break;
    }
    const std::size_t size = utf8_length(text.substr(at));
    if (size == 0 || control(text[at])) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\x%02x",
                    static_cast<unsigned>(static_cast<unsigned char>(text[at])));
      out += escape;
      ++at;
      continue;
    }
    if (text[at] == '"' || text[at] == '\\') out += '\\';
    out.append(text.substr(at, size));
    at += size;
  }
  return out + "\"";
}

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned first = byte(0);
  if (first < 0x80U) return 1;
  const std::size_t size = first >= 0xF0U ? 4 : first >= 0xE0U ? 3 : 2;
  if (first < 0xC2U || first > 0xF4U || text.size() < size) return 0;
  for (std::size_t at = 1; at < size; ++at) {
    if (!continuation(text[at])) return 0;
  }
  const unsigned second = byte(1);
  if (first == 0xE0U && second < 0xA0U) return 0;  // overlong
  if (first == 0xEDU && second > 0x9FU) return 0;  // surrogate
  if (first == 0xF0U && second < 0x90U) return 0;  // overlong
  if (first == 0xF4U && second > 0x8FU) return 0;  // above U+10FFFF
  return size;
}

}  // namespace evloom::config
