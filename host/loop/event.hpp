// EventPtr: owns a libevent event. The event_base has to outlive it. On the thread of its base.
#pragma once

#include <event2/event.h>

#include <memory>

namespace evloom::loop {

struct EventDeleter {
  void operator()(event* e) const { event_free(e); }
};
using EventPtr = std::unique_ptr<event, EventDeleter>;

}  // namespace evloom::loop
