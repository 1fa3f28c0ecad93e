// Session: what one connection knows of its server: what it does for us, and the sets that it has not changed
// since they were read. Gone with the connection; its loop's thread.
//
// A set is read after WATCH, and CLIENT INFO tells by its flag `d` ("a watched key has been modified")
// whether any watched key was written to since, by whomever. As long as it does not, the set is as it was
// read: what it holds need not be asked for again, and an addition of what it holds changes nothing. Only
// keys without a time to live are kept, since a key counts as modified when it is removed, not when its time
// comes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/member_set.hpp"
#include "common/shared.hpp"
#include "common/sip_hash.hpp"

namespace evloom::plugins::redis {

// Whether the server does something. Found out in passing, from commands that change nothing.
enum class Ability : std::uint8_t { kUntried, kTrying, kYes, kNo };

// A set as it was read; never changes.
struct KnownSet : Shared {
  MemberSet members;
};

class WatchedSets {
 public:
  // `versions`: where the versions of its sets begin.
  explicit WatchedSets(std::uint64_t versions) : versions_(versions) {}
  WatchedSets(const WatchedSets&) = delete;
  WatchedSets& operator=(const WatchedSets&) = delete;

  // A set that is as it was read unless the watch shows otherwise; null: not known.
  Ref<KnownSet> find(std::string_view key) const;
  bool holds(const KnownSet& set, std::span<const evl_bytes> items) const;

  // Whether a WATCH goes out with the next read of a set.
  bool wants();
  // A WATCH goes out.
  void watch() { standing_ = true; }
  // Whether one is under way or in force.
  bool standing() const { return standing_; }
  // Whether it should be released for others.
  bool stale() const { return stale_; }
  // Which watch that is: another one after each release.
  std::uint32_t serial() const { return serial_; }
  // The set, read under the watch with that serial. Throws std::bad_alloc and is as before.
  void keep(std::uint32_t serial, std::string_view key, std::span<const evl_bytes> members);
  // The watch has shown that all is as it was.
  void confirm() { ++uses_; }

  // UNWATCH or EXEC goes out, or the watch showed a change: nothing is known any more.
  void release();

 private:
  static constexpr std::size_t kMaxKeys = 64;  // WATCH looks through all of them
  static constexpr std::size_t kMaxBytes = std::size_t{16} << 20;
  // What is read and watched should be used a few times; else the next reads are not watched: 1, 3, 7 ...
  static constexpr unsigned kWorthIt = 4;
  static constexpr unsigned kMaxPause = 255;
  static constexpr unsigned kMaxMisses = 256;  // reads that found no room

  struct Hash {
    using is_transparent = void;
    const SipHash* hash;
    std::size_t operator()(std::string_view key) const { return (*hash)(key); }
  };

  SipHash hash_;
  std::unordered_map<std::string, Ref<KnownSet>, Hash, std::equal_to<>> sets_{0, Hash{&hash_}};
  std::size_t bytes_ = 0;
  bool standing_ = false;
  bool stale_ = false;
  std::uint32_t serial_ = 0;
  unsigned uses_ = 0;
  unsigned pause_ = 0;  // reads that are not watched after a watch that was not worth it
  unsigned left_ = 0;   // of them
  unsigned misses_ = 0;
  std::uint64_t versions_;
};

struct Session {
  explicit Session(std::uint64_t versions) : sets(versions) {}

  Ability together = Ability::kUntried;  // MULTI, SMISMEMBER, EXEC (Redis 6.2)
  Ability watching = Ability::kUntried;  // WATCH and its flag in CLIENT INFO (Redis 6.2)
  WatchedSets sets;

  // For a new connection; `plain`: nothing is tried.
  void reset(bool plain) {
    together = watching = plain ? Ability::kNo : Ability::kUntried;
    sets.release();
  }
};

}  // namespace evloom::plugins::redis
