/* What a test asks of the probe: it is passed to on_request in place of a request. */
#ifndef EVLOOM_TEST_PROBE_H
#define EVLOOM_TEST_PROBE_H

#include <atomic>

#include "evloom/abi/loop.h"
#include "evloom/abi/work.h"

enum class ProbeWish {
  kStartTimer,           // `delay`; fired when it does
  kStartAndCancelTimer,  // fired only if that fails
  kTimerThatThrows,
  kPost,  // a message to `loop`; fired when it runs
  kPostThatThrows,
  kWork,  // fired when done
  kWorkThatThrows,
  kCount,  // the metric, by `amount`
  kLog,    // `text`, and once more as a fault
  kThrow,
  kMistakes,  // calls of the host with arguments that are wrong in every way
};

struct ProbeCall {
  ProbeWish wish;
  evl_loop* loop = nullptr;
  std::int64_t delay = 0;
  std::int64_t amount = 0;
  const char* text = "";
  std::atomic<int> fired{0};
  std::atomic<bool> ran_on_worker{false};
  evl_status status = EVL_OK;
  evl_message message{};
  evl_work work{};
};

#endif
