// Host: loops, a clock, stores, routes and the instances of a test, all on the test's thread. Nothing happens
// but in run(), step(), advance() and the functions that say so; the order of events is that of their
// beginning, or, with a seed, one of the other orders that a real host may have.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "evloom/abi/log.h"
#include "evloom/testkit/exchange.hpp"
#include "evloom/testkit/instance.hpp"
#include "evloom/testkit/options.hpp"
#include "evloom/testkit/plugin.hpp"
#include "evloom/testkit/records.hpp"
#include "evloom/testkit/store.hpp"

namespace evl::testkit {

// What a Host is made with.
struct HostOptions {
  // How many loops there are: 1 at least.
  std::uint32_t loops = 1;
  // 0: events happen in the order in which they were caused. Else: that of each loop is kept, and which
  // loop's turn it is comes from this number; the same number gives the same run.
  std::uint64_t seed = 0;
  // As limits.reply_timeout and stores.NAME.timeout, by the host's clock.
  std::chrono::nanoseconds reply_timeout = std::chrono::seconds(5);
  std::chrono::nanoseconds store_timeout = std::chrono::seconds(2);
  // Lines below are not kept, and evl_log::enabled says so.
  evl_log_level log_level = EVL_LOG_TRACE;
  // Work that may wait: more gets EVL_E_OVERLOADED.
  std::size_t work_capacity = 1024;
  // What a request may allocate in its arena.
  std::size_t arena_bytes = std::size_t{16} << 20;

  // For conformance: host interfaces that are not there, and bytes by which every struct that this host gives
  // to a plugin is larger than the header says, as a later host's may be.
  std::vector<std::string> withheld = {};
  std::uint32_t extra_bytes = 0;
};

// What a route gives to its handler.
struct RouteOptions {
  Store* store = nullptr;                     // the one without a role; null: none
  std::map<std::string, Store*> stores = {};  // by role
  // Offered for answers that are rendered, the favourite first. None: Host::plain_type, for tests.
  std::vector<Instance*> formats = {};
  std::vector<std::string> methods = {"GET", "HEAD"};  // as in the configuration
};

// A host of one test: made, used and destroyed on the test's thread.
class Host {
 public:
  // Answers of handlers that render are, when a route has no format: a line "name = value" for each field,
  // "name: item item" for a list, "name {" ... "}" for a record.
  static constexpr const char* plain_type = "text/x-evloom-plain";

  // Nothing runs yet. Throws Refused when the options do not fit.
  explicit Host(HostOptions options = {});
  // Stops and destroys what is left.
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // ---- instances

  // Checks the options, calls create and reads the interfaces. `name` is the plugin's id when empty. Throws
  // Refused in the real host's words.
  Instance& create(const Plugin& plugin, const Options& options = {}, std::string name = {});
  // create and Instance::start.
  Instance& start(const Plugin& plugin, const Options& options = {}, std::string name = {});
  // Replaces an instance under its name, as the real host does; routes, formats and stores lead to the new
  // one from then on. The new one is started beside the old one, which keeps the requests, work and submits
  // that it has: when the last of them has ended, as the clock and held calls are moved on, it is stopped and
  // destroyed. With state ("evloom.state/1" on both sides) the old one is stopped and saved first, so nothing
  // of it may be under way. Throws Refused; then the old one serves on.
  Instance& swap(Instance& old, const Plugin& plugin, const Options& options = {});
  // Ends what is under way where that needs no time (run), then stops and destroys all, last first. Never
  // throws: what was in the way is in complaints().
  void stop();

  // ---- stores and routes

  // An exact store in memory; or one whose operations a started backend carries out.
  Store& store();
  Store& store(Instance& backend);
  // `path` as in the configuration: "/visits", "/users/{id}", "/files/*".
  void route(const std::string& path, Instance& handler, const RouteOptions& options = {});

  // ---- requests

  // Hands a request to its loop; its handler is called in a later turn. What has no route gets the answer
  // that the real host would give, at once.
  Exchange& send(Message message);
  // send, run, and the answer. Throws Refused when there is none yet, with what it may wait for: a timer, a
  // store call or work that the test holds.
  const Answer& get(Message message);

  // ---- time and turns

  // One turn: one request, message, reply or timer that is due. False when there was none.
  bool step();
  // All turns until nothing is left to do at this time. Gives how many there were. Throws Refused after a
  // million: something goes on for ever.
  std::size_t run();
  // Runs, and moves the clock; timers and deadlines on the way go off at their time, in order.
  void advance(std::chrono::nanoseconds time);
  // Runs until the condition holds, waiting in real time for threads of the plugin. False after `limit`.
  bool wait(const std::function<bool()>& condition,
            std::chrono::milliseconds limit = std::chrono::seconds(10));
  std::chrono::nanoseconds now() const;
  // Runs `body` as a turn of a loop, now: what it calls of a plugin or of the host is on that loop's thread.
  void on_loop(std::uint32_t loop, const std::function<void(evl_loop*)>& body);

  // ---- blocking work ("evloom.host.work/1")

  // From now on work waits for run_work(), instead of being run in a turn of its own.
  void hold_work(bool on = true);
  std::size_t held_work() const;
  // Runs up to `count` pieces now, in order; their `done` follows in a later turn. Gives how many.
  std::size_t run_work(std::size_t count = SIZE_MAX);

  // ---- what happened

  // Those of all instances, also of destroyed ones.
  std::vector<Misbehaviour> misbehaviours() const;
  bool misbehaved(std::string_view kind, std::string_view text_part = {}) const;
  std::vector<LogLine> log() const;
  bool logged(std::string_view text_part) const;
  Leftovers leftovers() const;
  // Every misbehaviour and leftover, one a line; empty when all is well.
  std::string complaints() const;

  class Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace evl::testkit
