#include "store/batch.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "plugin/instance.hpp"
#include "store/operations.hpp"

namespace evloom::store {

namespace {

constexpr std::uint64_t kOwnOrigin = UINT64_MAX;  // of versions that the host has given
constexpr std::uint32_t kKnown = UINT32_MAX;      // the slot of a part whose result is there already

bool same_key(const evl_op& a, const evl_op& b) {
  return std::string_view(a.key.data, a.key.size) == std::string_view(b.key.data, b.key.size);
}

// Whether an operation may be one with those of others. Should that be refused, it is tried again later,
// which is as good only if nothing that its caller wrote to the key after it has been done meanwhile.
bool may_merge(const evl_op* ops, std::size_t index, std::size_t count) {
  if (ops[index].kind != EVL_OP_ADD && ops[index].kind != EVL_OP_SET_ADD) return true;
  return std::none_of(ops + index + 1, ops + count, [&](const evl_op& later) {
    const bool writes = later.kind == EVL_OP_ADD || later.kind == EVL_OP_SET_ADD ||
                        later.kind == EVL_OP_PUT || later.kind == EVL_OP_DELETE;
    return writes && same_key(later, ops[index]);
  });
}

// Nothing was done, and less might have been: what a single addition would not have met.
bool may_succeed_alone(evl_status status) {
  return status == EVL_E_LIMIT || status == EVL_E_NO_SPACE || status == EVL_E_DENIED ||
         status == EVL_E_UNSUPPORTED || status == EVL_E_INVALID;
}

const evl_result& at(const evl_result* results, std::size_t index) {
  return *reinterpret_cast<const evl_result*>(reinterpret_cast<const char*>(results) + index * results->size);
}

}  // namespace

bool Batch::add(Submission& submission, const evl_op* ops, std::size_t count) {
  const std::size_t first = parts_.size();
  std::uint32_t floor = 0;
  if (submission.after && submission.after->batch == this) {
    const Share& before = shares_[submission.after->index];
    for (std::size_t i = 0; i < before.count; ++i) {
      const std::uint32_t slot = parts_[before.first + i].slot;
      if (slot != kKnown) floor = std::max(floor, slot);
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    Merger::Part part;
    if (!merger_.add(ops[i], may_merge(ops, i, count), floor, part)) {
      take_back(first);
      return false;
    }
    floor = part.slot;
    parts_.push_back(part);
  }
  submission.batch = this;
  submission.index = shares_.size();
  shares_.push_back({&submission, first, count, nullptr});
  return true;
}

void Batch::take_back(std::size_t first) {
  for (; parts_.size() > first; parts_.pop_back())
    if (parts_.back().slot != kKnown) merger_.undo(parts_.back());
}

bool Batch::refused(std::uint32_t slot, const evl_result* results) const {
  if (slot == kKnown || merger_.parts(slot) < 2) return false;
  const evl_op_kind kind = ops()[slot].kind;
  return (kind == EVL_OP_ADD || kind == EVL_OP_SET_ADD) && may_succeed_alone(at(results, slot).status);
}

bool Batch::has_refused(const evl_result* results) const {
  for (std::uint32_t slot = 0; slot < ops().size(); ++slot)
    if (refused(slot, results)) return true;
  return false;
}

std::size_t Batch::retry(Batch& again, const evl_result* results) {
  std::size_t moved = 0;
  for (Share& share : shares_) {
    const auto* const parts = parts_.data() + share.first;
    if (std::none_of(parts, parts + share.count,
                     [&](const auto& part) { return refused(part.slot, results); }))
      continue;
    // Without memory for that, all of them are told that it was refused, which is true.
    if (!move(share, again, results)) continue;
    share.submission = nullptr;
    ++moved;
  }
  return moved;
}

bool Batch::move(const Share& share, Batch& again, const evl_result* results) const {
  auto* known = static_cast<evl_result*>(
      again.merger_.arena().allocate(share.count * sizeof(evl_result), alignof(evl_result)));
  if (!known) return false;
  const std::size_t first = again.parts_.size();
  for (std::size_t i = 0; i < share.count; ++i) {
    const Merger::Part& part = parts_[share.first + i];
    const evl_op op = merger_.original(part);
    Merger::Part next;
    bool repeat = refused(part.slot, results);
    for (std::size_t k = 0; k < i && !repeat; ++k) {
      const Merger::Part& before = again.parts_[first + k];
      repeat = before.slot != kKnown && same_key(again.ops()[before.slot], op);
    }
    bool done = false;
    if (repeat) {
      done = again.merger_.add(op, false, 0, next);
    } else {
      next.slot = kKnown;
      known[i] = merger_.own(part, at(results, part.slot));
      known[i].version = 0;  // these are copies
      done = again.keep(known[i], part.items);
    }
    if (!done) {
      again.take_back(first);
      return false;
    }
    again.parts_.push_back(next);
  }
  if (share.submission) {
    share.submission->batch = &again;
    share.submission->index = again.shares_.size();
  }
  again.shares_.push_back({share.submission, first, share.count, known});
  return true;
}

// Makes copies of what a result points to; `added` items have their `fresh`.
bool Batch::keep(evl_result& result, std::size_t added) {
  if (result.status != EVL_OK) return true;
  if (result.fresh && added != 0) {
    evl_bytes fresh = {reinterpret_cast<const char*>(result.fresh), added};
    if (!merger_.copy(fresh)) return false;
    result.fresh = reinterpret_cast<const std::uint8_t*>(fresh.data);
  }
  return merger_.copy(result.items, result.item_count);
}

// Results that are the same bear the same version and origin: the backend's own, or one for this batch alone.
void Batch::name_versions(const evl_result* results, loop::Loop& loop) {
  versions_.clear();
  for (std::uint32_t slot = 0; slot < ops().size(); ++slot) {
    const evl_result& whole = at(results, slot);
    if (whole.version != 0) {
      versions_.push_back({whole.version, backend ? backend->serial() : 0});
    } else if (whole.item_count != 0 && merger_.parts(slot) > 1) {
      versions_.push_back({loop.next_number(), kOwnOrigin});
    } else {
      versions_.push_back({0, 0});
    }
  }
}

void Batch::deliver(evl_status status, const evl_result* results, loop::Loop& loop) {
  if (status == EVL_OK) name_versions(results, loop);
  std::array<evl_result, kMaxOps> own;
  for (const Share& share : shares_) {
    Submission* submission = share.submission;
    if (!submission) continue;
    submission->batch = nullptr;
    if (status != EVL_OK && !share.known) {
      submission->done(*submission, status, nullptr, 0);
      continue;
    }
    for (std::size_t i = 0; i < share.count; ++i) {
      const Merger::Part& part = parts_[share.first + i];
      if (part.slot == kKnown) {
        own[i] = share.known[i];
      } else if (status == EVL_OK) {
        own[i] = merger_.own(part, at(results, part.slot));
        own[i].version = versions_[part.slot].number;
        own[i].origin = versions_[part.slot].origin;
      } else {
        own[i] = {};
        own[i].size = sizeof(evl_result);
        own[i].status = status;
      }
    }
    submission->done(*submission, EVL_OK, own.data(), share.count);
  }
  shares_.clear();
}

void Batch::reset() {
  parts_.clear();
  shares_.clear();
  merger_.reset();
  expired = false;
}

}  // namespace evloom::store
