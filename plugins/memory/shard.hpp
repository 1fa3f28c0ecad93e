// Shard: the keys and the operations on them. Only the thread of the loop that owns it enters it; what a
// result points to stays valid elsewhere, because it lies in the caller's Output or is held by it.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "evloom/state.hpp"

#include "common/member_set.hpp"
#include "common/ops.hpp"
#include "common/output.hpp"
#include "common/shared.hpp"
#include "common/sip_hash.hpp"
#include "memory/budget.hpp"

namespace evloom::plugins {

class Shard {
 public:
  Shard(Budget& budget, const SipHash& hash)
      : hash_(hash), stock_(budget), keys_(0, KeyHash{&hash}, std::equal_to<>{}) {}

  // Carries out one operation that has passed check(); `now` in nanoseconds, monotonic. Never throws.
  void execute(const evl_op& op, std::int64_t now, evl_result& result, Output& out) noexcept;

  // Removes keys whose time has come, at most `limit`. Gives the nanoseconds until it should be called again,
  // or -1 when no key has a time.
  std::int64_t purge(std::int64_t now, std::size_t limit);

  // All keys, with their times, to another shard, which is empty yet. While no loop enters either; throw
  // evl::Failure. shard_state.cpp
  void save(const evl::StateWriter& out) const;
  void load(const evl::Blobs& blobs);

 private:
  static constexpr std::size_t kSetCost = 256;  // of an empty set
  struct KeyHash {
    using is_transparent = void;
    const SipHash* hash;
    std::size_t operator()(std::string_view key) const { return (*hash)(key); }
  };
  struct Set {
    MemberSet members;
    std::size_t cost = 0;
  };
  struct Entry {
    std::variant<std::int64_t, Ref<Blob>, std::unique_ptr<Set>> value;
    std::int64_t expires = 0;  // 0: never
  };
  using Keys = std::unordered_map<std::string, Entry, KeyHash, std::equal_to<>>;

  void perform(const evl_op& op, std::int64_t now, evl_result& result, Output& out);
  Entry* find(std::string_view key, std::int64_t now);
  evl_status create(std::string_view key, decltype(Entry::value) value, std::size_t cost);
  void erase(Keys::iterator at);
  void set_expiry(Keys::value_type& entry, std::int64_t expires);
  static std::size_t cost_of(std::string_view key, const Entry& entry);

  evl_status add(const evl_op& op, Entry* entry, evl_result& result);
  evl_status set_add(const evl_op& op, Entry* entry, evl_result& result, Output& out);
  evl_status get(Entry* entry, evl_result& result, Output& out);
  evl_status put(const evl_op& op, Entry* entry);
  evl_status expire(const evl_op& op, std::int64_t now, evl_result& result);
  evl_status load_member(Set& set, std::string_view member);

  std::uint64_t versions_ = 0;  // given to sets, one at each change
  const SipHash& hash_;
  Budget::Stock stock_;
  Keys keys_;
  std::set<std::pair<std::int64_t, Keys::value_type*>> expiries_;
};

}  // namespace evloom::plugins
