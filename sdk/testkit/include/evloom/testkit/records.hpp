// What a Host keeps of what it saw: log lines, misbehaviour, what was left over. Plain values, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "evloom/abi/base.h"
#include "evloom/abi/log.h"

namespace evl::testkit {

// Something could not be done, in the words that the real host has for it: a plugin that does not load,
// options that do not fit its schema, a create that fails. Also a test's own mistake with the kit.
class Refused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A line of the log: a plugin's, or what the host would write itself.
struct LogLine {
  evl_log_level level = EVL_LOG_INFO;  // EVL_LOG_TRACE to EVL_LOG_ERROR
  std::string instance;                // its name; of the host's own lines the module: "epoch", "store"
  std::string key;                     // of evl_log::fault; empty for write
  std::string text;                    // the line
};

// What a plugin did against the rules.
struct Misbehaviour {
  std::string instance;  // its name
  // The label of evloom_instance_misbehaviour_total: "exception", "bad_argument", "wrong_thread",
  // "wrong_state" or "left_behind".
  std::string kind;
  // The line that the real host logs, with the plugin's file behind it: "answered a request twice: respond
  // for /visits; return after the first respond, fail or finish [/plugins/visits.so]". A plugin that is
  // linked into the test has the program's name there.
  std::string text;
};

// What has begun and not ended.
struct Leftovers {
  std::size_t requests = 0;     // on_finish has not been called
  std::size_t tickets = 0;      // suspended, and neither resumed nor stale
  std::size_t timers = 0;       // started, and neither fired nor cancelled
  std::size_t store_calls = 0;  // submitted, and neither answered nor given up
  std::size_t work = 0;         // submitted, and `done` has not been called
  std::size_t messages = 0;     // posted, and not run
  std::size_t events = 0;       // put on a loop's event_base by a plugin
  std::size_t bytes = 0;  // of request arenas in use, and of bodies that a plugin lent and has not got back

  // Nothing at all.
  bool none() const {
    return requests + tickets + timers + store_calls + work + messages + events + bytes == 0;
  }
  // "2 requests, 1 timer"; empty when there is nothing.
  std::string text() const;
};

}  // namespace evl::testkit
