// The C++ words for the C ABI's: bytes, status, errors. Header-only, on top of the C ABI alone.
// Nothing here throws across the ABI: the glue of plugin.hpp catches at every boundary.
#pragma once

#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>

#include "evloom/abi/base.h"

namespace evl {

// The bytes of a C span, and back. No copy: the owner stays the owner.
inline std::string_view view(evl_bytes bytes) { return {bytes.data, bytes.size}; }
inline evl_bytes bytes(std::string_view text) { return {text.data(), text.size()}; }

// A status by name, for logs and error texts. [any]
inline const char* status_name(evl_status status) {
  switch (status) {
    case EVL_OK:
      return "ok";
    case EVL_E_INVALID:
      return "invalid";
    case EVL_E_UNSUPPORTED:
      return "unsupported";
    case EVL_E_NOT_FOUND:
      return "not found";
    case EVL_E_UNAVAILABLE:
      return "unavailable";
    case EVL_E_TIMEOUT:
      return "timeout";
    case EVL_E_UNKNOWN:
      return "outcome unknown";
    case EVL_E_OVERLOADED:
      return "overloaded";
    case EVL_E_LIMIT:
      return "limit exceeded";
    case EVL_E_TYPE:
      return "wrong type";
    case EVL_E_DENIED:
      return "denied";
    case EVL_E_NO_SPACE:
      return "no space";
    case EVL_E_STALE:
      return "stale ticket";
    case EVL_E_STATE:
      return "not allowed now";
    case EVL_E_CANCELLED:
      return "cancelled";
    default:
      return "internal error";
  }
}

// Thrown by constructors of instances and per-loop objects to refuse, with the reason, and by handlers to
// fail a request: its status says with which code (evl_request_access::fail), its words go to the log. The
// glue turns it into a status and a text before it would cross.
class Failure : public std::runtime_error {
 public:
  // The status that the callee's caller gets, and the words that go with it.
  Failure(evl_status status, const std::string& reason) : std::runtime_error(reason), status_(status) {}
  evl_status status() const { return status_; }

 private:
  evl_status status_;
};

}  // namespace evl
