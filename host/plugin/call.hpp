// call(): every call into a plugin goes through it, so that what the plugin throws ends there and what it
// returns is a status the host knows. Any thread. An exception object never outlives the call: its code may
// be unloaded.
#pragma once

#include <exception>
#include <type_traits>

#include "evloom/abi/base.h"

namespace evloom::plugin {

// A value that this host does not know means EVL_E_INTERNAL (abi/base.h).
constexpr evl_status known(evl_status status) {
  return status >= EVL_OK && status <= EVL_E_INTERNAL ? status : EVL_E_INTERNAL;
}

// Whether bytes that a plugin passes can be read at all.
constexpr bool readable(evl_bytes bytes) { return bytes.data != nullptr || bytes.size == 0; }

// Runs `body`; gives its status, or EVL_OK when it returns nothing. When it throws, `threw` receives the text
// and the status is EVL_E_INTERNAL.
template <typename Body, typename Threw>
evl_status call(Body&& body, Threw&& threw) noexcept {
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<Body>>) {
      body();
      return EVL_OK;
    } else {
      return known(body());
    }
  } catch (const std::exception& error) {
    threw(error.what());
  } catch (...) {
    threw("an exception that is no std::exception");
  }
  return EVL_E_INTERNAL;
}

}  // namespace evloom::plugin
