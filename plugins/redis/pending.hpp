// Pending: one submit under way, from the call to its `done`: which commands it sends, which reply belongs to
// which operation, what became of those without one. The loop's thread; the operations are the submitter's.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "evloom/store_backend.hpp"

#include "common/arena.hpp"
#include "redis/errors.hpp"
#include "redis/reply_reader.hpp"

namespace evloom::plugins::redis {

class Link;

// Commands in wire form. The text is valid until the next one is written.
class CommandWriter {
 public:
  std::string_view write(std::initializer_list<std::string_view> words);

 private:
  void number(char sign, std::size_t value);
  std::string wire_;
};

class Pending {
 public:
  // Takes a submit on and refuses the operations that break the limits of the contract. Its replies may take
  // `room` bytes. Throws std::bad_alloc.
  void begin(const evl::Batch& batch, std::chrono::nanoseconds deadline, std::size_t room);

  // Queues the commands; false when the link ends, which is to `lose` it. Throws std::bad_alloc.
  bool send(Link& link, CommandWriter& writer);

  std::chrono::nanoseconds deadline() const { return deadline_; }
  std::size_t commands() const { return commands_; }
  // Whether every operation has its result.
  bool complete() const { return at_ == batch_.count; }

  // The reply that comes next. Not when complete.
  Expected expected();
  // Takes it; the rule when it is an error.
  const ErrorRule* take(const Reply& reply);
  // No more replies come, and the kernel has taken `sent` bytes of the link: what had left is of unknown
  // fate, the rest was not done.
  void lose(std::uint64_t sent);

  // Calls `done`. Anything may happen in there, also further submits.
  void finish() const;
  // Frees what the results took, for the next use.
  void clear() { arena_.reset(); }

 private:
  std::size_t commands_of(std::size_t index) const;
  void next();  // moves on to the next operation that has a reply to come

  evl::Batch batch_{};
  std::chrono::nanoseconds deadline_{};
  std::vector<evl_result> results_;
  std::vector<std::uint64_t> sent_at_;  // bytes queued on the link when the operation's first command was
  Arena arena_;
  std::size_t room_ = 0;
  std::uint8_t* fresh_ = nullptr;  // where the next reply to SADD goes
  std::size_t commands_ = 0;
  std::size_t at_ = 0;    // the operation whose reply is next
  std::size_t item_ = 0;  // and of SET_ADD the item
  std::size_t item_errors_ = 0;
  evl_status item_error_ = EVL_OK;
  bool answered_ = false;  // some operation has a reply of its own
  bool lost_ = false;
};

}  // namespace evloom::plugins::redis
