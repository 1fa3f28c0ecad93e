// Merger: operations of many callers as fewer that say the same: additions to one counter become one
// addition, additions to one set one addition of all the items, equal reads one read; and the other way, each
// caller's own result out of the merged one. It copies all that it is given. One loop's thread; owned by a
// Batch.
//
// Why that changes no answer: those who share an operation wait at the same time, so any order among them is
// one that could have been. N additions that left the counter at V, handed out in order of arrival, gave
// V-N+1 ... V; what a caller asked for one after the other stays in that order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "evloom/abi/store.h"

#include "base/arena.hpp"

namespace evloom::store {

class Merger {
 public:
  // One caller's share of a merged operation.
  struct Part {
    std::uint32_t slot = 0;   // which one
    std::uint32_t items = 0;  // SET_ADD: how many of its items
    std::int64_t offset = 0;  // SET_ADD: the first of them. ADD: what was added up to and with this part
    std::int64_t amount = 0;  // ADD: what this part adds
  };

  // Takes over `op`, which is to be carried out neither before the operation in slot `floor` nor, unless it
  // `may_merge`, together with another. False when memory is short: then it is as before but for spent
  // memory.
  bool add(const evl_op& op, bool may_merge, std::uint32_t floor, Part& part);

  // Takes back what was added last: the parts of one caller, the last first.
  void undo(const Part& part);

  // The operation as its caller asked for it, in this object's memory.
  evl_op original(const Part& part) const;
  // What its caller gets of the result of its slot. What it points to is that of `whole`.
  evl_result own(const Part& part, const evl_result& whole) const;

  // A copy in this object's memory; `to` is as before when there is none.
  bool copy(evl_bytes& to);
  bool copy(const evl_bytes*& items, std::size_t count);
  Arena& arena() { return bytes_; }

  const std::vector<evl_op>& ops() const { return ops_; }
  // How many parts an operation has.
  std::uint32_t parts(std::uint32_t slot) const { return slots_[slot].parts; }
  // Of keys and items, copied.
  std::size_t bytes() const { return copied_; }

  void reset();

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  struct Slot {
    std::uint64_t hash;
    std::uint32_t parts;
    bool shares;         // others may join
    std::uint32_t next;  // of this kind and key, or kNone
    std::uint32_t last;  // of these; in the first alone
    std::size_t room;    // for items
  };

  std::uint32_t& entry(std::uint64_t hash, const evl_op& op);
  void enter(std::uint32_t slot);
  bool join(std::uint32_t slot, const evl_op& op, Part& part);
  void fill_index(std::size_t size);

  std::vector<evl_op> ops_;
  std::vector<Slot> slots_;  // beside each of ops_
  // Open addressing over kind and key: the first slot with them, plus one. Keys come from clients: a batch is
  // small enough that even all in one place cost no more than a millisecond.
  std::vector<std::uint32_t> index_;
  std::size_t used_ = 0;  // of index_
  std::size_t copied_ = 0;
  Arena bytes_{std::size_t{16} << 10};
};

}  // namespace evloom::store
