// FaultTable: lets at most one record a second through for each (module, key) and counts the others.
// Every record is written or counted exactly once. Bounded: when all entries are in use, the further keys of
// a module share one. Belongs to the log thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "observe/log.hpp"

namespace evloom::observe {

// A fault record that is to be written, with how many before it were not.
struct Fault {
  std::int64_t wall_ns = 0;
  const LogModule* module = nullptr;
  int loop = -1;
  Level level = Level::kOff;
  std::string_view key;
  std::string_view text;
  std::uint64_t suppressed = 0;
};

class FaultTable {
 public:
  static constexpr std::int64_t kWindowNs = 1'000'000'000;

  explicit FaultTable(std::size_t limit = 256) : limit_(limit) {}

  // True: write it, with `fault.suppressed` as set here. False: it was counted and its text kept.
  bool admit(Fault& fault, std::int64_t now);

  // Gives `write` the last record of each storm that has no line in its second yet; of all storms when `all`.
  void expire(std::int64_t now, bool all, const std::function<void(const Fault&)>& write);

  // When expire has something to do next (monotonic, ns), if ever.
  std::optional<std::int64_t> next_due() const {
    return next_due_ == kNever ? std::nullopt : std::optional(next_due_);
  }

  std::size_t size() const { return entries_.size(); }

 private:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  struct Key {
    const LogModule* module;
    std::string name;  // empty: what all keys beyond the limit share
  };
  struct KeyView {
    const LogModule* module;
    std::string_view name;
  };
  struct Hash {
    using is_transparent = void;
    template <typename K>
    std::size_t operator()(const K& key) const {
      return std::hash<std::string_view>()(key.name) * 31 + std::hash<const void*>()(key.module);
    }
  };
  struct Same {
    using is_transparent = void;
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return a.module == b.module && std::string_view(a.name) == std::string_view(b.name);
    }
  };
  struct Entry {
    std::int64_t written = 0;  // when the last line was written
    std::uint64_t held = 0;    // records since, and the last of them:
    std::int64_t wall_ns = 0;
    int loop = -1;
    Level level = Level::kOff;
    std::string key;
    std::string text;
  };
  using Entries = std::unordered_map<Key, Entry, Hash, Same>;

  Entries::iterator find_or_add(const Fault& fault, std::int64_t now, bool& added);
  void sweep(std::int64_t now);

  const std::size_t limit_;
  Entries entries_;
  std::int64_t next_due_ = kNever;
  std::int64_t next_sweep_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace evloom::observe
