// Arena: memory that is given back all at once. One per submit under way; the loop's alone.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "evloom/abi/base.h"

namespace redis {

class Arena {
 public:
  // `count` objects of T, not initialised; throws std::bad_alloc.
  template <typename T>
  T* array(std::size_t count) {
    static_assert(alignof(T) <= kAlign && std::is_trivial_v<T>);
    return static_cast<T*>(take(count * sizeof(T)));
  }
  evl_bytes copy(const char* data, std::size_t size) {
    char* to = array<char>(size);
    if (size != 0) std::memcpy(to, data, size);
    return {to, size};
  }

  // Bytes given out since the last clear.
  std::size_t used() const { return used_; }

  // Everything given out is invalid from now on. Keeps one chunk of ordinary size for the next use.
  void clear() {
    used_ = 0;
    if (!chunks_.empty()) chunks_.resize(first_is_ordinary_ ? 1 : 0);
    at_ = 0;
    room_ = chunks_.empty() ? 0 : kChunk;
  }

 private:
  static constexpr std::size_t kChunk = 16 << 10;
  static constexpr std::size_t kAlign = alignof(std::max_align_t);

  void* take(std::size_t size) {
    size = std::max(kAlign, (size + kAlign - 1) & ~(kAlign - 1));
    if (room_ - at_ < size) {
      const std::size_t chunk = std::max(size, kChunk);
      chunks_.push_back(std::make_unique_for_overwrite<char[]>(chunk));
      if (chunks_.size() == 1) first_is_ordinary_ = chunk == kChunk;
      at_ = 0;
      room_ = chunk;
    }
    void* given = chunks_.back().get() + at_;
    at_ += size;
    used_ += size;
    return given;
  }

  std::vector<std::unique_ptr<char[]>> chunks_;  // the last one is being filled
  bool first_is_ordinary_ = false;
  std::size_t at_ = 0, room_ = 0, used_ = 0;
};

}  // namespace redis
