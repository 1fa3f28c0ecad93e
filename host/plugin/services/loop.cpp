// "evloom.host.loop/1": the loops, and messages to them.
#include <limits>

#include "base/clock.hpp"
#include "plugin/services/access.hpp"

namespace evloom::plugin {

namespace {

uint32_t count(const evl_host* host) noexcept {
  Instance* const instance = Instance::of(host);
  return instance ? instance->context().pool.size() : 0;
}

uint32_t index(const evl_loop* loop) noexcept {
  return loop ? static_cast<const loop::Loop*>(loop)->index() : std::numeric_limits<uint32_t>::max();
}

// No host comes with the next two, so there is nobody to blame. A null base is found at once, a base that two
// threads change is not.
event_base* base(evl_loop* loop) noexcept {
  loop::Loop* const current = loop::Loop::current();
  return current && current == loop ? current->base() : nullptr;
}

int64_t now(evl_loop*) noexcept { return monotonic_ns(); }

}  // namespace

void Access::post(Instance& instance, evl_loop* loop, evl_message* message) {
  auto& target = *static_cast<loop::Loop*>(loop);
  auto& pins = cell(instance, target);
  // First the pin, then the look: whoever closes the instance looks at the pins after closing it.
  pins.fetch_add(1);
  if (instance.closed_.load()) {
    instance.misbehaved(Misbehaviour::wrong_state, kPostedTooLate);
  } else {
    target.mailbox().post(message, &pins);
  }
  pins.fetch_sub(1);
}

const evl_loop_access kLoopService = {sizeof(evl_loop_access), &count, &index, &base, &now, &post<Access>};

}  // namespace evloom::plugin
