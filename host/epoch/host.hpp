// Host: the whole of a running evloom, seen from the control thread: the pool, the epoch, the listeners, and
// the order in which they come and go. It owns all of them.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "config/diagnostics.hpp"
#include "epoch/builder.hpp"
#include "epoch/epoch.hpp"
#include "epoch/loop_host.hpp"
#include "http/listener.hpp"
#include "http/server.hpp"
#include "loop/pool.hpp"
#include "loop/workers.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"
#include "plugin/host_context.hpp"
#include "plugin/services.hpp"

namespace evloom::epoch {

class Host {
 public:
  // Starts everything; serves when it returns. `plan` has no errors. The error says what could not be started
  // and why; nothing is left running then. [control] `builtins` outlive the host.
  static Result<std::unique_ptr<Host>> start(const Plan& plan, const Builtins& builtins, observe::Log& log);
  // Stops at once what stop() has not. [control]
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // Stops accepting, answers what is in flight, closes, and stops the instances, within about `timeout`; what
  // takes longer is cut off, and the log says so. A plugin that holds up a loop ends the process, exit
  // code 1. [control]
  void stop(std::string_view why, std::chrono::nanoseconds timeout);

  // Where it listens: "http://127.0.0.1:9090".
  std::vector<std::string> urls() const;
  std::uint32_t loops() const { return pool_->size(); }
  const Epoch& epoch() const { return *epoch_; }

 private:
  Host(observe::Log& log, const Builtins& builtins, std::uint32_t threads);
  Status launch(const Plan& plan);
  void end_if_held_up(std::string_view why);
  [[noreturn]] void give_up(std::string_view why);
  Status listen();
  bool drain(std::string_view why, std::chrono::steady_clock::time_point until);
  void take_down(std::chrono::nanoseconds timeout);

  observe::Logger logger_;
  const Builtins& builtins_;
  observe::Registry metrics_;
  observe::MetricGroup host_metrics_;
  Common common_;
  plugin::Services services_;
  plugin::SlotNumbers slots_;
  std::unique_ptr<loop::Pool> pool_;
  std::unique_ptr<loop::Workers> workers_;
  std::unique_ptr<plugin::HostContext> context_;
  std::unique_ptr<Epoch> epoch_;
  std::vector<http::BoundListener> listeners_;
  std::vector<std::unique_ptr<LoopHost>> loop_hosts_;  // each made and destroyed on its loop
  bool up_ = false;
};

}  // namespace evloom::epoch
