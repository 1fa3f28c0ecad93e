// Batch: operations of many requests that go to a backend in one submit, merged into as few as there can be,
// and copied, so that they depend on no request's memory. One loop's thread; owned by its Batcher.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "evloom/abi/store.h"

#include "loop/deadline.hpp"
#include "loop/loop.hpp"
#include "store/merger.hpp"

namespace evloom::plugin {
class Instance;
}

namespace evloom::store {

class Batch;
class Batcher;

// Who is told of the end of some operations. The caller keeps it alive until `done` or until it is cancelled.
struct Submission {
  // Called exactly once after a submit that gave EVL_OK, unless cancelled; never from inside submit.
  // `results` are those of its operations alone, valid during the call, null unless `status` is EVL_OK.
  void (*done)(Submission& self, evl_status status, const evl_result* results, std::size_t count) = nullptr;

  // The same caller's submission before this one, if that still waits: the two are carried out in this order.
  const Submission* after = nullptr;

  Batch* batch = nullptr;  // the batcher's: where it waits
  std::size_t index = 0;
};

class Batch {
 public:
  Batch(Batcher& batcher, loop::Deadline::Expire expire) : batcher_(batcher), deadline_(expire, this) {}

  // Takes over operations (of stride sizeof(evl_op)) with copies of their bytes. False when memory is short.
  bool add(Submission& submission, const evl_op* ops, std::size_t count);

  // Its submission is told nothing any more; the operations are carried out all the same. [loop]
  static void cancel(Submission& submission) {
    if (submission.batch) submission.batch->shares_[submission.index].submission = nullptr;
    submission.batch = nullptr;
  }

  // What was merged and refused as a whole may succeed in part when it is asked for one by one: an addition
  // that would overflow, items for which there is no room. Moves whoever is in such an operation to `again`,
  // an empty batch, which carries these operations out, each by itself, and what the same caller asked of the
  // same key after them; gives how many were moved. `results` is the backend's, complete, with EVL_OK.
  bool has_refused(const evl_result* results) const;
  std::size_t retry(Batch& again, const evl_result* results);

  // Tells every submission that still waits; afterwards nobody does. `loop` numbers what several share.
  void deliver(evl_status status, const evl_result* results, loop::Loop& loop);

  // Empty again, for the next use.
  void reset();

  Batcher& batcher() const { return batcher_; }
  loop::Deadline& deadline() { return deadline_; }
  // As the backend gets them.
  const std::vector<evl_op>& ops() const { return merger_.ops(); }
  std::size_t requests() const { return shares_.size(); }
  // Of keys and items, copied.
  std::size_t bytes() const { return merger_.bytes(); }

  plugin::Instance* backend = nullptr;  // that it was given to last; null when that one has gone
  bool launching = false;               // the backend's submit is on the stack
  bool flying = false;                  // the backend has it
  bool telling = false;                 // its deadline has passed and its callers are being told
  bool expired = false;  // its callers have been told; the backend's answer is not wanted any more

 private:
  struct Share {
    Submission* submission;
    std::size_t first;  // of its parts_
    std::size_t count;
    const evl_result* known;  // results that it has already, one for each part, or null
  };

  bool refused(std::uint32_t slot, const evl_result* results) const;
  bool move(const Share& share, Batch& again, const evl_result* results) const;
  bool keep(evl_result& result, std::size_t added);
  void take_back(std::size_t first);
  void name_versions(const evl_result* results, loop::Loop& loop);

  Batcher& batcher_;
  loop::Deadline deadline_;
  Merger merger_;
  std::vector<Merger::Part> parts_;  // of all submissions, one after the other
  std::vector<Share> shares_;
  struct Version {
    std::uint64_t number;
    std::uint64_t origin;
  };
  std::vector<Version> versions_;  // of each operation's result
};

}  // namespace evloom::store
