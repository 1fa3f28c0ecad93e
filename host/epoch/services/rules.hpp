// What the functions of the request, store and render interfaces have in common, for any host that has
// requests: this one and the SDK's test kit. Its `Request` has handler(), path(), open() and answered(); the
// handler has misbehaved(). [loop]
#pragma once

#include <string>
#include <string_view>

#include "evloom/abi/request.h"

#include "plugin/call.hpp"
#include "plugin/misbehaviour.hpp"

namespace evloom::epoch {

using plugin::Misbehaviour;

// The bytes that a plugin passed, none when they are null; and back.
inline std::string_view view(evl_bytes bytes) { return {bytes.data, bytes.data ? bytes.size : 0}; }
inline evl_bytes bytes(std::string_view text) { return {text.data(), text.size()}; }

// `here`: the call comes from the thread of the request's loop. If not, the plugin is blamed.
template <typename Request>
bool on_its_loop(const Request& request, bool here) {
  if (here) return true;
  request.handler().misbehaved(Misbehaviour::wrong_thread,
                               "used a request on a thread that is not its loop's");
  return false;
}

// What a function gives where its request cannot be used: there is none, or this is not the time or thread.
inline evl_status unusable(const evl_request* raw) { return raw ? EVL_E_STATE : EVL_E_INVALID; }

// For a function that would answer a request which is answered already: the plugin's mistake. One that was
// cancelled is nobody's.
template <typename Request>
evl_status closed(const Request& request, const char* function) {
  if (request.answered())
    request.handler().misbehaved(Misbehaviour::wrong_state,
                                 std::string("answered a request twice: ") + function + " for " +
                                     std::string(request.path()) +
                                     "; return after the first respond, fail or finish");
  return EVL_E_STATE;
}

// The log's line on a ticket that leads nowhere. No mistake as such, for the client may just have gone; an
// author wants to see it all the same.
std::string stale_ticket_text(evl_ticket ticket, std::string_view file);

}  // namespace evloom::epoch
