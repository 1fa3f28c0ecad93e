// What a loop keeps of rendered lists: for how long, and which of them get a file to be sent from.
#include "epoch/fragments.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace evloom::epoch {
namespace {

constexpr std::size_t kLarge = std::size_t{100} << 10;

Fragments::Key key(std::uint64_t version) { return {version, 1, 1, EVL_VALUE_TEXT, {}}; }

std::shared_ptr<Fragment> of(std::size_t size) {
  return std::make_shared<Fragment>(std::string(size, 'x'), std::array<std::uint64_t, 4>{}, nullptr, nullptr);
}

TEST(Fragments, ALargeOneGetsAFileWhenItIsAskedForAgain) {
  Fragments fragments;
  const std::shared_ptr<Fragment> kept = of(kLarge);
  fragments.keep(key(1), kept);
  EXPECT_EQ(kept->file, nullptr) << "nobody may ever ask again";
  ASSERT_EQ(fragments.find(key(1)), kept);
  const http::SealedFile* file = kept->file.get();
  EXPECT_NE(file, nullptr);
  ASSERT_EQ(fragments.find(key(1)), kept);
  EXPECT_EQ(kept->file.get(), file) << "one file is enough";
}

TEST(Fragments, ThereAreNoMoreFilesThanAreKeptWhateverIsOnItsWay) {
  Fragments fragments;
  std::vector<std::shared_ptr<const Fragment>> under_way;
  for (std::uint64_t version = 1; version <= 40; ++version) {
    fragments.keep(key(version), of(kLarge));
    under_way.push_back(fragments.find(key(version)));
  }
  const auto files = [&] {
    return std::count_if(under_way.begin(), under_way.end(),
                         [](const auto& one) { return one->file != nullptr; });
  };
  EXPECT_EQ(files(), 32);
  under_way.erase(under_way.begin(), under_way.begin() + 8);  // they are sent, and were let go of before
  EXPECT_EQ(files(), 24);
  fragments.keep(key(41), of(kLarge));
  under_way.push_back(fragments.find(key(41)));
  EXPECT_NE(under_way.back()->file, nullptr);
}

TEST(Fragments, ASmallOneIsSentFromMemory) {
  Fragments fragments;
  const std::shared_ptr<Fragment> kept = of(1000);
  fragments.keep(key(1), kept);
  for (int i = 0; i < 3; ++i) ASSERT_EQ(fragments.find(key(1)), kept);
  EXPECT_EQ(kept->file, nullptr);
}

TEST(Fragments, EveryPartOfTheKeyCounts) {
  Fragments fragments;
  fragments.keep(key(1), of(10));
  for (auto change :
       {+[](Fragments::Key& key) { key.version = 2; }, +[](Fragments::Key& key) { key.origin = 2; },
        +[](Fragments::Key& key) { key.format = 2; },
        +[](Fragments::Key& key) { key.kind = EVL_VALUE_DIGITS; },
        +[](Fragments::Key& key) { key.scratch[3] = 2; }}) {
    Fragments::Key other = key(1);
    change(other);
    EXPECT_EQ(fragments.find(other), nullptr);
  }
  EXPECT_NE(fragments.find(key(1)), nullptr);
}

TEST(Fragments, WhatWasUsedLongestAgoGoes) {
  Fragments fragments;
  const std::shared_ptr<Fragment> first = of(std::size_t{3} << 20);
  fragments.keep(key(1), first);
  fragments.keep(key(2), of(std::size_t{3} << 20));
  EXPECT_NE(fragments.find(key(1)), nullptr);
  fragments.keep(key(3), of(std::size_t{3} << 20));
  EXPECT_EQ(fragments.find(key(2)), nullptr);
  EXPECT_NE(fragments.find(key(1)), nullptr);
  EXPECT_NE(fragments.find(key(3)), nullptr);
  fragments.keep(key(4), of(std::size_t{9} << 20));
  EXPECT_EQ(fragments.find(key(4)), nullptr) << "larger than all that may be kept";
  EXPECT_NE(fragments.find(key(3)), nullptr);
}

}  // namespace
}  // namespace evloom::epoch
