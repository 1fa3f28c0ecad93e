// Pending: one submit under way, from the call to its `done`: which commands it sends, which reply belongs to
// which operation, what became of those without one. The loop's thread; the operations are the submitter's.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "evloom/store_backend.hpp"

#include "common/arena.hpp"
#include "redis/command_writer.hpp"
#include "redis/errors.hpp"
#include "redis/reply_reader.hpp"
#include "redis/session.hpp"

namespace evloom::plugins::redis {

class Link;

class Pending {
 public:
  // Takes a submit on and refuses the operations that break the limits of the contract. Its replies may take
  // `room` bytes. Throws std::bad_alloc.
  void begin(const evl::Batch& batch, std::chrono::nanoseconds deadline, std::size_t room, Session& session);

  // Queues the commands; false when the link ends, which is to `lose` it. Throws std::bad_alloc.
  bool send(Link& link, CommandWriter& writer);

  std::chrono::nanoseconds deadline() const { return deadline_; }
  // How many commands it has to send now, and how many in all so far.
  std::size_t commands() const { return steps_.size(); }
  std::size_t all_commands() const { return all_commands_; }
  // Whether every command has its reply.
  bool answered() const { return at_ == steps_.size(); }
  // When it is answered: whether a set that was known has changed. Then `repeat` makes the operations on it
  // commands, to be sent; throws std::bad_alloc.
  bool changed() const { return !changed_.empty(); }
  void repeat(Session& session);

  // The reply that comes next. Not when answered.
  Expected expected();
  // Takes it; the rule when it is an error that somebody should know of.
  const ErrorRule* take(const Reply& reply, Session& session);
  // No more replies come, and the kernel has taken `sent` bytes of the link: what had left is of unknown
  // fate, the rest was not done.
  void lose(std::uint64_t sent);

  // Calls `done`. Anything may happen in there, also further submits.
  void finish() const;
  // Frees what the results took, for the next use.
  void clear();

 private:
  enum class Step : std::uint8_t {
    kWhole,  // a command whose reply is the result
    kItem,   // SADD of one item of several
    // Several items at once: MULTI, SMISMEMBER, SADD, EXEC.
    kMulti,
    kLook,
    kAdd,
    kExec,
    // A read after which the set is known: WATCH, PTTL, SMEMBERS.
    kWatch,
    kTimeToLive,
    kReadWatched,
    // What is known is used: CLIENT INFO. What is written is not: UNWATCH.
    kVerify,
    kUnwatch,
    // Whether it would be understood: SMISMEMBER, MULTI, EXEC.
    kTryFlags,
    kTryMulti,
    kTryExec,
    // Whether a write shows: WATCH, the command, CLIENT INFO, UNWATCH, CLIENT INFO.
    kTryWatch,
    kTryChanged,
    kTryUnwatch,
    kTryUnchanged,
  };
  struct Command {
    Step step;
    std::uint32_t op;
    std::uint32_t item;     // kItem: which; kReadWatched: the watch's serial
    std::uint64_t sent_at;  // bytes queued on the link with it
  };

  void add(Step step, std::uint32_t op, std::uint32_t item = 0);
  void find_known(const Session& session);
  void plan(std::uint32_t op, bool may_watch, Session& session);
  void plan_add(std::uint32_t op, Session& session);
  void release_watch(Session& session);
  void forget_plan();
  std::string_view write(const Command& command, CommandWriter& writer) const;
  void take_item(const Command& command, const Reply& reply, const ErrorRule* rule);
  void take_added(std::uint32_t op, const Reply& reply, const ErrorRule* rule, Session& session);
  void take_whole(std::uint32_t op, const Reply& reply, const ErrorRule* rule);
  void take_verified(const Reply& reply, const ErrorRule* rule, Session& session);
  void take_try(const Command& command, const Reply& reply, Session& session);
  void take_watched(const Command& command, const Reply& reply, const ErrorRule* rule, Session& session);

  evl::Batch batch_{};
  std::chrono::nanoseconds deadline_{};
  std::vector<evl_result> results_;
  std::vector<Ref<KnownSet>> sets_;  // of each operation: the set that it is answered from, or null
  std::vector<Command> steps_;
  std::vector<std::uint32_t> changed_;  // operations whose set was thought to be known
  Arena arena_;
  std::size_t room_ = 0;
  std::size_t all_commands_ = 0;
  std::size_t at_ = 0;                  // the command whose reply is next
  bool verified_ = false;               // the watch has told whether what is known holds
  std::size_t info_room_ = 0;           // for what CLIENT INFO says
  std::size_t item_errors_ = 0;         // of the operation whose items come one by one
  const ErrorRule* refusal_ = nullptr;  // of a command that the transaction was to hold, or of an item
  bool watched_ = false;                // WATCH was done
  bool lasting_ = false;                // PTTL: the set has no time to live
  bool answered_ = false;               // some operation has a reply of its own
  bool lost_ = false;
};

}  // namespace evloom::plugins::redis
