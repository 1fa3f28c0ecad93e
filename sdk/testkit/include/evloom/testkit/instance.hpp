// Instance: a plugin and its options in a Host. Owned by the Host, and there until the Host goes, also when
// it was destroyed: what it did can still be asked for. To be used between two turns of the host.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "evloom/abi/entry.h"
#include "evloom/abi/format.h"
#include "evloom/abi/handler.h"
#include "evloom/abi/state.h"
#include "evloom/abi/store.h"
#include "evloom/testkit/records.hpp"
#include "evloom/testkit/store.hpp"

namespace evl::testkit {

// What an instance left for its successor ("evloom.state/1").
struct Saved {
  std::string plugin;                                      // the id of the plugin that saved it
  std::string plugin_version;                              // and its version
  std::uint32_t version = 0;                               // of the state
  std::vector<std::pair<std::string, std::string>> blobs;  // name and data, in the order of saving
};

// A submit to a backend: `status` speaks for all; `results` has one entry an operation when it is EVL_OK.
struct Batched {
  bool refused = false;                // submit itself gave the status; `done` is not to come
  bool done = false;                   // it has ended
  evl_status status = EVL_E_INTERNAL;  // as submit or `done` gave it
  std::vector<Result> results;         // in the order of the operations
};

// Made by Host::create and Host::start. What fails throws Refused, with the plugin's reason.
class Instance {
 public:
  // How far it has come: start() and stop() may follow each other again, nothing follows destroy().
  enum class Phase { created, started, stopped, destroyed };

  virtual ~Instance() = default;

  virtual const std::string& name() const = 0;  // as it was given, else the plugin's id
  virtual std::string label() const = 0;        // "instance 'mine' of plugin 'visits' 1.0.0"
  virtual Phase phase() const = 0;              // the last step that succeeded

  // thread_start on every loop; when one fails those that had started are stopped, and Refused has the
  // reason.
  virtual void start() = 0;
  // Tells every loop that no new request comes.
  virtual void drain() = 0;
  // thread_stop on every loop in reverse order, after a run() of the host. Throws Refused while requests or
  // work of it are under way: it runs on then, as before. Also when thread_stop does not end the rest.
  virtual void stop() = 0;
  // Stops it if need be, calls destroy and lets go of the code. The plugin's threads are joined then. Throws
  // Refused as stop() does: nothing can come back to an instance that is gone.
  virtual void destroy() = 0;

  // "evloom.state/1": save of a stopped instance, load of a fresh one. Throw Refused.
  virtual Saved save() = 0;
  virtual void load(const Saved& saved) = 0;

  // Requests (that it handles, or renders), messages, work and submits under way: what the real host waits
  // for before it stops an instance.
  virtual std::uint64_t in_flight() const = 0;
  virtual std::vector<Misbehaviour> misbehaviours() const = 0;
  virtual Leftovers leftovers() const = 0;
  // The sum of a series over the loops; throws Refused when none of that name was registered.
  virtual std::int64_t metric(const std::string& name) const = 0;

  // A store: its submit on a loop, as a batch of the host's. The reference is valid as long as the host.
  virtual const Batched& submit(std::vector<Op> ops, std::uint32_t loop = 0) = 0;
  virtual evl_status health(std::string* why = nullptr, std::uint32_t loop = 0) = 0;

  // The bare tables, for tests that call or misuse them: null when the plugin does not offer it.
  virtual const void* table(const char* id) const = 0;
  virtual void* object() const = 0;
  virtual void* slot(std::uint32_t loop) const = 0;
};

}  // namespace evl::testkit
