#include "redis/pending.hpp"

#include <algorithm>
#include <limits>

#include "common/ops.hpp"
#include "redis/link.hpp"

namespace evloom::plugins::redis {
namespace {

constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

}  // namespace

// ---- Which commands --------------------------------------------------------------------------------------

void Pending::begin(const evl::Batch& batch, std::chrono::nanoseconds deadline, std::size_t room,
                    Session& session) {
  batch_ = batch;
  deadline_ = deadline;
  room_ = room;
  arena_.reset();
  forget_plan();
  changed_.clear();
  item_errors_ = 0;
  refusal_ = nullptr;
  answered_ = lost_ = false;
  results_.assign(batch.count, evl::result());
  if (session.sets.stale()) release_watch(session);
  for (std::uint32_t i = 0; i < batch.count; ++i) {
    results_[i].status = check(batch[i]);
    if (results_[i].status == EVL_OK) plan(i, true, session);
  }
  verify();
  all_commands_ = steps_.size();
}

void Pending::repeat(Session& session) {
  forget_plan();
  if (session.sets.standing()) release_watch(session);
  for (const std::uint32_t op : changed_) plan(op, false, session);
  changed_.clear();
  all_commands_ += steps_.size();
}

void Pending::forget_plan() {
  steps_.clear();
  known_.clear();
  at_ = claimed_ = verified_ = 0;
}

void Pending::add(Step step, std::uint32_t op, std::uint32_t item) {
  steps_.push_back({step, op, item, kNever});
}

void Pending::plan(std::uint32_t op, bool use_known, Session& session) {
  if (use_known && plan_known(op, session)) return;
  const evl_op& what = batch_[op];
  switch (what.kind) {
    case EVL_OP_SET_ADD:
      return plan_add(op, session);
    case EVL_OP_SET_READ:
      if (!use_known || session.watching != Ability::kYes || !session.sets.wants()) break;
      session.sets.watch();
      add(Step::kWatch, op);
      add(Step::kTimeToLive, op);
      return add(Step::kReadWatched, op, session.sets.serial());
    case EVL_OP_ADD:
      if (session.watching != Ability::kUntried || what.amount == 0) break;
      session.watching = Ability::kTrying;
      add(Step::kTryWatch, op);
      add(Step::kWhole, op);
      add(Step::kTryChanged, op);
      add(Step::kTryUnwatch, op);
      return add(Step::kTryUnchanged, op);
    case EVL_OP_PUT:
    case EVL_OP_DELETE:
    case EVL_OP_EXPIRE:
      if (session.sets.find(key_of(what))) release_watch(session);
      break;
    default:
      break;
  }
  add(Step::kWhole, op);
}

// Whether what is known answers it; then it needs no command of its own.
bool Pending::plan_known(std::uint32_t op, Session& session) {
  const evl_op& what = batch_[op];
  const bool adds = what.kind == EVL_OP_SET_ADD;
  if (!adds && what.kind != EVL_OP_SET_READ && what.kind != EVL_OP_SET_SIZE) return false;
  Ref<KnownSet> set = session.sets.find(key_of(what));
  if (!set || (adds && !session.sets.holds(*set.get(), {what.items, what.item_count}))) return false;
  known_.push_back({op, std::move(set)});
  if (adds && what.item_count != 0) {
    auto* fresh = arena_.allocate<std::uint8_t>(what.item_count);
    std::fill_n(fresh, what.item_count, std::uint8_t{0});
    results_[op].fresh = fresh;
  }
  return true;
}

void Pending::plan_add(std::uint32_t op, Session& session) {
  const evl_op& what = batch_[op];
  const auto items = static_cast<std::uint32_t>(what.item_count);
  if (items == 0) return;
  const bool together = items > 1 && session.together == Ability::kYes;
  const bool tries = items > 1 && session.together == Ability::kUntried;
  // EXEC would refuse under a watch that has seen a change, and ends every watch.
  if (together || tries ? session.sets.standing() : session.sets.find(key_of(what)).get() != nullptr)
    release_watch(session);
  // SADD tells of several items how many were new, not which. So either each gets a command of its own, or
  // SMISMEMBER looks first, with nobody between it and the SADD.
  if (together) {
    for (const Step step : {Step::kMulti, Step::kLook, Step::kAdd, Step::kExec}) add(step, op);
    return;
  }
  results_[op].fresh = arena_.allocate<std::uint8_t>(items);
  for (std::uint32_t i = 0; i < items; ++i) add(Step::kItem, op, i);
  if (!tries) return;
  session.together = Ability::kTrying;
  for (const Step step : {Step::kTryFlags, Step::kTryMulti, Step::kTryExec}) add(step, op);
}

void Pending::release_watch(Session& session) {
  verify();
  add(Step::kUnwatch, 0);
  session.sets.release();
}

// What was answered from known sets so far is asked of the watch.
void Pending::verify() {
  if (claimed_ == known_.size()) return;
  claimed_ = known_.size();
  add(Step::kVerify, 0, static_cast<std::uint32_t>(claimed_));
}

// ---- To the server ---------------------------------------------------------------------------------------

std::string_view Pending::write(const Command& command, CommandWriter& writer) const {
  const evl_op& op = batch_[command.op];
  const std::string_view key = key_of(op);
  const std::span<const evl_bytes> items(op.items, op.item_count);
  char digits[kDecimalMax];
  const auto amount = [&] { return std::string_view(digits, to_decimal(op.amount, digits)); };
  switch (command.step) {
    case Step::kItem:
      return writer.write({"SADD", key, evl::view(items[command.item])});
    case Step::kMulti:
    case Step::kTryMulti:
      return writer.write({"MULTI"});
    case Step::kLook:
      return writer.write({"SMISMEMBER", key}, items);
    case Step::kAdd:
      return writer.write({"SADD", key}, items);
    case Step::kExec:
    case Step::kTryExec:
      return writer.write({"EXEC"});
    case Step::kTryFlags:
      return writer.write({"SMISMEMBER", key}, items.first(1));
    case Step::kWatch:
    case Step::kTryWatch:
      return writer.write({"WATCH", key});
    case Step::kTimeToLive:
      return writer.write({"PTTL", key});
    case Step::kVerify:
    case Step::kTryChanged:
    case Step::kTryUnchanged:
      return writer.write({"CLIENT", "INFO"});
    case Step::kUnwatch:
    case Step::kTryUnwatch:
      return writer.write({"UNWATCH"});
    case Step::kReadWatched:
    case Step::kWhole:
      break;
  }
  switch (op.kind) {
    case EVL_OP_ADD:  // INCR where it serves: an access list may know no INCRBY
      return op.amount == 1 ? writer.write({"INCR", key}) : writer.write({"INCRBY", key, amount()});
    case EVL_OP_SET_READ:
      return writer.write({"SMEMBERS", key});
    case EVL_OP_SET_SIZE:
      return writer.write({"SCARD", key});
    case EVL_OP_GET:
      return writer.write({"GET", key});
    case EVL_OP_PUT:
      return writer.write({"SET", key, evl::view(items[0])});
    case EVL_OP_DELETE:
      return writer.write({"DEL", key});
    default:
      return writer.write({"PEXPIRE", key, amount()});
  }
}

bool Pending::send(Link& link, CommandWriter& writer) {
  for (Command& command : steps_) {
    if (!link.queue(write(command, writer), Role::kOperation)) return false;
    command.sent_at = link.queued();
  }
  return true;
}

// ---- The end ---------------------------------------------------------------------------------------------

void Pending::lose(std::uint64_t sent) {
  lost_ = true;
  for (; at_ < steps_.size(); ++at_) {
    const Command& command = steps_[at_];
    evl_status& status = results_[command.op].status;
    // A command that is cut short is not carried out: only one that left whole may have been. What lies
    // before EXEC changes nothing; with items, the first that was lost speaks for all.
    const bool left = command.sent_at <= sent;
    if (command.step == Step::kWhole || command.step == Step::kReadWatched || command.step == Step::kExec)
      status = left ? EVL_E_UNKNOWN : EVL_E_UNAVAILABLE;
    if (command.step == Step::kItem && status == EVL_OK)
      status = left || command.item != 0 ? EVL_E_UNKNOWN : EVL_E_UNAVAILABLE;
  }
  // Nothing was asked of the server for these.
  for (; verified_ < known_.size(); ++verified_) results_[known_[verified_].op].status = EVL_E_UNAVAILABLE;
  for (const std::uint32_t op : changed_) results_[op].status = EVL_E_UNAVAILABLE;
}

void Pending::finish() const {
  if (!lost_ || answered_) return batch_.done(results_.data());
  for (const evl_result& result : results_)
    if (result.status != results_.front().status) return batch_.done(results_.data());
  batch_.failed(results_.front().status);
}

void Pending::clear() {
  arena_.reset();
  known_.clear();
}

}  // namespace evloom::plugins::redis
