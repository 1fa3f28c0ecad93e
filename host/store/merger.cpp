#include "store/merger.hpp"

#include <algorithm>
#include <cstring>
#include <functional>

#include "store/operations.hpp"

namespace evloom::store {

namespace {

constexpr std::size_t kFirstIndex = 32;
constexpr std::size_t kFirstItems = 8;
constexpr std::size_t kLook = 8;  // slots that an operation tries to join

std::string_view view(const evl_bytes& bytes) { return {bytes.data, bytes.size}; }

// Kinds of which several can be one.
bool can_share(evl_op_kind kind) {
  return kind == EVL_OP_ADD || kind == EVL_OP_SET_ADD || kind == EVL_OP_SET_READ || kind == EVL_OP_SET_SIZE ||
         kind == EVL_OP_GET;
}

std::uint64_t hash_of(const evl_op& op) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio: spreads the kinds
  return std::hash<std::string_view>()(view(op.key)) ^ (op.kind * kOdd);
}

}  // namespace

bool Merger::copy(evl_bytes& to) {
  if (to.size == 0) return true;
  auto* place = static_cast<char*>(bytes_.allocate(to.size, 1));
  if (!place) return false;
  std::memcpy(place, to.data, to.size);
  to.data = place;
  copied_ += to.size;
  return true;
}

bool Merger::copy(const evl_bytes*& items, std::size_t count) {
  if (count == 0) return true;
  auto* place = static_cast<evl_bytes*>(bytes_.allocate(count * sizeof(evl_bytes), alignof(evl_bytes)));
  if (!place) return false;
  for (std::size_t i = 0; i < count; ++i) {
    place[i] = items[i];
    if (!copy(place[i])) return false;
  }
  items = place;
  return true;
}

bool Merger::add(const evl_op& op, bool may_merge, std::uint32_t floor, Part& part) {
  const bool shares = may_merge && can_share(op.kind);
  const std::uint64_t hash = hash_of(op);
  if (shares) {
    if (used_ * 2 >= index_.size()) fill_index(std::max(kFirstIndex, index_.size() * 2));
    // The first that will do: behind it there is most room for what its caller asks next.
    std::uint32_t slot = entry(hash, op) - 1;
    for (std::size_t looked = 0; slot != kNone && looked < kLook; slot = slots_[slot].next) {
      if (slot < floor) continue;
      if (join(slot, op, part)) return true;
      ++looked;
    }
  }
  evl_op own = op;
  if (!copy(own.key) || !copy(own.items, own.item_count)) return false;
  part = {static_cast<std::uint32_t>(ops_.size()), static_cast<std::uint32_t>(op.item_count),
          op.kind == EVL_OP_ADD ? op.amount : 0, op.amount};
  ops_.push_back(own);
  slots_.push_back({hash, 1, shares, kNone, part.slot, op.item_count});
  if (shares) enter(part.slot);
  return true;
}

void Merger::enter(std::uint32_t slot) {
  slots_[slot].next = kNone;
  slots_[slot].last = slot;
  std::uint32_t& first = entry(slots_[slot].hash, ops_[slot]);
  if (first == 0) {
    ++used_;
    first = slot + 1;
  } else {
    slots_[slots_[first - 1].last].next = slot;
    slots_[first - 1].last = slot;
  }
}

// The entry of the index for what has this kind and key.
std::uint32_t& Merger::entry(std::uint64_t hash, const evl_op& op) {
  const std::size_t mask = index_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    const std::uint32_t slot = index_[at];
    if (slot == 0) return index_[at];
    if (slots_[slot - 1].hash != hash) continue;
    const evl_op& other = ops_[slot - 1];
    if (other.kind == op.kind && view(other.key) == view(op.key)) return index_[at];
  }
}

// Makes `op` a part of what is there, if the two can be one.
bool Merger::join(std::uint32_t slot, const evl_op& op, Part& part) {
  evl_op& whole = ops_[slot];
  if (op.kind == EVL_OP_ADD) {
    // With both signs the counter could overflow on the way to a sum that does not.
    if ((whole.amount < 0) != (op.amount < 0)) return false;
    std::int64_t sum = 0;
    if (__builtin_add_overflow(whole.amount, op.amount, &sum)) return false;
    whole.amount = sum;
    part = {slot, 0, sum, op.amount};
  } else if (op.kind == EVL_OP_SET_ADD) {
    const std::size_t count = whole.item_count + op.item_count;
    if (count > kMaxItems) return false;
    if (count > slots_[slot].room) {
      const std::size_t room = std::max(count, std::max(kFirstItems, slots_[slot].room * 2));
      auto* larger = static_cast<evl_bytes*>(bytes_.allocate(room * sizeof(evl_bytes), alignof(evl_bytes)));
      if (!larger) return false;
      std::copy_n(whole.items, whole.item_count, larger);
      whole.items = larger;
      slots_[slot].room = room;
    }
    auto* items = const_cast<evl_bytes*>(whole.items);  // in bytes_
    for (std::size_t i = 0; i < op.item_count; ++i) {
      evl_bytes item = op.items[i];
      if (!copy(item)) return false;
      items[whole.item_count + i] = item;
    }
    part = {slot, static_cast<std::uint32_t>(op.item_count), static_cast<std::int64_t>(whole.item_count), 0};
    whole.item_count = count;
  } else {
    part = {slot, 0, 0, 0};
  }
  ++slots_[slot].parts;
  return true;
}

void Merger::undo(const Part& part) {
  if (--slots_[part.slot].parts == 0) {
    ops_.pop_back();
    slots_.pop_back();
    fill_index(index_.size());
  } else if (ops_[part.slot].kind == EVL_OP_ADD) {
    ops_[part.slot].amount -= part.amount;
  } else if (ops_[part.slot].kind == EVL_OP_SET_ADD) {
    ops_[part.slot].item_count -= part.items;
  }
}

evl_op Merger::original(const Part& part) const {
  evl_op op = ops_[part.slot];
  if (op.kind == EVL_OP_ADD) op.amount = part.amount;
  if (op.kind == EVL_OP_SET_ADD) {
    op.items += part.offset;
    op.item_count = part.items;
  }
  return op;
}

evl_result Merger::own(const Part& part, const evl_result& whole) const {
  const evl_op& op = ops_[part.slot];
  evl_result own = whole;
  own.size = sizeof(evl_result);
  if (whole.status != EVL_OK) return own;
  if (op.kind == EVL_OP_ADD) {
    own.integer = whole.integer - (op.amount - part.offset);
  } else if (op.kind == EVL_OP_SET_ADD && part.items != op.item_count) {
    own.fresh = whole.fresh + part.offset;
    own.integer =
        std::count_if(own.fresh, own.fresh + part.items, [](std::uint8_t fresh) { return fresh != 0; });
  }
  return own;
}

void Merger::fill_index(std::size_t size) {
  index_.assign(size, 0);
  used_ = 0;
  for (std::uint32_t slot = 0; slot < ops_.size(); ++slot)
    if (slots_[slot].shares) enter(slot);
}

void Merger::reset() {
  ops_.clear();
  slots_.clear();
  if (used_ != 0) std::fill(index_.begin(), index_.end(), 0);
  used_ = 0;
  copied_ = 0;
  bytes_.reset();
}

}  // namespace evloom::store
