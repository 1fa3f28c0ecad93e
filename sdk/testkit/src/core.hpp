// Core: what a Host is inside: its scheduler, its instances, routes, stores and exchanges, and what it has
// seen. All of it on the test's thread, but for note(), which any thread may call.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "evloom/abi/work.h"
#include "evloom/testkit/host.hpp"

#include "epoch/tickets.hpp"
#include "http/router.hpp"
#include "plugin/misbehaviour.hpp"
#include "scheduler.hpp"

namespace evl::testkit {

class InstanceImpl;
class ExchangeImpl;
class StoreImpl;
struct TimerImpl;

// What a Misbehaviour may be.
using Breach = evloom::plugin::Misbehaviour;

// Bytes of a struct that this host makes larger than its header says (HostOptions::extra_bytes).
inline constexpr std::size_t kMostExtra = 256;
inline constexpr unsigned char kExtraFill = 0xA5;

struct RouteImpl {
  std::string path;
  InstanceImpl* handler = nullptr;
  StoreImpl* store = nullptr;
  std::map<std::string, StoreImpl*> stores;
  std::vector<InstanceImpl*> formats;
};

struct Piece {  // of blocking work
  evl_work* work;
  Loop* loop;
  InstanceImpl* owner;
};

class Host::Impl {
 public:
  explicit Impl(HostOptions its_options);
  ~Impl();

  // ---- the interfaces of the host; tables.cpp
  const void* find_interface(std::string_view id) const;

  // ---- records
  void note(evl_log_level level, std::string instance, std::string key, std::string_view text);

  // ---- requests; exchange.cpp
  ExchangeImpl& exchange(Message message);
  // Why it has no answer, for who expected one.
  std::string waits_for(const ExchangeImpl& exchange) const;
  void settle_later(ExchangeImpl& exchange) { unsettled.push_back(&exchange); }
  void settle_all();

  // ---- work
  // False: there is no room for it.
  bool submit_work(InstanceImpl& owner, Loop& loop, evl_work* piece);
  std::size_t run_work(std::size_t count);
  static void on_work(void* self);  // runs one piece

  TimerImpl* take_timer();
  void give_back(TimerImpl* timer);

  InstanceImpl& make(const Plugin& plugin, const Options& its_options, std::string name);
  InstanceImpl& swap(InstanceImpl& old, const Plugin& plugin, const Options& its_options);
  void lead_to(InstanceImpl& from, InstanceImpl& to);
  // Ends the instances that were replaced and have nothing under way any more. After each turn.
  void end_replaced();
  void stop();
  Leftovers current() const;

  const HostOptions options;
  Scheduler scheduler;
  std::vector<std::unique_ptr<InstanceImpl>> instances;
  std::vector<InstanceImpl*> replaced;  // not destroyed yet
  std::vector<std::unique_ptr<StoreImpl>> stores;
  std::vector<std::unique_ptr<ExchangeImpl>> exchanges;
  std::vector<std::unique_ptr<RouteImpl>> routes;
  std::vector<evloom::http::RouteSpec> specs;
  evloom::http::Router router;
  std::vector<evloom::epoch::Tickets<ExchangeImpl>> tickets;  // one a loop
  std::vector<ExchangeImpl*> unsettled;

  bool work_held = false;
  Ring<Piece> work;  // waits to be run
  Ring<Piece> done;  // was run; `done` is to be called
  bool stopped = false;
  Leftovers left;  // of what stop() had to cut off

  mutable std::mutex mutex;  // of what follows
  std::vector<LogLine> lines;
  std::vector<Misbehaviour> faults;

 private:
  static void on_work_done(void* self);

  std::map<std::string, std::vector<unsigned char>, std::less<>> tables_;
  std::vector<std::unique_ptr<TimerImpl>> timers_;
  std::vector<TimerImpl*> free_timers_;
};

using Core = Host::Impl;

}  // namespace evl::testkit
