// Instance: a plugin and its options, woven through all loops. Made, started, stopped and destroyed on the
// control thread; in between its functions run on the loops. Holds its Library, so the code stays while it
// lives.
//
//   create -> [load_state] -> start (thread_start on every loop) -> requests -> drain ->
//   stop (thread_stop on every loop) -> [save_state] -> destroyed
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "evloom/abi/host.h"
#include "evloom/abi/plugin.h"

#include "base/result.hpp"
#include "config/node.hpp"
#include "loop/loop.hpp"
#include "loop/pins.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"
#include "plugin/call.hpp"
#include "plugin/host_context.hpp"
#include "plugin/interfaces.hpp"
#include "plugin/library.hpp"
#include "plugin/misbehaviour.hpp"
#include "plugin/state.hpp"

namespace evloom::plugin {

class Instance {
 public:
  struct Spec {
    std::string name;  // the key in the configuration; in log lines and metrics
    std::shared_ptr<Library> library;
    config::Node options;  // validated against the plugin's schema, with its defaults
  };

  // Calls the plugin's create and asks for every interface that its note promises. The instance is destroyed
  // on the control thread when the last pointer goes; one that a loop has not let go of is kept in memory for
  // good instead, and logged. What it leaves behind is taken off the loops where that is possible, and its
  // library stays in memory: Library::unload tells. [control]
  static Result<std::shared_ptr<Instance>> create(Spec spec, HostContext& context);

  // thread_start on every loop. When one fails or `timeout` passes, those that had started are stopped again,
  // in reverse order, and the error names plugin, instance, loop and reason. One that offers "evloom.state/1"
  // can be started again after stop(). [control]
  Status start(std::chrono::nanoseconds timeout);

  // Tells every loop that no new request comes. Does not wait. [control]
  void drain();

  // Nothing of this instance is under way: no request, message, work. Its timers do not count. [any]
  bool idle() const { return in_flight() == 0; }
  // What is under way, over all loops. Exact once nothing new can begin. [any]
  std::uint64_t in_flight() const;

  // thread_stop on every loop that was started, in reverse order, once idle() or `timeout` has passed for it.
  // Fails when something is under way still or a loop does not answer; then the instance is kept. [control]
  Status stop(std::chrono::nanoseconds timeout);

  // Whether the plugin hands its state over to a successor ("evloom.state/1"). [any]
  bool has_state() const;
  // What a successor is to get; the instance has been stopped and stays as it is. Fails with the plugin's
  // reason, or when it puts what it must not. [control]
  Result<SavedState> save_state();
  // Gives it what another instance saved, before start(). Fails with the plugin's reason, or when it does not
  // accept this state; then it is of no use any more. [control]
  Status load_state(const SavedState& state);

  // What keeps the instance from being destroyed for `loop`: a request of it, say. Cheap: the cell is that
  // loop's. [loop]
  void pin(std::uint32_t loop) { cells_[loop].fetch_add(1, std::memory_order_relaxed); }
  void unpin(std::uint32_t loop) { cells_[loop].fetch_sub(1, std::memory_order_release); }

  // The table of an interface, evl_handler say, complete (what an older plugin lacks is null); null when the
  // plugin does not offer it. Lives as long as the instance. [any]
  template <typename Table>
  const Table* interface() const {
    return static_cast<const Table*>(table(kInterfaceId<Table>));
  }

  // What the plugin's get_interface gives for any id; its own table, as it is. [any]
  const void* ask(const char* id) noexcept;
  // A number that no other instance of this host ever has; never 0. [any]
  std::uint64_t serial() const { return serial_; }

  // The first two arguments of the functions of such a table. [any], [loop]
  void* object() const { return plugin_.instance; }
  void* slot(loop::Loop& on) const;

  // Calls into the plugin: `body` returns evl_status or nothing. A throw is counted and logged under `what`,
  // a literal; and so is a call that holds its loop for long. [any]
  template <typename Body>
  evl_status call(const char* what, Body&& body) noexcept {
    loop::Loop* const here = loop::Loop::current();
    const loop::Duty::Scope scope(here ? &here->duty() : nullptr, who_, what);
    return plugin::call(std::forward<Body>(body), [&](const char* text) { threw(what, text); });
  }

