// CommandWriter: commands in wire form (RESP, an array of bulk strings). One per connection; its loop's
// thread.
#pragma once

#include <charconv>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "evloom/base.hpp"

namespace evloom::plugins::redis {

class CommandWriter {
 public:
  // A command of these words, and `items` behind them. The text is valid until the next one is written.
  // Throws std::bad_alloc.
  std::string_view write(std::initializer_list<std::string_view> words,
                         std::span<const evl_bytes> items = {}) {
    if (wire_.capacity() > kKept) wire_ = {};  // a large value was sent: do not keep its room
    wire_.clear();
    number('*', words.size() + items.size());
    for (const std::string_view text : words) word(text);
    for (const evl_bytes& item : items) word(evl::view(item));
    return wire_;
  }

 private:
  static constexpr std::size_t kKept = std::size_t{64} << 10;

  void word(std::string_view text) {
    number('$', text.size());
    wire_ += text;
    wire_ += "\r\n";
  }
  void number(char sign, std::size_t value) {
    char digits[24];
    const char* end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    wire_ += sign;
    wire_.append(digits, static_cast<std::size_t>(end - digits));
    wire_ += "\r\n";
  }

  std::string wire_;
};

}  // namespace evloom::plugins::redis
