// FakeControl: a host as the admin server sees it, under the test's control: scripted reports, and answers
// that come from a control thread of its own, when the test lets that go on. The test's thread owns it; it
// outlives the server.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "change/control.hpp"

namespace evloom::test {

// 2026-11-23T07:04:43.210276Z
inline WallTime some_time() { return WallTime(std::chrono::microseconds(1'795'417'483'210'276)); }

// A swap that went well, with all there is to tell.
inline change::ChangeReport swapped() {
  using std::chrono::microseconds;
  change::ChangeReport change;
  change.number = 7;
  change.kind = change::ChangeKind::swap;
  change.subject = "stats /opt/stats.so";
  change.by = "admin";
  change.began = some_time();
  change.took = microseconds(143'210);
  change.outcome = change::Outcome::serving;
  change.steps = {{"plan", microseconds(2'100), ""},
                  {"admit", microseconds(9'000), "stats 1.1.0 build 3fa9c1d2a0b1"},
                  {"preflight", microseconds(61'000), ""},
                  {"flip", microseconds(950), "31 requests pinned to epoch 6"}};
  change.differences = {{'~', "instance", "stats", "build 81c0aa01bb02", "build 3fa9c1d2a0b1"}};
  change.built = {{"stats", "stats", "3fa9c1d2a0b1c4d5e6f7", "/opt/stats.so"}};
  change.epoch = 7;
  change::ChangeReport::Before before;
  before.epoch = 6;
  before.pinned = 31;
  before.drained = microseconds(12'000);
  before.code = {{"stats", "81c0aa01bb02", "/usr/stats.so", false, "a thread of its own still runs"}};
  change.before = before;
  return change;
}

// A reload that a broken YAML file has stopped.
inline change::ChangeReport failed() {
  change::ChangeReport change;
  change.number = 8;
  change.kind = change::ChangeKind::reload;
  change.by = "SIGHUP";
  change.began = some_time();
  change.took = std::chrono::milliseconds(5);
  change.outcome = change::Outcome::failed;
  change.error = "evloom.yaml:3:5: error: unknown key 'treads'\nevloom.yaml:9:1: error: no handler 'x'";
  change.failed_step = "plan";
  change.epoch = 7;
  return change;
}

inline change::PlanReport planned() {
  return {{{'+', "listener", "http://127.0.0.1:9091", "", "backlog 1024"},
           {'-', "route", "/old", "stats", ""},
           {'~', "setting", "limits.idle_timeout", "60s", "30s"}},
          {"log.output cannot be written by others"}};
}

class FakeControl final : public change::Control {
 public:
  using Script = std::function<change::CommandAnswer(const change::Command&)>;

  FakeControl() : thread_([this] { serve(); }) {}
  ~FakeControl() override {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  // What it says from now on.
  void set_report(change::HostReport report) {
    const std::lock_guard lock(mutex_);
    report_ = std::move(report);
  }
  void set_history(std::vector<change::ChangeReport> history) {
    const std::lock_guard lock(mutex_);
    history_ = std::move(history);
  }
  void set_answer(change::CommandAnswer answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
  }
  // Answers come from inside ask(), as those of a host that takes nothing more.
  void answer_inside() {
    const std::lock_guard lock(mutex_);
    inside_ = true;
  }

  // The control thread is busy: nothing is answered until release().
  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void release() {
    {
      const std::lock_guard lock(mutex_);
      held_ = false;
    }
    changed_.notify_all();
  }

  // Waits until so many commands have been asked; gives them, with who asked.
  std::vector<std::pair<change::Command, std::string>> asked(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kLimit, [&] { return asked_.size() >= count; });
    return asked_;
  }
  // Waits until so many answers have been given, to whoever it was; false when they were not.
  bool answered(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kLimit, [&] { return answered_ >= count; });
  }

  change::HostReport report() const override {
    const std::lock_guard lock(mutex_);
    return report_;
  }
  std::vector<change::ChangeReport> history() const override {
    const std::lock_guard lock(mutex_);
    return history_;
  }
  void ask(change::Command command, std::string by,
           std::function<void(change::CommandAnswer)> answer) override {
    std::unique_lock lock(mutex_);
    asked_.emplace_back(std::move(command), std::move(by));
    if (inside_) {
      const change::CommandAnswer said = answer_;
      lock.unlock();
      return answer(said);
    }
    waiting_.push_back(std::move(answer));
    lock.unlock();
    changed_.notify_all();
  }

 private:
  static constexpr std::chrono::seconds kLimit{20};

  void serve() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return ending_ || (!held_ && !waiting_.empty()); });
      if (ending_) return;
      const auto answer = std::move(waiting_.front());
      waiting_.pop_front();
      const change::CommandAnswer said = answer_;
      lock.unlock();
      answer(said);
      lock.lock();
      ++answered_;
      changed_.notify_all();
    }
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool ending_ = false, held_ = false, inside_ = false;
  change::HostReport report_;
  std::vector<change::ChangeReport> history_;
  change::CommandAnswer answer_ = swapped();
  std::vector<std::pair<change::Command, std::string>> asked_;
  std::deque<std::function<void(change::CommandAnswer)>> waiting_;
  std::size_t answered_ = 0;
  std::thread thread_;  // last: it uses all the others
};

}  // namespace evloom::test
