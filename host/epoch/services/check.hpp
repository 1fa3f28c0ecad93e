// What every function of evl_request_access and its like checks first: that a request came, on the thread
// that owns it.
#pragma once

#include "epoch/loop_host.hpp"
#include "epoch/request.hpp"
#include "epoch/services/rules.hpp"

namespace evloom::epoch {

// Null when the call cannot be served; the plugin is then counted as misbehaving, as far as it is known.
inline Request* checked(evl_request* raw) {
  if (!raw) return nullptr;
  Request& request = Request::of(raw);
  return on_its_loop(request, loop::Loop::current() == &request.host().loop()) ? &request : nullptr;
}

}  // namespace evloom::epoch
