#include "redis/session.hpp"

#include <algorithm>

#include "evloom/base.hpp"

namespace evloom::plugins::redis {

Ref<KnownSet> WatchedSets::find(std::string_view key) const {
  const auto at = sets_.find(key);
  return at == sets_.end() ? Ref<KnownSet>() : at->second;
}

bool WatchedSets::holds(const KnownSet& set, std::span<const evl_bytes> items) const {
  return std::all_of(items.begin(), items.end(),
                     [&](const evl_bytes& item) { return set.members.contains(evl::view(item), hash_); });
}

bool WatchedSets::wants() {
  if (left_ > 0) {
    --left_;
    return false;
  }
  if (sets_.size() < kMaxKeys && bytes_ < kMaxBytes) return true;
  // Others are wanted more by now than those that are kept.
  if (++misses_ < kMaxMisses) return false;
  misses_ = 0;
  stale_ = true;
  return false;
}

void WatchedSets::keep(std::uint32_t serial, std::string_view key, std::span<const evl_bytes> members) {
  if (serial != serial_) return;
  auto set = Ref<KnownSet>::adopt(new KnownSet);
  std::size_t bytes = key.size();
  for (const evl_bytes& member : members) {
    set->members.insert(evl::view(member), hash_);
    bytes += member.size + MemberSet::kMemberCost;
  }
  set->members.set_version(++versions_);
  if (sets_.emplace(key, std::move(set)).second) bytes_ += bytes;
}

void WatchedSets::release() {
  if (!sets_.empty()) {
    pause_ = uses_ >= kWorthIt ? 0 : std::min(kMaxPause, pause_ * 2 + 1);
    left_ = pause_;
  }
  sets_.clear();
  bytes_ = 0;
  uses_ = misses_ = 0;
  standing_ = stale_ = false;
  ++serial_;
}

}  // namespace evloom::plugins::redis
