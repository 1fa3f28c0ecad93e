// Answer: the growing bytes of a rendering, with fragments that it shares with other answers, and the pool in
// which a loop keeps such buffers. One loop's thread.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "evloom/abi/format.h"

#include "epoch/fragments.hpp"
#include "http/body.hpp"

namespace evloom::epoch {

// Where a format writes; see evl_writer.
class Answer : public evl_writer {
 public:
  static constexpr std::size_t kFirst = std::size_t{4} << 10;
  static constexpr std::size_t kMost = std::size_t{64} << 20;   // of one answer
  static constexpr std::size_t kKept = std::size_t{256} << 10;  // a larger buffer goes back to the heap
  static constexpr std::size_t kMostFragments = 4;              // that are not copied
  static constexpr std::size_t kLong = std::size_t{4} << 10;    // a shorter fragment is copied

  Answer();
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  void clear();
  // It could not grow, or its format failed: it is not whole.
  bool failed = false;
  // What was written to the buffer: without fragments that were not copied to it.
  std::string_view written() const;
  // All of it, piece by piece; valid until the answer is changed.
  using Pieces = std::array<http::Piece, 2 * kMostFragments + 1>;
  std::span<const http::Piece> pieces(Pieces& room) const;
  std::size_t bytes() const;

  // Puts a fragment behind what there is: copies it, or holds it when it is long. EVL_E_LIMIT,
  // EVL_E_NO_SPACE.
  evl_status append(std::shared_ptr<const Fragment> fragment);
  std::size_t capacity() const { return static_cast<std::size_t>(limit - begin_.get()); }

 private:
  struct Free {
    void operator()(char* memory) const;
  };
  static evl_status grow_buffer(evl_writer* writer, std::size_t need);

  std::unique_ptr<char, Free> begin_;
  struct Shared {
    std::size_t at;  // how much had been written before it
    std::shared_ptr<const Fragment> fragment;
  };
  std::array<Shared, kMostFragments> shared_;
  std::size_t shared_count_ = 0;
  std::size_t shared_bytes_ = 0;
};

class AnswerPool {
 public:
  std::unique_ptr<Answer> take();
  void give_back(std::unique_ptr<Answer> answer);

 private:
  static constexpr std::size_t kKept = 16;
  std::vector<std::unique_ptr<Answer>> free_;
};

}  // namespace evloom::epoch
