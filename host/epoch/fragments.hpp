// Fragments: what a format has made of a list, kept by a loop so that it can be sent again as long as the
// list is the same. Bounded; what was used longest ago goes first. One loop's thread; an answer on its way
// out holds what it needs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>

#include "evloom/abi/format.h"

#include "http/sealed_file.hpp"

namespace evloom::epoch {

// Bytes that never change.
struct Fragment {
  std::string bytes;
  std::array<std::uint64_t, 4> scratch;    // the format's, when it had written them
  std::unique_ptr<http::SealedFile> file;  // with the bytes, where it pays
  std::shared_ptr<const void> counted;     // among those that have a file
};

class Fragments {
 public:
  // What the bytes depend on: the list, who renders it, and where in an answer.
  struct Key {
    std::uint64_t version;
    std::uint64_t origin;
    std::uint64_t format;  // its Instance::serial()
    evl_value_kind kind;
    std::array<std::uint64_t, 4> scratch;  // the format's, before

    bool operator==(const Key&) const = default;
  };

  // Null when it is not kept. What is asked for again has a file from then on, if it is large.
  std::shared_ptr<const Fragment> find(const Key& key);
  // Throws std::bad_alloc.
  void keep(const Key& key, std::shared_ptr<Fragment> fragment);

 private:
  static constexpr std::size_t kMost = 32;                         // and as many files
  static constexpr std::size_t kMostBytes = std::size_t{8} << 20;  // and as many in files
  // To have pages sent costs two system calls more than to have bytes copied.
  static constexpr std::size_t kFiled = std::size_t{32} << 10;
  struct Entry {
    Key key;
    std::shared_ptr<Fragment> fragment;
    bool filed = false;  // a file was made of it, or could not be
  };

  std::list<Entry> entries_;  // the one used last comes first
  // Held by every fragment with a file, also by those that are only on their way out any more: no client
  // that does not read makes files without end.
  std::shared_ptr<const void> files_ = std::make_shared<char>();
  std::size_t bytes_ = 0;
};

}  // namespace evloom::epoch
