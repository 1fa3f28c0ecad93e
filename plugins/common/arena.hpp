// Arena: memory that is handed out piece by piece and taken back as a whole. One thread at a time; the pieces
// live until reset.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace evloom::plugins {

class Arena {
 public:
  // Uninitialised room for `count` objects of T; throws std::bad_alloc. T needs no destructor.
  template <typename T>
  T* allocate(std::size_t count) {
    const std::size_t size = count * sizeof(T);
    used_ = (used_ + alignof(T) - 1) & ~(alignof(T) - 1);
    if (chunks_.empty() || used_ + size > chunks_.back().size) {
      add_chunk(size);
      used_ = 0;
    }
    char* place = chunks_.back().bytes.get() + used_;
    used_ += size;
    return reinterpret_cast<T*>(place);
  }

  // Takes everything back; a modest last chunk is kept for the next use.
  void reset() {
    if (chunks_.size() > 1) chunks_.erase(chunks_.begin(), chunks_.end() - 1);
    if (!chunks_.empty() && chunks_.back().size > kKeep) chunks_.clear();
    used_ = 0;
  }

 private:
  static constexpr std::size_t kFirst = 1024;
  static constexpr std::size_t kKeep = std::size_t{256} * 1024;
  struct Chunk {
    std::unique_ptr<char[]> bytes;
    std::size_t size;
  };

  void add_chunk(std::size_t at_least) {
    std::size_t size = chunks_.empty() ? kFirst : chunks_.back().size * 2;
    if (size > kKeep) size = kKeep;
    if (size < at_least) size = at_least;
    chunks_.reserve(chunks_.size() + 1);
    chunks_.push_back({std::unique_ptr<char[]>(new char[size]), size});
  }

  std::vector<Chunk> chunks_;
  std::size_t used_ = 0;  // of the last chunk
};

}  // namespace evloom::plugins
