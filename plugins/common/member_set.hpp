// MemberSet: a set of byte strings that only grows: a MemberList for readers, and an open-addressing index
// over it that finds a member. One thread at a time.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/member_list.hpp"
#include "common/sip_hash.hpp"

namespace evloom::plugins {

class MemberSet {
 public:
  static constexpr std::size_t kMemberCost = 48;  // of a member beside its bytes: array entry and index slots
  static constexpr std::size_t kMaxMembers = 0x7fffffff;

  std::size_t size() const { return members_.size(); }
  void set_version(std::uint64_t version) { members_.set_version(version); }
  MemberList::Snapshot snapshot() const { return members_.snapshot(); }

  bool contains(std::string_view member, const SipHash& hash) const {
    return !slots_.empty() && slots_[find(member, static_cast<std::uint32_t>(hash(member)))].member != 0;
  }
  // True when `member` was not in it and now is. Throws std::bad_alloc and is as before.
  bool insert(std::string_view member, const SipHash& hash) {
    if ((size() + 1) * 4 > slots_.size() * 3) grow();
    const auto hashed = static_cast<std::uint32_t>(hash(member));
    Slot& slot = slots_[find(member, hashed)];
    if (slot.member != 0) return false;
    members_.append(member);
    slot = {hashed, static_cast<std::uint32_t>(members_.size())};
    return true;
  }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t member = 0;  // its place in the list plus one; 0: free
  };

  // The slot that holds the member, or the free one where it belongs.
  std::size_t find(std::string_view member, std::uint32_t hashed) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hashed & mask;
    while (slots_[at].member != 0 && (slots_[at].hash != hashed || members_[slots_[at].member - 1] != member))
      at = (at + 1) & mask;
    return at;
  }
  void grow() {
    std::vector<Slot> larger(slots_.empty() ? 8 : slots_.size() * 2);
    const std::size_t mask = larger.size() - 1;
    for (const Slot& slot : slots_) {
      if (slot.member == 0) continue;
      std::size_t at = slot.hash & mask;
      while (larger[at].member != 0) at = (at + 1) & mask;
      larger[at] = slot;
    }
    slots_.swap(larger);
  }

  MemberList members_;
  std::vector<Slot> slots_;  // a power of two, at most three quarters full
};

}  // namespace evloom::plugins
