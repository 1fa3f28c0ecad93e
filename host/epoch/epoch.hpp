// Epoch: the whole running state that a configuration and its plugin files imply: instances, routes, limits.
// Made and destroyed on the control thread. What the loops read of it (routes, router, limits) is immutable
// once built, and read through a plain pointer. A request sees one epoch from beginning to end.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evloom/abi/format.h"
#include "evloom/abi/handler.h"

#include "base/clock.hpp"
#include "config/config.hpp"
#include "epoch/plan.hpp"
#include "http/exchange.hpp"
#include "http/router.hpp"
#include "http/server.hpp"
#include "plugin/instance.hpp"
#include "store/line.hpp"

namespace evloom::epoch {

class LoopHost;

// An answer of the host itself, such as its readiness. One object for all loops.
class Builtin {
 public:
  virtual ~Builtin() = default;
  // Replies now, or pins the exchange and replies later, when it is still open. [loop]
  virtual void on_request(http::Exchange& exchange, LoopHost& host) = 0;
};

// The answers of the host itself, by what a route calls them. They outlive every epoch.
using Builtins = std::map<config::Builtin, Builtin*>;

// A format that a route offers.
struct Offer {
  plugin::Instance* instance = nullptr;
  const evl_format* table = nullptr;
  std::string name;  // what ?format= says
};

// One route: who answers, with what at hand. Pointers go to what the same epoch owns.
struct Route {
  std::string_view label;               // "stats", for the access log; lives as long as the host
  Builtin* builtin = nullptr;           // either this
  plugin::Instance* handler = nullptr;  // or this
  const evl_handler* table = nullptr;
  store::Line* store = nullptr;                              // null: none
  std::vector<std::pair<std::string, store::Line*>> stores;  // further ones, by role
  std::vector<Offer> offers;                                 // the route's favourite first
  std::vector<std::string_view> media_types;                 // of the offers
  // Read before a request has begun, when its handler may have gone: not from its table.
  bool renders = false;
};

// An instance in an epoch. Other epochs may share it. [control]
struct Part {
  const PlannedInstance* planned = nullptr;  // of Epoch::plan
  std::string sha256;                        // of the file that was loaded
  WallTime started;
  std::shared_ptr<plugin::Library> library;
  std::shared_ptr<plugin::Instance> instance;  // null: it has given way to its successor
  std::shared_ptr<store::Line> line;           // of a store
  store::Batcher::Limits limits;               // of a store
  bool built = false;                          // made for this epoch, not carried over from another one
  bool tried = false;                          // one just like it has run already
};

class Epoch {
 public:
  Epoch(std::uint64_t its_number, Plan its_plan, std::uint32_t loops)
      : number(its_number), plan(std::move(its_plan)), loops_(loops), cells_(new Cell[loops]) {}
  Epoch(const Epoch&) = delete;
  Epoch& operator=(const Epoch&) = delete;

  const std::uint64_t number;
  const Plan plan;
  std::vector<Part> parts;  // in the order of their start
  std::vector<Route> routes;
  http::Router router;  // its values are indices of `routes`
  http::Limits limits;

  const config::Config& config() const { return *plan.config; }
  // The part of that name, or null.
  Part* find(std::string_view name);
  const Part* find(std::string_view name) const;
  // Whether the instance is one of its parts' (never so for null).
  bool has(const plugin::Instance* instance) const;

  // A loop begins requests in it from now on, or does so no more. [loop]
  void take_up() const { loops_on_.fetch_add(1, std::memory_order_acq_rel); }
  void give_up() const { loops_on_.fetch_sub(1, std::memory_order_acq_rel); }
  // How many loops begin requests in it. [any]
  std::uint32_t loops_on() const { return loops_on_.load(std::memory_order_acquire); }

  // A request of it begins and ends on a loop. [loop]
  void enter(std::uint32_t loop) const { cells_[loop].add(1); }
  void leave(std::uint32_t loop) const { cells_[loop].add(-1); }
  // Its requests under way, over all loops. Exact once no loop begins any in it. [any]
  std::uint64_t requests() const;

 private:
  // Written by one loop, read by all threads: no read-modify-write is needed.
  struct alignas(64) Cell {
    std::atomic<std::int64_t> count{0};
    void add(std::int64_t by) {
      count.store(count.load(std::memory_order_relaxed) + by, std::memory_order_release);
    }
  };
  const std::uint32_t loops_;
  mutable std::atomic<std::uint32_t> loops_on_{0};
  const std::unique_ptr<Cell[]> cells_;
};

}  // namespace evloom::epoch
