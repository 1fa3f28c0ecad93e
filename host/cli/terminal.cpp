#include "cli/terminal.hpp"

#include <algorithm>

#include "observe/escape.hpp"

namespace evloom::cli {

namespace {

bool needs_no_quotes(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("/._-+,:=@%").find(c) != std::string_view::npos;
}

}  // namespace

std::string plain_lines(std::string_view text) {
  std::string out;
  for (;;) {
    const std::size_t end = text.find('\n');
    observe::append_text(out, text.substr(0, end), observe::TextPlace::kMessage);
    if (end == std::string_view::npos) return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
}

std::string shell_word(std::string_view argument) {
  if (!argument.empty() && std::all_of(argument.begin(), argument.end(), needs_no_quotes))
    return std::string(argument);
  std::string out = "'";
  for (const char c : argument) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

}  // namespace evloom::cli
