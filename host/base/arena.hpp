// Arena: memory that lives as long as one request and is given back at a stroke. One owner, one thread at a
// time, no lock; the owner is the connection. It bumps a pointer through chunks; nothing allocated is ever
// destroyed singly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace evloom {

class Arena {
 public:
  static constexpr size_t kDefaultChunk = 4096;

  // `chunk_bytes`: size of the first and the least size of each further chunk. `limit_bytes`: what all chunks
  // together may take. No memory is taken before the first allocation.
  explicit Arena(size_t chunk_bytes = kDefaultChunk, size_t limit_bytes = SIZE_MAX)
      : chunk_bytes_(chunk_bytes < kLeastChunk ? kLeastChunk : chunk_bytes), limit_bytes_(limit_bytes) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() { release(); }

  // `size` bytes at a multiple of `align` (a power of two), valid until reset or release; nullptr when the
  // limit or the machine has no more. A size of 0 gives a valid pointer to nothing.
  void* allocate(size_t size, size_t align = alignof(std::max_align_t)) {
    const uintptr_t at = (cursor_ + (align - 1)) & ~(uintptr_t{align} - 1);
    if (cursor_ != 0 && at <= end_ && size <= end_ - at) {
      cursor_ = at + size;
      unpoison(at, size);
      return reinterpret_cast<void*>(at);
    }
    return allocate_slow(size, align);
  }

  // A copy of `text`, valid until reset or release; its data() is nullptr when there was no memory for it.
  std::string_view copy(std::string_view text);

  // Forgets all allocations; keeps the first chunk for the next request, frees the others.
  void reset();
  // Forgets all allocations and frees everything: for a connection that goes idle.
  void release();

  // Bytes taken from the heap at present.
  size_t held_bytes() const { return held_; }

 private:
  static constexpr size_t kLeastChunk = 64;
  struct Chunk {
    Chunk* next;
    size_t size;  // of the whole block, this header included
  };

  void* allocate_slow(size_t size, size_t align);
  void use(Chunk* chunk);
  static void unpoison(uintptr_t at, size_t size);

  uintptr_t cursor_ = 0;
  uintptr_t end_ = 0;
  Chunk* first_ = nullptr;  // kept by reset; the others hang behind it, the newest next to it
  size_t held_ = 0;
  size_t chunk_bytes_;
  size_t limit_bytes_;
};

}  // namespace evloom

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
inline void evloom::Arena::unpoison(uintptr_t at, size_t size) {
  ASAN_UNPOISON_MEMORY_REGION(reinterpret_cast<void*>(at), size);
}
#else
inline void evloom::Arena::unpoison(uintptr_t, size_t) {}
#endif
