// PluginFixture: loads a store plugin from its file, gives it a host (log, options, loops, timers, work,
// metrics) and real loop threads, and submits operations to it. Every wait has a deadline; breaches of the
// store contract that it can see by itself (done on the wrong thread, inside submit, twice) are recorded.
// Made, used and destroyed on the test's thread, unless a function is tagged [any].
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "evloom/abi/entry.h"
#include "evloom/abi/state.h"
#include "evloom/abi/store.h"
#include "evloom/testkit/store.hpp"

#include "support/fixture_loop.hpp"
#include "support/fixture_options.hpp"

namespace evloom::test {

// One operation and one result, owning their bytes: those of the test kit.
using evl::testkit::Op;
using OpResult = evl::testkit::Result;
inline Op add(std::string key, std::int64_t amount = 1) { return {EVL_OP_ADD, std::move(key), amount, {}}; }
inline Op set_add(std::string key, std::vector<std::string> items) {
  return {EVL_OP_SET_ADD, std::move(key), 0, std::move(items)};
}
inline Op set_read(std::string key) { return {EVL_OP_SET_READ, std::move(key), 0, {}}; }
inline Op set_size(std::string key) { return {EVL_OP_SET_SIZE, std::move(key), 0, {}}; }
inline Op get(std::string key) { return {EVL_OP_GET, std::move(key), 0, {}}; }
inline Op put(std::string key, std::string value) {
  return {EVL_OP_PUT, std::move(key), 0, {std::move(value)}};
}
inline Op remove(std::string key) { return {EVL_OP_DELETE, std::move(key), 0, {}}; }
inline Op expire(std::string key, std::int64_t milliseconds) {
  return {EVL_OP_EXPIRE, std::move(key), milliseconds, {}};
}

// The end of one submit. `refused`: submit itself returned the status, `done` is not to come.
struct Reply {
  evl_status status = EVL_E_INTERNAL;
  bool refused = false;
  std::vector<OpResult> results;
};

// Where a test finds a plugin's file.
struct PluginFile {
  std::string path;
  OptionMap options;
};

// What an instance hands over to its successor.
struct Saved {
  std::uint32_t version = 0;
  std::vector<std::pair<std::string, std::string>> blobs;
};

class PluginFixture {
 public:
  // Loads, creates, and starts the instance on `loops` threads. Throws std::runtime_error with the plugin's
  // own reason when any of it fails; nothing is left behind then.
  // With `saved` the instance takes it over, as the host has a successor do.
  explicit PluginFixture(const PluginFile& plugin, unsigned loops = 2, const Saved* saved = nullptr);
  PluginFixture(const PluginFixture&) = delete;
  PluginFixture& operator=(const PluginFixture&) = delete;
  ~PluginFixture();

  // Submits on a loop and waits. Throws when `done` does not come in time.
  Reply run(unsigned loop, std::vector<Op> ops, std::chrono::milliseconds limit = std::chrono::seconds(20));
  OpResult run_one(unsigned loop, Op op);
  // Submits on a loop; `done` is called there. [any], from `done` too
  void submit(unsigned loop, std::vector<Op> ops, std::function<void(Reply)> done);
  std::future<Reply> submit(unsigned loop, std::vector<Op> ops);

  evl_status health(unsigned loop, std::string* why = nullptr);
  std::uint32_t flags() const { return backend_->flags; }

  // thread_stop on one loop, on all of them one after the other, and on all plus destroy and unload. The
  // destructor does what is left.
  void stop_loop(unsigned loop);
  void stop();
  void close();

  // Stops all loops and has the instance save, and thread_start on all of them. Throw with its reason.
  Saved save();
  void start();

  unsigned loop_count() const { return static_cast<unsigned>(loops_.size()); }
  // Runs a function on a loop's thread and waits for it; rethrows what it throws.
  void on_loop(unsigned loop, const std::function<void()>& function);
  // The bare table, for tests that measure or misuse it; to be called on the loop's thread.
  const evl_store_backend& backend() const { return *backend_; }
  void* instance() const { return plugin_.instance; }
  void* slot(unsigned loop) const { return slots_[loop]; }

  // What the plugin wrote to the log, and whether a line holds `text`. [any]
  std::vector<std::string> log() const;
  bool logged(const std::string& text) const;
  // The sum of a metric over the loops; -1 when there is none of that name.
  std::int64_t metric(const std::string& name) const;
  // Breaches of the contract seen so far. [any]
  std::vector<std::string> violations() const;

 private:
  struct Host;  // evl_host and what its services need
  struct Submission;

  void create(const Saved* saved);
  void load(const Saved& saved);
  const evl_state& state() const;
  void violation(std::string text);

  std::unique_ptr<Host> host_;
  std::unique_ptr<FixtureOptions> options_;
  std::vector<std::unique_ptr<FixtureLoop>> loops_;
  std::vector<void*> slots_;
  std::vector<char> started_;  // no vector<bool>: loops may be stopped from several threads
  void* library_ = nullptr;
  const evl_entry* entry_ = nullptr;
  evl_plugin plugin_{};
  const evl_store_backend* backend_ = nullptr;
};

// Waits until `condition` holds, polling; false when `limit` has passed before.
bool wait_until(const std::function<bool()>& condition,
                std::chrono::milliseconds limit = std::chrono::seconds(20));

}  // namespace evloom::test
