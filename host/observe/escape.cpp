// Escapes for text and JSON lines. Most text is plain ASCII: it is appended in runs.
#include "observe/escape.hpp"

#include <cstring>

namespace evloom::observe {
namespace {

constexpr char kHex[] = "0123456789abcdef";
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

unsigned byte_at(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

void append_hex(std::string& out, unsigned byte) {
  out += "\\x";
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

// A character of two or three bytes that ends or controls a line: C1 (U+0080-U+009F), U+2028, U+2029.
bool is_wide_control(std::string_view text, std::size_t length) {
  if (length == 2) return byte_at(text, 0) == 0xC2 && byte_at(text, 1) < 0xA0;
  return length == 3 && byte_at(text, 0) == 0xE2 && byte_at(text, 1) == 0x80 &&
         (byte_at(text, 2) & 0xFE) == 0xA8;
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const unsigned lead = byte_at(text, 0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xC2 && lead <= 0xDF ? 2 : (lead & 0xF0) == 0xE0 ? 3 : 4;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte_at(text, i) & 0xC0) != 0x80) return 0;
  }
  const unsigned second = byte_at(text, 1);
  if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F)) return 0;
  if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return 0;
  return length;
}

void append_text(std::string& out, std::string_view text, TextPlace place) {
  std::size_t run = 0;  // start of what needs no escape
  std::size_t at = 0;
  const auto end_run = [&] { out.append(text, run, at - run); };
  while (at < text.size()) {
    const unsigned c = byte_at(text, at);
    if (c >= 0x80) {
      const std::size_t length = utf8_length(text.substr(at));
      if (length != 0 && !is_wide_control(text.substr(at), length)) {
        at += length;
        continue;
      }
      end_run();
      const std::size_t bad = length == 0 ? 1 : length;
      for (std::size_t i = 0; i < bad; ++i) append_hex(out, byte_at(text, at + i));
      at += bad;
      run = at;
      continue;
    }
    const bool quote = c == '"' && place != TextPlace::kMessage;
    const bool space = c == ' ' && place == TextPlace::kWord;
    if (c >= 0x20 && c != 0x7F && c != '\\' && !quote && !space) {
      ++at;
      continue;
    }
    end_run();
    switch (c) {
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '"':
        out += "\\\"";
        break;
      default:
        append_hex(out, c);
    }
    run = ++at;
  }
  end_run();
}

void append_json(std::string& out, std::string_view text) {
  std::size_t run = 0;
  std::size_t at = 0;
  const auto end_run = [&] { out.append(text, run, at - run); };
  const auto unicode = [&](unsigned high, unsigned low) {
    out += "\\u";
    for (const unsigned byte : {high, low}) {
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  };
  while (at < text.size()) {
    const unsigned c = byte_at(text, at);
    const std::size_t length = utf8_length(text.substr(at));
    const bool control = c < 0x20 || c == 0x7F || is_wide_control(text.substr(at), length);
    if (length != 0 && !control && c != '"' && c != '\\') {
      at += length;
      continue;
    }
    end_run();
    if (length == 0) {
      out += "\\ufffd";
    } else if (length == 2) {
      unicode(0, byte_at(text, at + 1));
    } else if (length == 3) {
      unicode(0x20, byte_at(text, at + 2) & 0x3F);
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      unicode(0, c);
    }
    at += length == 0 ? 1 : length;
    run = at;
  }
  end_run();
}

std::size_t mark_cut(char* buffer, std::size_t capacity, std::size_t size) {
  if (size <= capacity) return size;
  std::size_t cut = capacity - kEllipsis.size();
  // Back to the first byte of a character; four bytes at most, or it is no UTF-8 anyway.
  for (int i = 0; i < 3 && cut > 0 && (static_cast<unsigned char>(buffer[cut]) & 0xC0) == 0x80; ++i) --cut;
  std::memcpy(buffer + cut, kEllipsis.data(), kEllipsis.size());
  return cut + kEllipsis.size();
}

std::size_t copy_cut(char* buffer, std::size_t capacity, std::string_view text) {
  if (!text.empty()) std::memcpy(buffer, text.data(), text.size() < capacity ? text.size() : capacity);
  return mark_cut(buffer, capacity, text.size());
}

}  // namespace evloom::observe
