// Host: the whole of a running evloom, seen from the control thread: the pool, the epochs, the listeners, and
// the order in which they come and go. It owns all of them, and carries out what operators ask.
#pragma once

#include <event2/util.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "change/builder.hpp"
#include "change/changes.hpp"
#include "change/control.hpp"
#include "change/generations.hpp"
#include "change/journal.hpp"
#include "change/listeners.hpp"
#include "epoch/loop_host.hpp"
#include "epoch/plan.hpp"
#include "loop/mailbox.hpp"
#include "loop/pool.hpp"
#include "loop/watchdog.hpp"
#include "loop/workers.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"
#include "plugin/host_context.hpp"
#include "plugin/services.hpp"

struct event;
struct event_base;

namespace evloom::change {

class Host final : public Control {
 public:
  struct Options {
    epoch::PlanSource source;  // what a reload reads
    event_base* control;       // turned by the control thread; outlives the host
    int interrupt = -1;        // readable once the host is to stop: a change that is under way gives up
    std::string version = {};  // of the program, for reports
    epoch::Swaps swaps = {};   // in force from the start: `plan` was made with them
  };

  // Starts everything; serves when it returns. `plan` has no errors. The error says what could not be started
  // and why; nothing is left running then. [control] `builtins` outlive the host.
  static Result<std::unique_ptr<Host>> start(epoch::Plan plan, const Options& options,
                                             const epoch::Builtins& builtins, observe::Log& log);
  // Stops at once what stop() has not. [control]
  ~Host() override;
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // Stops accepting, answers what is in flight, closes, and stops the instances, within about
  // `shutdown.timeout`; what takes longer is cut off, and the log says so. A plugin that holds up a loop ends
  // the process, exit code 1. [control]
  void stop(std::string_view why);

  // Where it listens: "http://127.0.0.1:9090". [control]
  std::vector<std::string> urls() const { return listeners_.urls(); }
  std::uint32_t loops() const { return pool_->size(); }
  epoch::Common& common() { return common_; }

  HostReport report() const override;
  std::vector<ChangeReport> history() const override { return journal_.history(); }
  void ask(Command command, std::string by, std::function<void(CommandAnswer)> answer) override;

 private:
  struct EventDeleter {
    void operator()(event* e) const;
  };
  static constexpr std::uint32_t kMostAsked = 16;  // that may wait for their turn

  Host(const Options& options, const epoch::Builtins& builtins, observe::Log& log, std::uint32_t threads);
  Status launch(epoch::Plan plan);
  Status watch_loops();
  CommandAnswer carry_out(const Command& command, const std::string& by);
  // Has the rest of earlier changes seen to, now and whenever there is something to do.
  void tend();
  void end_if_held_up(std::string_view why);
  [[noreturn]] void give_up(std::string_view why);
  bool drain(std::string_view why, std::chrono::steady_clock::time_point until);
  void take_down(std::chrono::nanoseconds timeout);

  const Options options_;
  const WallTime started_ = std::chrono::system_clock::now();
  observe::Logger logger_;
  const epoch::Builtins& builtins_;
  observe::Registry metrics_;
  observe::MetricGroup host_metrics_;
  epoch::Common common_;
  plugin::Services services_;
  plugin::SlotNumbers slots_;
  Journal journal_;
  std::unique_ptr<loop::Pool> pool_;
  std::unique_ptr<loop::Watchdog> watchdog_;
  std::unique_ptr<loop::Workers> workers_;
  std::unique_ptr<plugin::HostContext> context_;
  std::unique_ptr<loop::Mailbox> mailbox_;  // of the control thread
  std::unique_ptr<event, EventDeleter> timer_;
  std::atomic<std::uint32_t> asked_{0};
  std::atomic<bool> stopping_{false};
  Listeners listeners_;
  Generations generations_;
  std::unique_ptr<Builder> builder_;
  std::vector<std::unique_ptr<epoch::LoopHost>> loop_hosts_;  // each made and destroyed on its loop
  std::unique_ptr<Changes> changes_;
  bool up_ = false;
};

}  // namespace evloom::change
