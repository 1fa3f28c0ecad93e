// What an error reply of Redis means: the status of the operation, and what the operator can do about it.
#pragma once

#include <cstdint>
#include <string_view>

#include "evloom/abi/base.h"

namespace evloom::plugins::redis {

// What happens to the connection that got the error.
enum class After : std::uint8_t {
  kStay,
  kReconnect,  // log in and look up the server again, once what is under way has ended
};

struct ErrorRule {
  std::string_view start;  // of the reply, without its '-'
  evl_status status;
  After after;
  const char* key;     // of the log's fault lines
  const char* remedy;  // nullptr: the caller's own business (a value of another type), not logged
};

// The rule of an error reply; the last, general one when none fits. [any]
const ErrorRule& rule_of(std::string_view error);

}  // namespace evloom::plugins::redis
