#include "redis/pending.hpp"

#include <charconv>
#include <limits>

#include "common/ops.hpp"
#include "redis/link.hpp"

namespace evloom::plugins::redis {
namespace {

constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

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

}  // namespace

void CommandWriter::number(char sign, std::size_t value) {
  char digits[24];
  const char* end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  wire_ += sign;
  wire_.append(digits, static_cast<std::size_t>(end - digits));
  wire_ += "\r\n";
}

std::string_view CommandWriter::write(std::initializer_list<std::string_view> words) {
  if (wire_.capacity() > (64u << 10)) wire_ = {};  // a large value was sent: do not keep its room
  wire_.clear();
  number('*', words.size());
  for (const std::string_view word : words) {
    number('$', word.size());
    wire_ += word;
    wire_ += "\r\n";
  }
  return wire_;
}

std::size_t Pending::commands_of(std::size_t index) const {
  if (results_[index].status != EVL_OK) return 0;  // refused by begin
  // A command for each item: no command of Redis 4 tells of several members which of them were new.
  return batch_[index].kind == EVL_OP_SET_ADD ? batch_[index].item_count : 1;
}

void Pending::begin(const evl::Batch& batch, std::chrono::nanoseconds deadline, std::size_t room) {
  batch_ = batch;
  deadline_ = deadline;
  room_ = room;
  arena_.reset();
  commands_ = at_ = item_ = item_errors_ = 0;
  item_error_ = EVL_OK;
  answered_ = lost_ = false;
  results_.assign(batch.count, evl_result{sizeof(evl_result), EVL_OK, 0, nullptr, 0, nullptr});
  sent_at_.assign(batch.count, kNever);
  std::size_t items = 0;
  for (std::size_t i = 0; i < batch.count; ++i) {
    results_[i].status = check(batch[i]);
    commands_ += commands_of(i);
    if (batch[i].kind == EVL_OP_SET_ADD) items += commands_of(i);
  }
  fresh_ = arena_.allocate<std::uint8_t>(items);
  next();
}

void Pending::next() {
  item_ = item_errors_ = 0;
  while (at_ < batch_.count && commands_of(at_) == 0) ++at_;
}

bool Pending::send(Link& link, CommandWriter& writer) {
  for (std::size_t i = 0; i < batch_.count; ++i) {
    if (commands_of(i) == 0) continue;
    const evl_op& op = batch_[i];
    const std::string_view key = evl::view(op.key);
    const std::size_t first = op.kind == EVL_OP_SET_ADD ? 1 : 0;
    char digits[24];
    const auto amount = [&] {
      const char* end = std::to_chars(digits, digits + sizeof digits, op.amount).ptr;
      return std::string_view(digits, static_cast<std::size_t>(end - digits));
    };
    std::string_view wire;
    switch (op.kind) {
      case EVL_OP_ADD:  // INCR where it serves: an access list may know no INCRBY
        wire = op.amount == 1 ? writer.write({"INCR", key}) : writer.write({"INCRBY", key, amount()});
        break;
      case EVL_OP_SET_ADD:
        wire = writer.write({"SADD", key, evl::view(op.items[0])});
        break;
      case EVL_OP_SET_READ:
        wire = writer.write({"SMEMBERS", key});
        break;
      case EVL_OP_SET_SIZE:
        wire = writer.write({"SCARD", key});
        break;
      case EVL_OP_GET:
        wire = writer.write({"GET", key});
        break;
      case EVL_OP_PUT:
        wire = writer.write({"SET", key, evl::view(op.items[0])});
        break;
      case EVL_OP_DELETE:
        wire = writer.write({"DEL", key});
        break;
      default:
        wire = writer.write({"PEXPIRE", key, amount()});
        break;
    }
    if (!link.queue(wire, Role::kOperation)) return false;
    sent_at_[i] = link.queued();
    for (std::size_t n = first; n != 0 && n < op.item_count; ++n)
      if (!link.queue(writer.write({"SADD", key, evl::view(op.items[n])}), Role::kOperation)) return false;
  }
  return true;
}

Expected Pending::expected() { return {want_of(batch_[at_].kind), "OK", &arena_, &room_}; }

const ErrorRule* Pending::take(const Reply& reply) {
  evl_result& result = results_[at_];
  const ErrorRule* rule = reply.error.empty() ? nullptr : &rule_of(reply.error);
  answered_ = true;
  if (batch_[at_].kind == EVL_OP_SET_ADD) {
    if (item_ == 0) result.fresh = fresh_;
    *fresh_++ = static_cast<std::uint8_t>(reply.integer);
    result.integer += reply.integer;
    if (rule && item_errors_++ == 0) item_error_ = rule->status;
    if (++item_ < batch_[at_].item_count) return rule;
    // Some items were added and some not: that is not "nothing was done".
    if (item_errors_ != 0) result.status = item_errors_ == item_ ? item_error_ : EVL_E_UNKNOWN;
  } else if (rule) {
    result.status = rule->status;
  } else if (reply.too_large) {
    result.status = EVL_E_LIMIT;
  } else {
    result.integer = reply.integer;
    result.items = reply.items;
    result.item_count = reply.item_count;
  }
  ++at_;
  next();
  return rule;
}

void Pending::lose(std::uint64_t sent) {
  lost_ = true;
  for (; at_ < batch_.count; ++at_, next()) {
    // A command that is cut short is not carried out: only one that left whole may have been.
    const bool left = item_ != 0 || sent_at_[at_] <= sent;
    results_[at_].status = left ? EVL_E_UNKNOWN : EVL_E_UNAVAILABLE;
  }
}

void Pending::finish() const {
  if (!lost_ || answered_) return batch_.done(results_.data());
  for (const evl_result& result : results_)
    if (result.status != results_.front().status) return batch_.done(results_.data());
  batch_.failed(results_.front().status);
}

}  // namespace evloom::plugins::redis
