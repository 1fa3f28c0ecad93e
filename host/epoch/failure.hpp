// What a client is told of a handler's failure. Pure; any thread.
#pragma once

#include <cstdint>

#include "evloom/abi/base.h"

namespace evloom::epoch {

// The status code of the answer that `fail` gives.
inline std::uint16_t http_status(evl_status why) {
  switch (why) {
    case EVL_E_INVALID:
      return 400;
    case EVL_E_NOT_FOUND:
      return 404;
    case EVL_E_UNAVAILABLE:
    case EVL_E_TIMEOUT:
    case EVL_E_UNKNOWN:
    case EVL_E_OVERLOADED:
    case EVL_E_DENIED:
    case EVL_E_NO_SPACE:
    case EVL_E_CANCELLED:
      return 503;
    default:
      return 500;
  }
}

}  // namespace evloom::epoch
