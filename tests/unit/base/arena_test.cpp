// The arena: alignment, bounds, and what reset keeps.
#include "base/arena.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace evloom {
namespace {

TEST(Arena, TakesNothingUntilAsked) {
  Arena arena;
  EXPECT_EQ(arena.held_bytes(), 0U);
  EXPECT_NE(arena.allocate(0), nullptr);
  EXPECT_EQ(arena.held_bytes(), Arena::kDefaultChunk);
}

TEST(Arena, AlignsAndNeverOverlaps) {
  Arena arena(256);
  std::string_view before = arena.copy("canary");
  for (size_t align = 1; align <= 512; align *= 2) {
    for (size_t size = 0; size < 600; size += 37) {
      void* const memory = arena.allocate(size, align);
      ASSERT_EQ(reinterpret_cast<uintptr_t>(memory) % align, 0U);
      if (size != 0) std::memset(memory, 0xee, size);
      ASSERT_EQ(before, "canary");
      before = arena.copy("canary");
    }
  }
}

TEST(Arena, KeepsTheFirstChunkOverAReset) {
  Arena arena(256);
  void* const first = arena.allocate(16);
  for (int i = 0; i < 100; ++i) ASSERT_NE(arena.allocate(100), nullptr);
  ASSERT_NE(arena.allocate(100'000), nullptr);
  EXPECT_GT(arena.held_bytes(), 110'000U);
  arena.reset();
  EXPECT_EQ(arena.held_bytes(), 256U);
  EXPECT_EQ(arena.allocate(16), first);
  arena.release();
  EXPECT_EQ(arena.held_bytes(), 0U);
  EXPECT_NE(arena.allocate(16), nullptr);
}

TEST(Arena, ALargeBlockLeavesTheCurrentChunkInUse) {
  Arena arena(256);
  char* const before = static_cast<char*>(arena.allocate(8, 1));
  ASSERT_NE(arena.allocate(10'000), nullptr);
  EXPECT_EQ(arena.allocate(8, 1), before + 8);
}

TEST(Arena, RefusesBeyondItsLimitAndBeyondReason) {
  Arena arena(256, 1024);
  EXPECT_EQ(arena.allocate(2000), nullptr);
  EXPECT_EQ(arena.allocate(SIZE_MAX), nullptr);
  EXPECT_EQ(arena.allocate(SIZE_MAX - 8, 8), nullptr);
  int blocks = 0;
  while (arena.allocate(100) != nullptr && blocks < 100) ++blocks;
  EXPECT_GE(blocks, 8);
  EXPECT_LE(arena.held_bytes(), 1024U);
  EXPECT_EQ(arena.copy(std::string(500, 'x')).data(), nullptr);
  arena.reset();
  EXPECT_NE(arena.allocate(100), nullptr);
}

TEST(Arena, CopiesText) {
  Arena arena;
  const std::string text = "text";
  const std::string_view copy = arena.copy(text);
  EXPECT_EQ(copy, text);
  EXPECT_NE(copy.data(), text.data());
  EXPECT_NE(arena.copy("").data(), nullptr);
}

}  // namespace
}  // namespace evloom
