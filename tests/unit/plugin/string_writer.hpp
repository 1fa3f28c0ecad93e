// An evl_writer into a string, with a limit.
#pragma once

#include <algorithm>
#include <string>

#include "evloom/abi/format.h"

namespace evloom::plugin {

class StringWriter {
 public:
  explicit StringWriter(std::size_t limit = std::size_t{64} << 20) : limit_(limit) {
    raw_.size = sizeof raw_;
    raw_.grow = [](evl_writer* raw, std::size_t need) -> evl_status {
      return reinterpret_cast<StringWriter*>(raw)->grow(need);
    };
    grow(16);  // small at first, so that growing is tried
  }

  evl_writer* raw() { return &raw_; }
  std::string text() const {
    return {buffer_.data(), static_cast<std::size_t>(raw_.cursor - buffer_.data())};
  }
  int grown() const { return grown_; }

 private:
  evl_status grow(std::size_t need) {
    const std::size_t used = buffer_.empty() ? 0 : static_cast<std::size_t>(raw_.cursor - buffer_.data());
    if (used + need > limit_) return EVL_E_LIMIT;
    buffer_.resize(std::max(used + need, 2 * buffer_.size()));
    raw_.cursor = buffer_.data() + used;
    raw_.limit = buffer_.data() + buffer_.size();
    ++grown_;
    return EVL_OK;
  }

  evl_writer raw_{};  // first: `grow` finds us by it
  std::size_t limit_;
  std::string buffer_;
  int grown_ = 0;
};

}  // namespace evloom::plugin
