// What every function of evl_request_access and its like checks first: that a request came, on the thread
// that owns it.
#pragma once

#include <string>
#include <string_view>

#include "epoch/loop_host.hpp"
#include "epoch/request.hpp"

namespace evloom::epoch {

// Null when the call cannot be served; the plugin is then counted as misbehaving, as far as it is known.
inline Request* checked(evl_request* raw) {
  if (!raw) return nullptr;
  Request& request = Request::of(raw);
  if (loop::Loop::current() == &request.host().loop()) return &request;
  request.handler().misbehaved(plugin::Misbehaviour::wrong_thread,
                               "used a request on a thread that is not its loop's");
  return nullptr;
}
inline const Request* checked(const evl_request* raw) { return checked(const_cast<evl_request*>(raw)); }

// For a function that would answer a request which is answered already: the plugin's mistake. One that was
// cancelled is nobody's.
inline evl_status closed(const Request& request, const char* function) {
  if (request.answered())
    request.handler().misbehaved(plugin::Misbehaviour::wrong_state,
                                 std::string("answered a request twice: ") + function + " for " +
                                     std::string(request.path()) +
                                     "; return after the first respond, fail or finish");
  return EVL_E_STATE;
}

inline std::string_view view(evl_bytes bytes) { return {bytes.data, bytes.data ? bytes.size : 0}; }
inline evl_bytes bytes(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace evloom::epoch
