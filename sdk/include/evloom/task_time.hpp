// co_await evl::sleep(time): the coroutine goes on that much later, or a little after that. Its request is
// held meanwhile.
#pragma once

#include <chrono>

#include "evloom/task_frame.hpp"

namespace evl {
namespace detail {

// Holds the request by a ticket while something other than a store is waited for.
template <typename Derived>
struct TicketWait : Await<Derived> {
  bool hold() {
    ticket = this->root->request.suspend();
    return ticket != 0;
  }
  // Ends the hold; false when nobody waits for an answer any more.
  bool take() const {
    const Request& request = this->root->request;
    const HostInterfaces& host = request.interfaces();
    return host.request->resume(host.host, request.loop().raw(), ticket) != nullptr;
  }
  void check(const char* what) const {
    this->check_cancelled();
    if (this->status != EVL_OK) throw OperationFailed(this->status, what);
  }
  evl_ticket ticket = 0;
};

struct SleepWait : TicketWait<SleepWait> {
  explicit SleepWait(std::chrono::nanoseconds its_time) : time(its_time) {}

  evl_status begin() {
    if (!hold()) return EVL_E_STATE;
    const HostInterfaces& host = root->request.interfaces();
    timer = host.timer->start(host.host, root->request.loop().raw(), time.count(), &fired, this);
    if (!timer) {
      take();
      return EVL_E_NO_SPACE;
    }
    detach = [](Waiter& self) {
      auto& sleep = static_cast<SleepWait&>(self);
      sleep.root->request.interfaces().timer->cancel(sleep.timer);
    };
    return EVL_OK;
  }
  static void fired(void* context) {
    auto* const self = static_cast<SleepWait*>(context);
    if (self->take()) self->arrived();
  }
  void await_resume() const {
    check("cannot sleep: the request has been answered, or no timer could be made");
  }

  std::chrono::nanoseconds time;
  evl_timer* timer = nullptr;
};

}  // namespace detail

inline detail::SleepWait sleep(std::chrono::nanoseconds time) { return detail::SleepWait(time); }

}  // namespace evl
