// Pending: what its commands' replies look like, and what they mean.
#include <unordered_set>

#include "common/ops.hpp"
#include "redis/pending.hpp"

namespace evloom::plugins::redis {
namespace {

Want want_of(evl_op_kind kind) {
  switch (kind) {
    case EVL_OP_ADD:
      return Want::kInteger;
    case EVL_OP_SET_ADD:
    case EVL_OP_DELETE:
    case EVL_OP_EXPIRE:
      return Want::kFlag;
    case EVL_OP_SET_READ:
      return Want::kMembers;
    case EVL_OP_SET_SIZE:
      return Want::kSize;
    case EVL_OP_GET:
      return Want::kValue;
    case EVL_OP_PUT:
      return Want::kStatus;
    default:
      return Want::kNothing;
  }
}

enum class Watch : std::uint8_t { kUnchanged, kChanged, kNotTold };

// What CLIENT INFO says: "id=3 addr=... flags=Nd db=0 ...".
Watch watch_of(const Reply& reply) {
  constexpr std::string_view kField = " flags=";
  if (!reply.error.empty() || reply.item_count != 1 || reply.too_large) return Watch::kNotTold;
  const std::string_view text = evl::view(reply.items[0]);
  const std::size_t at = text.find(kField);
  if (at == std::string_view::npos) return Watch::kNotTold;
  const std::string_view flags = text.substr(at + kField.size());
  return flags.substr(0, flags.find(' ')).find('d') == std::string_view::npos ? Watch::kUnchanged
                                                                              : Watch::kChanged;
}

}  // namespace

Expected Pending::expected() {
  const Command& command = steps_[at_];
  const evl_op& op = batch_[command.op];
  switch (command.step) {
    case Step::kItem:
      return {Want::kFlag};
    case Step::kMulti:
    case Step::kWatch:
    case Step::kUnwatch:
    case Step::kTryMulti:
    case Step::kTryWatch:
    case Step::kTryUnwatch:
      return {Want::kStatus, "OK"};
    case Step::kLook:
    case Step::kAdd:
      return {Want::kStatus, "QUEUED"};
    case Step::kExec:
      return {Want::kAdded, {}, &arena_, &room_, op.item_count};
    case Step::kTimeToLive:
      return {Want::kInteger};
    case Step::kVerify:
    case Step::kTryChanged:
    case Step::kTryUnchanged:
      return {Want::kValue, {}, &arena_, &room_};
    case Step::kTryFlags:
      return {Want::kFlags, {}, &arena_, &room_, 1};
    case Step::kTryExec:
      return {Want::kEmpty};
    case Step::kReadWatched:
    case Step::kWhole:
      break;
  }
  return {want_of(op.kind), "OK", &arena_, &room_};
}

const ErrorRule* Pending::take(const Reply& reply, Session& session) {
  const Command& command = steps_[at_++];
  const ErrorRule* rule = reply.error.empty() ? nullptr : &rule_of(reply.error);
  switch (command.step) {
    case Step::kItem:
      take_item(command, reply, rule);
      break;
    case Step::kMulti:
    case Step::kLook:
    case Step::kAdd:
      if (rule && !refusal_) refusal_ = rule;
      break;
    case Step::kExec:
      take_added(command.op, reply, rule, session);
      break;
    case Step::kWatch:
    case Step::kTimeToLive:
    case Step::kReadWatched:
      take_watched(command, reply, rule, session);
      if (command.step != Step::kReadWatched) return nullptr;
      break;
    case Step::kVerify:
      if (watch_of(reply) == Watch::kNotTold) session.watching = Ability::kNo;
      take_verified(command.item, watch_of(reply) == Watch::kUnchanged, session);
      return nullptr;
    case Step::kUnwatch:
      return nullptr;
    case Step::kTryFlags:
    case Step::kTryMulti:
    case Step::kTryExec:
    case Step::kTryWatch:
    case Step::kTryChanged:
    case Step::kTryUnwatch:
    case Step::kTryUnchanged:
      take_try(command, reply, session);
      return nullptr;
    case Step::kWhole:
      take_whole(command.op, reply, rule);
  }
  answered_ = true;
  return rule;
}

void Pending::take_whole(std::uint32_t op, const Reply& reply, const ErrorRule* rule) {
  evl_result& result = results_[op];
  if (rule) {
    result.status = rule->status;
  } else if (reply.too_large) {
    result.status = EVL_E_LIMIT;
  } else {
    result.integer = reply.integer;
    result.items = reply.items;
    result.item_count = reply.item_count;
  }
}

void Pending::take_item(const Command& command, const Reply& reply, const ErrorRule* rule) {
  evl_result& result = results_[command.op];
  if (command.item == 0) item_errors_ = 0;
  const_cast<std::uint8_t*>(result.fresh)[command.item] =
      static_cast<std::uint8_t>(reply.integer);  // in arena_
  result.integer += reply.integer;
  if (rule && item_errors_++ == 0) refusal_ = rule;
  const std::size_t items = batch_[command.op].item_count;
  if (command.item + 1 < items) return;
  // Some items were added and some not: that is not "nothing was done".
  if (item_errors_ != 0) result.status = item_errors_ == items ? refusal_->status : EVL_E_UNKNOWN;
  refusal_ = nullptr;
}

// The end of a transaction.
void Pending::take_added(std::uint32_t op, const Reply& reply, const ErrorRule* rule, Session& session) {
  evl_result& result = results_[op];
  const evl_op& what = batch_[op];
  if (rule) {
    // What was wrong with its commands, where that is known; then none of them was carried out.
    result.status = (refusal_ ? refusal_ : rule)->status;
    if (result.status == EVL_E_DENIED || result.status == EVL_E_UNSUPPORTED) session.together = Ability::kNo;
    refusal_ = nullptr;
    return;
  }
  if (reply.nil) {  // a watch that the server does not end for us has seen a change; now it is ended
    changed_.push_back(op);
    return;
  }
  std::uint8_t* const fresh = reply.flags;
  std::int64_t absent = 0;
  for (std::size_t i = 0; i < what.item_count; ++i) absent += fresh[i] ^= 1;
  // An item that is there twice was absent twice, and new at its first place.
  if (absent != reply.integer) {
    std::unordered_set<std::string_view> seen;
    for (std::size_t i = 0; i < what.item_count; ++i)
      if (fresh[i] != 0 && !seen.insert(evl::view(what.items[i])).second) fresh[i] = 0;
  }
  result.fresh = fresh;
  result.integer = reply.integer;
}

void Pending::take_watched(const Command& command, const Reply& reply, const ErrorRule* rule,
                           Session& session) {
  if (command.step == Step::kReadWatched) {
    take_whole(command.op, reply, rule);
    const evl_result& result = results_[command.op];
    if (result.status != EVL_OK || !lasting_ || session.watching != Ability::kYes) return;
    evl::guarded(nullptr, [&] {  // without memory for it, it is not known: no harm
      session.sets.keep(command.item, key_of(batch_[command.op]), {result.items, result.item_count});
    });
  } else if (rule) {
    session.watching = Ability::kNo;
  } else if (command.step == Step::kTimeToLive) {
    lasting_ = reply.integer == -1;  // -2: no such key
  }
}

void Pending::take_verified(std::uint32_t count, bool unchanged, Session& session) {
  if (unchanged) {
    session.sets.confirm();
    answered_ = true;
  }
  for (; verified_ < count; ++verified_) {
    const Known& known = known_[verified_];
    if (!unchanged) {
      changed_.push_back(known.op);
      continue;
    }
    evl_result& result = results_[known.op];
    const evl_op& op = batch_[known.op];
    const MemberList::Snapshot all = known.set->members.snapshot();
    if (op.kind == EVL_OP_SET_READ) {
      result.items = all.items;
      result.item_count = all.count;
      result.version = all.version;
    } else if (op.kind == EVL_OP_SET_SIZE) {
      result.integer = static_cast<std::int64_t>(all.count);
    }
  }
}

void Pending::take_try(const Command& command, const Reply& reply, Session& session) {
  const bool failed = !reply.error.empty();
  switch (command.step) {
    case Step::kTryFlags:
    case Step::kTryMulti:
      if (failed) session.together = Ability::kNo;
      break;
    case Step::kTryExec:
      if (session.together == Ability::kTrying) session.together = failed ? Ability::kNo : Ability::kYes;
      break;
    case Step::kTryWatch:
    case Step::kTryUnwatch:
      if (failed) session.watching = Ability::kNo;
      break;
    case Step::kTryChanged:
      if (watch_of(reply) == Watch::kChanged) break;
      // A command that was refused changed nothing: that tells nothing either.
      session.watching = results_[command.op].status == EVL_OK ? Ability::kNo : Ability::kUntried;
      break;
    default:
      if (session.watching == Ability::kTrying)
        session.watching = watch_of(reply) == Watch::kUnchanged ? Ability::kYes : Ability::kNo;
  }
}

}  // namespace evloom::plugins::redis
