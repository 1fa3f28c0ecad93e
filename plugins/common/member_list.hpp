// MemberList: the members of a set in one array that only grows. Its owner, one thread, appends; a snapshot
// (the array and a count) may travel to another thread and be read there while the owner goes on appending,
// since nothing before the count ever changes. A reply of 30,000 members thus costs one reference, not 30,000
// copies.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "evloom/abi/base.h"

#include "common/shared.hpp"

namespace evloom::plugins {

class MemberList {
  struct Text : Shared {
    std::vector<std::unique_ptr<char[]>> chunks;  // the owner's thread alone touches the vector
  };
  struct Array : Shared {
    Array(Ref<Text> bytes, std::size_t room)
        : text(std::move(bytes)), items(new evl_bytes[room]), capacity(room) {}
    Ref<Text> text;  // what the items point into
    std::unique_ptr<evl_bytes[]> items;
    std::size_t capacity;
  };

 public:
  // The first `count` members; they live as long as `hold`.
  struct Snapshot {
    Ref<Shared> hold;
    const evl_bytes* items = nullptr;
    std::size_t count = 0;
    std::uint64_t version = 0;
  };

  // Names what it holds now, for evl_result::version: the owner gives it a number of its own after each
  // change.
  void set_version(std::uint64_t version) { version_ = version; }

  std::size_t size() const { return count_; }
  std::string_view operator[](std::size_t index) const {
    return {array_->items[index].data, array_->items[index].size};
  }
  // Bytes on the heap, about.
  std::size_t memory() const { return text_size_ + (array_ ? array_->capacity * sizeof(evl_bytes) : 0); }

  // Appends a copy of `member`; throws std::bad_alloc and is as before.
  void append(std::string_view member) {
    if (!text_) text_ = Ref<Text>::adopt(new Text);
    if (!array_ || count_ == array_->capacity) grow_array();
    if (!place_ || member.size() > room_) add_chunk(member.size());
    std::memcpy(place_, member.data(), member.size());
    array_->items[count_] = {place_, member.size()};
    place_ += member.size();
    room_ -= member.size();
    ++count_;
  }

  Snapshot snapshot() const {
    if (count_ == 0) return {};
    return {array_, array_->items.get(), count_, version_};
  }

 private:
  static constexpr std::size_t kFirstChunk = 64;
  static constexpr std::size_t kLastChunk = std::size_t{64} * 1024;

  void grow_array() {
    const std::size_t capacity = array_ ? array_->capacity * 2 : 4;
    auto larger = Ref<Array>::adopt(new Array(text_, capacity));
    if (array_) std::copy_n(array_->items.get(), count_, larger->items.get());
    array_ = std::move(larger);
  }
  void add_chunk(std::size_t at_least) {
    next_chunk_ = std::max(at_least, std::min(kLastChunk, next_chunk_ ? next_chunk_ * 2 : kFirstChunk));
    text_->chunks.emplace_back(new char[next_chunk_]);
    place_ = text_->chunks.back().get();
    room_ = next_chunk_;
    text_size_ += next_chunk_;
  }

  Ref<Text> text_;
  Ref<Array> array_;
  std::size_t count_ = 0;
  std::uint64_t version_ = 0;
  char* place_ = nullptr;  // where the next member's bytes go, and how many fit
  std::size_t room_ = 0;
  std::size_t next_chunk_ = 0;
  std::size_t text_size_ = 0;
};

}  // namespace evloom::plugins
