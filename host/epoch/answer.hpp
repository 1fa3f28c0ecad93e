// Answer: the growing bytes of a rendering, and the pool in which a loop keeps such buffers. One loop's
// thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "evloom/abi/format.h"

namespace evloom::epoch {

// Where a format writes; see evl_writer.
class Answer : public evl_writer {
 public:
  static constexpr std::size_t kFirst = std::size_t{4} << 10;
  static constexpr std::size_t kMost = std::size_t{64} << 20;   // of one answer
  static constexpr std::size_t kKept = std::size_t{256} << 10;  // a larger buffer goes back to the heap

  Answer();
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  void clear();
  // It could not grow, or its format failed: it is not whole.
  bool failed = false;
  std::string_view bytes() const;
  std::size_t capacity() const { return static_cast<std::size_t>(limit - begin_.get()); }

 private:
  struct Free {
    void operator()(char* memory) const;
  };
  static evl_status grow_buffer(evl_writer* writer, std::size_t need);

  std::unique_ptr<char, Free> begin_;
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
