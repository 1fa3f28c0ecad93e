// FixtureLoop: one thread with an event base and a mailbox, as the loops of a host are. Made and destroyed on
// the test's thread; what is posted runs on the loop's own.
#pragma once

#include <event2/util.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>

#include "evloom/abi/loop.h"
#include "evloom/mpsc_queue.hpp"

struct event;

namespace evloom::test {

class FixtureLoop {
 public:
  explicit FixtureLoop(std::uint32_t index);
  FixtureLoop(const FixtureLoop&) = delete;
  FixtureLoop& operator=(const FixtureLoop&) = delete;
  // Runs what the mailbox still holds, then ends the thread.
  ~FixtureLoop();

  std::uint32_t index() const { return index_; }
  event_base* base() const { return base_; }
  bool on_thread() const { return std::this_thread::get_id() == thread_.get_id(); }
  evl_loop* raw() { return reinterpret_cast<evl_loop*>(this); }
  static FixtureLoop& of(evl_loop* loop) { return *reinterpret_cast<FixtureLoop*>(loop); }
  static const FixtureLoop& of(const evl_loop* loop) { return *reinterpret_cast<const FixtureLoop*>(loop); }

  // Has `message->run` called on the loop. `in_flight`, when given, counts the message until it has run.
  // [any]
  void post(evl_message* message, std::atomic<std::int64_t>* in_flight = nullptr);
  // The same for a function. [any]
  void post(std::function<void()> function);

 private:
  struct Letter;
  static void woken(evutil_socket_t, short, void* self);
  void open_mailbox();

  std::uint32_t index_;
  int wake_fd_;
  std::atomic<bool> woken_{false};
  evl::MpscQueue<Letter> mailbox_;
  event_base* base_;
  event* wake_event_;
  std::thread thread_;
};

}  // namespace evloom::test
