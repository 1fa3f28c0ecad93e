// Submission: one submit to a store backend, made on a loop and waited for by the control thread; it sees for
// itself what breaks the contract of abi/store.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "evloom/testkit/store.hpp"

#include "base/result.hpp"
#include "check/stage.hpp"
#include "plugin/instance.hpp"

namespace evloom::check {

// What one submit gets.
inline constexpr std::chrono::seconds kSubmitLimit{3};

// One operation and one result, owning their bytes.
using evl::testkit::Op;
using OpResult = evl::testkit::Result;

// What became of a submit.
struct Outcome {
  evl_status status = EVL_E_INTERNAL;
  bool refused = false;  // by submit itself
  std::vector<OpResult> results;

  // Every operation was carried out, as far as the statuses say.
  bool good() const;
  std::string text() const;  // "refused: unavailable"
};

// Submits on a loop and waits for the end. An Error is a breach of the contract: no end within `limit`,
// `done` from inside submit, twice or on another thread, results that are missing. With `wide` the operations
// lie further apart, as those of a later host may. [control]
Result<Outcome> submit(Stage& stage, plugin::Instance& instance, std::uint32_t loop,
                       const std::vector<Op>& ops, std::chrono::nanoseconds limit, bool wide = false);

// Submits on a loop and does not wait; the loop is busy for a moment after it, so that the instance can be
// stopped in the same turn. What it gives is called when that has happened: an Error when the submit has not
// ended by then. [control]
std::function<Status()> submit_and_leave(Stage& stage, plugin::Instance& instance, std::uint32_t loop,
                                         const std::vector<Op>& ops);

}  // namespace evloom::check
