// The slow half of Arena: chunks.
#include "base/arena.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace evloom {

namespace {

void poison([[maybe_unused]] void* at, [[maybe_unused]] size_t size) {
#if defined(__SANITIZE_ADDRESS__)
  ASAN_POISON_MEMORY_REGION(at, size);
#endif
}

}  // namespace

void* Arena::allocate_slow(size_t size, size_t align) {
  if (size > SIZE_MAX - align - sizeof(Chunk)) return nullptr;
  const size_t needed = sizeof(Chunk) + align + size;
  const size_t want = first_ == nullptr ? chunk_bytes_ : std::max(chunk_bytes_, needed);
  if (want > limit_bytes_ - held_) return nullptr;
  auto* const chunk = static_cast<Chunk*>(std::malloc(want));
  if (chunk == nullptr) return nullptr;
  held_ += want;
  chunk->size = want;
  if (first_ == nullptr) {
    chunk->next = nullptr;
    first_ = chunk;
    use(chunk);
    return allocate(size, align);
  }
  chunk->next = first_->next;
  first_->next = chunk;
  if (want > chunk_bytes_) {  // a chunk of its own; the current one still has room for small things
    const uintptr_t begin = reinterpret_cast<uintptr_t>(chunk + 1);
    return reinterpret_cast<void*>((begin + (align - 1)) & ~(uintptr_t{align} - 1));
  }
  use(chunk);
  return allocate(size, align);
}

void Arena::use(Chunk* chunk) {
  cursor_ = reinterpret_cast<uintptr_t>(chunk + 1);
  end_ = reinterpret_cast<uintptr_t>(chunk) + chunk->size;
  poison(chunk + 1, end_ - cursor_);
}

std::string_view Arena::copy(std::string_view text) {
  auto* const to = static_cast<char*>(allocate(text.size(), 1));
  if (to == nullptr) return {};
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  return {to, text.size()};
}

void Arena::reset() {
  if (first_ == nullptr) return;
  for (Chunk* chunk = first_->next; chunk != nullptr;) {
    Chunk* const next = chunk->next;
    held_ -= chunk->size;
    unpoison(reinterpret_cast<uintptr_t>(chunk), chunk->size);
    std::free(chunk);
    chunk = next;
  }
  first_->next = nullptr;
  use(first_);
}

void Arena::release() {
  if (first_ == nullptr) return;
  reset();
  unpoison(reinterpret_cast<uintptr_t>(first_), first_->size);
  std::free(first_);
  first_ = nullptr;
  cursor_ = end_ = 0;
  held_ = 0;
}

}  // namespace evloom
