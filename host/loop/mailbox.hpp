// Mailbox: how every other thread reaches the thread of one event_base: a lock-free queue and an eventfd.
// Any thread posts, the base's own thread runs what was posted, in order per sender. A message belongs to its
// sender before post and from run on, to the mailbox in between.
#pragma once

#include <event2/util.h>

#include <atomic>
#include <memory>
#include <utility>

#include "evloom/abi/loop.h"
#include "evloom/mpsc_queue.hpp"

#include "base/fd.hpp"
#include "base/result.hpp"
#include "loop/pins.hpp"

struct event;
struct event_base;

namespace evloom::loop {

class Mailbox {
 public:
  // `owner` is passed to every message; null for the mailbox of the control thread. [owner]
  static Result<std::unique_ptr<Mailbox>> create(event_base* base, evl_loop* owner);
  // Runs what is still inside, so that every message goes back to its sender. [owner]
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // Has message->run called on the mailbox's thread. `pins`, when given, is raised until it has run.
  // Wait-free but for the wake-up of a sleeping thread; never fails. [any]
  void post(evl_message* message, Pins* pins = nullptr);

  // The same for a callable, at the price of an allocation. [any]
  template <typename F>
  void call(F function) {
    struct Call : evl_message {
      explicit Call(F f) : evl_message{}, body(std::move(f)) {}
      F body;
    };
    auto* made = new Call(std::move(function));
    made->run = [](evl_message* message, evl_loop*) {
      std::unique_ptr<Call> self(static_cast<Call*>(message));
      self->body();
    };
    post(made);
  }

  // Runs what has arrived; gives whether there was anything. For the last turns of a loop. [owner]
  bool drain();

 private:
  struct Link : evl::MpscNode {};
  struct EventDeleter {
    void operator()(event* e) const;
  };

  Mailbox(evl_loop* owner, Fd wake) : owner_(owner), wake_(std::move(wake)) {}
  static void on_wake(evutil_socket_t, short, void* self);
  void wake();

  evl_loop* owner_;
  Fd wake_;
  std::unique_ptr<event, EventDeleter> event_;
  std::atomic<bool> signalled_{false};
  evl::MpscQueue<Link> queue_;
};

}  // namespace evloom::loop
