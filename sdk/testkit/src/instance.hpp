// InstanceImpl: an instance in a Host: the same steps, checks and words as host/plugin has for a real one.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evloom/abi/host.h"
#include "evloom/abi/timer.h"

#include "code.hpp"
#include "config/node.hpp"
#include "core.hpp"
#include "plugin/call.hpp"
#include "plugin/leftovers.hpp"
#include "plugin/state.hpp"

namespace evl::testkit {

class Batch;

// A timer under way; evl_timer* leads here.
struct TimerImpl : Alarm {
  InstanceImpl* owner = nullptr;
  TimerImpl* before = nullptr;
  TimerImpl* after = nullptr;
  void (*call)(void*) = nullptr;
  void* context = nullptr;

  evl_timer* raw() { return reinterpret_cast<evl_timer*>(this); }
  static TimerImpl& of(evl_timer* timer) { return *reinterpret_cast<TimerImpl*>(timer); }
};

class InstanceImpl final : public Instance {
 public:
  // Options checked, created, interfaces read. Throws Refused; nothing is left then.
  InstanceImpl(Core& host, const Plugin& plugin, const Options& options, std::string name);
  ~InstanceImpl() override;

  const std::string& name() const override { return name_; }
  std::string label() const override;
  Phase phase() const override { return phase_; }
  void start() override;
  void drain() override;
  void stop() override;
  void destroy() override;
  Saved save() override;
  void load(const Saved& saved) override;
  std::uint64_t in_flight() const override { return pins_.load(); }
  std::vector<Misbehaviour> misbehaviours() const override;
  Leftovers leftovers() const override;
  std::int64_t metric(const std::string& name) const override;
  const Batched& submit(std::vector<Op> ops, std::uint32_t loop) override;
  evl_status health(std::string* why, std::uint32_t loop) override;
  const void* table(const char* id) const override;
  void* object() const override { return plugin_.abi.instance; }
  void* slot(std::uint32_t loop) const override { return cells_[loop].slot; }

  // ---- for the rest of the kit
  Core& core() const { return core_; }
  const evl_entry& entry() const { return code_->entry(); }
  template <typename Table>
  const Table* interface(const char* id) const {
    return static_cast<const Table*>(table(id));
  }
  static InstanceImpl* of(const evl_host* host);

  // Calls into the plugin; a throw is a misbehaviour and EVL_E_INTERNAL.
  template <typename Body>
  evl_status call(const char* what, Body&& body) noexcept {
    return evloom::plugin::call(std::forward<Body>(body), [&](const char* text) { threw(what, text); });
  }
  // [any]
  void misbehaved(Breach kind, std::string_view what) noexcept;
  // The plugin file that it was made from; of a plugin that is linked in, the program.
  const std::string& file() const { return file_; }

  // Throws Refused while requests or work are under way, which only time or the test can end.
  void check_idle(const char* what) const;
  // Takes all the steps to its end, whatever is under way.
  void end();
  // A successor has taken its place: it serves what it has, and takes these steps when that is over.
  void replace();
  bool replaced() const { return replaced_; }
  // One step on the way to its end; false while something is under way.
  bool end_if_idle();

  void pin() { pins_.fetch_add(1); }
  void unpin() { pins_.fetch_sub(1); }
  bool runs_on(const Loop& loop) const { return cells_[loop.index].on; }
  bool closed() const { return closed_.load(); }
  bool creating() const { return creating_; }
  TimerImpl* start_timer(Loop& loop, std::int64_t delay, void (*fire)(void*), void* context);
  std::optional<std::int64_t> next_timer() const;  // when
  static void cancel_timer(TimerImpl& timer);

  struct Series {
    std::string name;
    bool gauge;
    std::int64_t value;
  };
  std::vector<Series> series;
  std::size_t lent_bytes = 0;    // of bodies that are not given back yet
  std::atomic<int> messages{0};  // posted, and not run
  std::size_t work = 0;
  std::size_t requests = 0;  // that it handles, or renders

 private:
  struct Cell {
    bool on = false;
    void* slot = nullptr;
    TimerImpl* timers = nullptr;
  };
  struct View {
    evl_host abi;
    unsigned char extra[kMostExtra];
    InstanceImpl* self;
  };
  struct Padded {
    evl_plugin abi;
    unsigned char extra[kMostExtra];
  };
  struct Offered {
    std::string id;
    std::unique_ptr<std::byte[]> table;
  };

  static const void* get_interface(const evl_host* host, const char* id) noexcept;
  void check_options(const Options& options);
  void create_object();
  void read_interfaces();
  evl_status start_here(Loop& loop, std::string& why);
  void stop_here(Loop& loop);
  void sweep_here(Loop& loop);
  void stop_loops();
  void destroy_object();
  void end_batches();
  void stop_now();
  void destroy_now();
  void threw(const char* what, const char* text) noexcept;
  static void on_timer(Alarm& alarm);
  static void unlink(TimerImpl& timer);
  evloom::plugin::StateHolder state_holder(bool in_use);

  Core& core_;
  std::shared_ptr<Plugin::Code> code_;  // null once it is destroyed
  const std::string plugin_label_;
  const std::string file_;
  evloom::plugin::Code text_;  // where its code is in memory
  const std::string name_;
  Phase phase_ = Phase::created;
  evloom::config::Node options_;
  View view_;
  Padded plugin_{};
  std::vector<Cell> cells_;
  std::vector<Offered> offered_;
  std::vector<evloom::plugin::Task> threads_;
  std::vector<std::unique_ptr<Batch>> batches_;    // of submit()
  std::vector<std::unique_ptr<Batched>> answers_;  // theirs
  bool creating_ = false;
  bool created_ = false;
  bool replaced_ = false;
  std::atomic<bool> closed_{false};
  std::atomic<std::uint64_t> pins_{0};
  Leftovers left_;  // when its loops were stopped
  std::vector<Misbehaviour> faults_;
};

}  // namespace evl::testkit
