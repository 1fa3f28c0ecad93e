// DeadlineQueue: the time limits of everything on one loop, by intrusive lists and a single timer.
// A limit's kind has nearly always the same length, so a list per kind stays sorted by appending: to arm and
// to disarm cost a few pointers, whatever the number of connections. Its loop's thread only; a Deadline
// belongs to what it limits.
#pragma once

#include <event2/util.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

struct event;
struct event_base;

namespace evloom::loop {

class DeadlineQueue;

// One limit; disarmed when it expires and when it is destroyed.
class Deadline {
 public:
  using Expire = void (*)(void* owner);

  Deadline(Expire expire, void* owner) : expire_(expire), owner_(owner) {}
  ~Deadline() { disarm(); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  bool armed() const { return queue_ != nullptr; }
  void disarm();

 private:
  friend class DeadlineQueue;

  Expire expire_;
  void* owner_;
  DeadlineQueue* queue_ = nullptr;
  std::size_t kind_ = 0;
  std::int64_t at_ = 0;
  Deadline* before_ = nullptr;
  Deadline* after_ = nullptr;
};

class DeadlineQueue {
 public:
  static constexpr std::size_t kKinds = 8;

  explicit DeadlineQueue(event_base* base);
  ~DeadlineQueue();
  DeadlineQueue(const DeadlineQueue&) = delete;
  DeadlineQueue& operator=(const DeadlineQueue&) = delete;

  // Has the deadline expire `delay` nanoseconds from now, at most 10 ms late; arms it anew when it was armed.
  // `kind` is below kKinds and only a hint for speed: limits of one length should share one.
  void arm(Deadline& deadline, std::size_t kind, std::int64_t delay);

  bool empty() const;

 private:
  friend class Deadline;
  struct List {
    Deadline* first = nullptr;
    Deadline* last = nullptr;
  };
  struct EventDeleter {
    void operator()(event* e) const;
  };

  static void on_timer(evutil_socket_t, short, void* self);
  void unlink(Deadline& deadline);
  void schedule(std::int64_t at, std::int64_t now);

  std::array<List, kKinds> lists_;
  std::unique_ptr<event, EventDeleter> timer_;
  std::int64_t timer_at_ = 0;  // 0: the timer is off
};

}  // namespace evloom::loop