  // Counts (evloom_instance_misbehaviour_total), and logs at most one line a second per kind. [any]
  void misbehaved(Misbehaviour kind, std::string_view what) noexcept;
  std::uint64_t misbehaviours(Misbehaviour kind) const;
  std::uint64_t misbehaviours() const;
  // What the first of a kind was; empty when there was none. [any]
  std::string first_misbehaviour(Misbehaviour kind) const;
  // "exception 2 times, first: drain threw: ...": every kind but one, with its count and what the first of it
  // was; empty when there was none. [any]
  std::string blame(Misbehaviour but = Misbehaviour::count_) const;

  const std::string& name() const { return name_; }
  const Library& library() const { return *library_; }
  const config::Node& options() const { return options_; }
  observe::Logger logger() const { return logger_; }
  // The plugin file that it was made from, as the configuration or a swap named it.
  std::string file() const { return library_->file().original().string(); }
  HostContext& context() const { return context_; }
  // "instance 'counters' of plugin 'redis' 1.0.0", for messages.
  std::string label() const;

  // What the plugin got as its host. [any]
  const evl_host* host() const { return &view_.abi; }
  // The instance behind the pointer that a plugin passes to the host's functions; null (and nobody to blame)
  // when that is no such pointer. [any]
  static Instance* of(const evl_host* host);

 private:
  friend struct Access;  // services/access.hpp: the host's functions for plugins

  // Of one loop. The pins are raised by any thread, the rest is that loop's own.
  struct alignas(64) Cell : loop::Pins {
    Instance* owner = nullptr;
    bool on = false;              // between thread_start and thread_stop
    evl_timer* timers = nullptr;  // first of those under way
  };
  struct View {  // what the plugin's `host` points to
    evl_host abi;
    Instance* self;
  };
  struct Offered {
    std::string id;
    std::unique_ptr<std::byte[]> table;
  };
  using Series = std::variant<observe::Counter, observe::Gauge>;
  struct Start;

  Instance(Spec spec, HostContext& context, std::uint32_t slot);
  ~Instance();
  static void release(Instance* instance) noexcept;

  Status create_object();
  void destroy_object() noexcept;
  Status read_interfaces();
  evl_status start_here(loop::Loop& loop, std::string& why) noexcept;
  void stop_here(loop::Loop& loop) noexcept;
  // Takes the plugin's events off a loop on which no instance of it runs.
  void sweep_here(loop::Loop& loop) noexcept;
  bool sweep_loops();
  void keep(const std::string& why) noexcept;
  // Has `function` run on a loop; what it refers to is kept until then. False when `timeout` passed first.
  bool run_on(std::uint32_t loop, std::function<void(loop::Loop&)> function,
              std::chrono::nanoseconds timeout);
  bool stop_loops(std::chrono::steady_clock::time_point until, std::string& why);
  bool wait_idle(std::chrono::steady_clock::time_point until) const;
  const void* table(std::string_view id) const;
  void threw(const char* what, const char* text) noexcept;
  bool running() const;  // on some loop, as far as the control thread knows
  StateHolder state_holder(bool in_use);

  HostContext& context_;
  const std::string name_;
  const std::shared_ptr<Library> library_;
  const config::Node options_;
  const observe::Logger logger_;
  const char* const who_;  // the logger's module: it lives as long as the log
  observe::MetricGroup metrics_;
  std::vector<Series> series_;
  const View view_;
  evl_plugin plugin_{};
  const std::uint32_t slot_;
  const std::uint64_t serial_;
  const std::uint32_t loops_;
  const std::unique_ptr<Cell[]> cells_;
  std::vector<Offered> offered_;
  std::vector<Task> threads_;  // that appeared while it was created or started; joined by destroy
  bool creating_ = false;
  bool created_ = false;
  std::vector<bool> started_;            // the control thread's view of each loop
  std::atomic<std::uint32_t> calls_{0};  // of ours that loops have yet to run
  std::atomic<bool> closed_{false};      // messages are refused from now on
  static constexpr std::size_t kKinds = static_cast<std::size_t>(Misbehaviour::count_);
  std::array<std::atomic<std::uint64_t>, kKinds> misbehaviours_{};
  std::array<observe::Counter, kKinds> misbehaviour_series_;
  std::mutex off_loop_;            // among threads that are no loops: they share one column of the series
  mutable std::mutex first_lock_;  // taken once per kind, and by who asks
  std::array<std::string, kKinds> first_misbehaviours_;
};

}  // namespace evloom::plugin
