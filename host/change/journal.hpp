// Journal: the changes of a host, each with its steps and what came of it: what the log, the history and the
// answer to the operator tell. Written on the control thread, read by any.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "change/report.hpp"
#include "observe/log.hpp"

namespace evloom::change {

class Journal {
 public:
  static constexpr std::size_t kKept = 100;

  explicit Journal(observe::Log& log) : logger_(log.logger("change")) {}

  // Opens the record of a change, which is the current one until it is closed. [control]
  void open(ChangeKind kind, std::string subject, std::string by);

  // The current change begins a step; the step before is over, and logged with its time. [control]
  void step(std::string_view name);
  // What there is to say of the step under way. [control]
  void say(std::string text);
  // Fills in more of the current change. [control]
  void edit(const std::function<void(ChangeReport&)>& body);
  // Name of the step under way. [control]
  std::string current_step() const;

  // The current change is over. [control]
  ChangeReport close(Outcome outcome);

  // Something happened to the epoch that a change has replaced. [control]
  void amend(std::uint64_t epoch_before, const std::function<void(ChangeReport::Before&)>& body);

  // The newest first. [any]
  std::vector<ChangeReport> history() const;
  std::optional<ChangeReport> current() const;
  std::uint64_t count() const;

 private:
  void end_step();

  using Clock = std::chrono::steady_clock;
  observe::Logger logger_;
  mutable std::mutex mutex_;  // guards all below; nobody on a loop takes it
  std::deque<ChangeReport> changes_;
  std::uint64_t count_ = 0;
  bool open_ = false;
  Clock::time_point began_;
  Clock::time_point step_began_;
  bool in_step_ = false;
};

}  // namespace evloom::change
