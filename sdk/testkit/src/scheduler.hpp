// Scheduler: the loops of a Host as queues, its clock and its alarms. All of it belongs to the test's thread
// but post(), which any thread may call. What is queued and armed belongs to others and has to outlive that.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "evloom/abi/base.h"

namespace evl::testkit {

class Scheduler;

// A queue that keeps its memory: a request that is like the one before it needs none from the heap.
template <typename T>
class Ring {
 public:
  bool empty() const { return count_ == 0; }
  std::size_t size() const { return count_; }
  const T& front() const { return slots_[first_]; }
  void push(const T& one) {
    if (count_ == slots_.size()) grow();
    slots_[(first_ + count_++) % slots_.size()] = one;
  }
  T pop() {
    T one = slots_[first_];
    first_ = (first_ + 1) % slots_.size();
    --count_;
    return one;
  }

 private:
  void grow() {
    std::vector<T> larger(slots_.empty() ? 16 : slots_.size() * 2);
    for (std::size_t i = 0; i < count_; ++i) larger[i] = slots_[(first_ + i) % slots_.size()];
    slots_ = std::move(larger);
    first_ = 0;
  }
  std::vector<T> slots_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
};

// One thing that happens on a loop.
struct Turn {
  void (*run)(void* object) = nullptr;
  void* object = nullptr;
  std::uint64_t serial = 0;
};

// A loop, and what the ABI's opaque evl_loop is here. The last one of a Scheduler stands for the worker
// threads.
struct Loop {
  Scheduler* scheduler = nullptr;
  std::uint32_t index = 0;
  bool worker = false;
  event_base* base = nullptr;  // made when a plugin asks for it
  Ring<Turn> turns;

  evl_loop* raw() { return reinterpret_cast<evl_loop*>(this); }
  static Loop& of(evl_loop* loop) { return *reinterpret_cast<Loop*>(loop); }
  static const Loop& of(const evl_loop* loop) { return *reinterpret_cast<const Loop*>(loop); }
};

// Something that happens on a loop at a time. A member of whom it concerns.
struct Alarm {
  static constexpr std::size_t kNowhere = SIZE_MAX;
  void (*fire)(Alarm& self) = nullptr;
  Loop* loop = nullptr;
  std::int64_t due = 0;
  std::uint64_t serial = 0;
  std::size_t place = kNowhere;  // in the heap
  bool armed() const { return place != kNowhere; }
};

class Scheduler {
 public:
  Scheduler(std::uint32_t loops, std::uint64_t seed, std::function<void()> after_turn);
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;
  ~Scheduler();

  std::uint32_t loops() const { return static_cast<std::uint32_t>(loops_.size() - 1); }
  Loop& at(std::uint32_t index) { return *loops_[index]; }
  Loop& worker() { return *loops_.back(); }

  // The loop whose turn it is, on the test's thread; else null. [any]
  Loop* current() const { return std::this_thread::get_id() == home_ ? current_ : nullptr; }
  bool on(const evl_loop* loop) const { return loop && reinterpret_cast<const evl_loop*>(current()) == loop; }
  event_base* base(Loop& loop);

  void queue(Loop& loop, void (*function)(void*), void* object) {
    loop.turns.push({function, object, ++serial_});
  }
  // The same. [any]
  void post(Loop& loop, void (*function)(void*), void* object);

  std::int64_t now() const { return now_; }
  void arm(Alarm& alarm, Loop& loop, std::int64_t delay);
  void disarm(Alarm& alarm);

  bool step();
  std::size_t run();
  void advance(std::int64_t time);
  bool wait(const std::function<bool()>& condition, std::chrono::milliseconds limit);

  // Runs `body` as a turn of the loop, now; inside of another turn, as part of that.
  template <typename Body>
  void enter(Loop& loop, Body&& body) {
    Loop* const before = current_;
    current_ = loop.worker ? nullptr : &loop;
    body();
    current_ = before;
    if (!before) after_turn_();
  }

 private:
  static constexpr std::size_t kEndless = 1'000'000;
  struct Posted {
    Loop* loop;
    Turn turn;
  };

  bool before(const Alarm& a, const Alarm& b) const {
    return a.due != b.due ? a.due < b.due : a.serial < b.serial;
  }
  void sift(std::size_t place);
  bool ready() const;
  void take_posted();
  void poll_bases();
  Loop* choose();  // whose queue or, when that is null, whether the first alarm; see step()

  const std::thread::id home_ = std::this_thread::get_id();
  const bool shuffled_;
  std::mt19937_64 random_;
  std::function<void()> after_turn_;
  std::vector<std::unique_ptr<Loop>> loops_;
  Loop* current_ = nullptr;
  std::uint64_t serial_ = 0;
  std::int64_t now_ = 1'000'000'000;
  std::vector<Alarm*> heap_;

  std::mutex mutex_;  // of what other threads post
  std::condition_variable arrived_;
  std::vector<Posted> posted_;
};

}  // namespace evl::testkit
