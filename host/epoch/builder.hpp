// Builder: from a plan to an epoch whose instances run on every loop. What runs already just as the plan wants
// it is carried over. Anything that fails takes back all that was done, and the error says which plugin, which
// step and why. [control]
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "epoch/epoch.hpp"
#include "epoch/journal.hpp"
#include "epoch/plan.hpp"
#include "plugin/admit.hpp"
#include "plugin/host_context.hpp"
#include "plugin/state.hpp"

namespace evloom::epoch {

// The answers of the host itself, by what a route calls them. They outlive every epoch.
using Builtins = std::map<config::Builtin, Builtin*>;

class Builder {
 public:
  Builder(plugin::HostContext& context, std::shared_ptr<plugin::Vault> vault, const Builtins& builtins,
          Journal& journal, int interrupt)
      : context_(context),
        vault_(std::move(vault)),
        builtins_(builtins),
        journal_(journal),
        interrupt_(interrupt) {}

  // The parts of the next epoch: carried over from one of `live` (the serving one first) where that can be,
  // else admitted, tried in a process of their own, loaded and started on every loop; but for those whose
  // resource or state another instance has yet to hand over: they are left without an instance.
  // `state_of` gives what an instance that went has left for its successor; null: nothing.
  using StateOf = std::function<const plugin::SavedState*(const PlannedInstance&)>;
  Result<std::unique_ptr<Epoch>> build(std::uint64_t number, Plan plan, const std::vector<Epoch*>& live,
                                       const StateOf& state_of);

  // Makes the instance of a part that is loaded, gives it `state` (if any), and starts it on every loop.
  Status make_instance(Part& part, const plugin::SavedState* state);

  Status make_router(Epoch& epoch);
  // All parts have their instances. build() has made the router.
  Status make_routes(Epoch& epoch);

  // Stops what was built for the epoch alone, and lets go of it.
  void take_back(Epoch& epoch);

  // Fails when the host is to stop.
  Status check_interrupt() const;

  // Whether `next` can be made only when `running` has let go of its resource or handed over its state.
  static bool displaces(const PlannedInstance& next, const PlannedInstance& running);

  // The instance that the last failure was about; empty: none.
  const std::string& subject() const { return subject_; }

 private:
  Status carry_over(Epoch& epoch, const std::vector<Epoch*>& live);
  Status admit(Epoch& epoch);
  Status try_out(Epoch& epoch);
  Status load();
  Status warm(Epoch& epoch, const std::vector<Epoch*>& live, const StateOf& state_of);
  Status wait_ready(Part& part, const std::vector<Epoch*>& live);
  bool healthy(plugin::Instance& store, std::string& why);
  Result<Route> make_route(const config::Route& from, const Epoch& epoch);

  plugin::HostContext& context_;
  std::shared_ptr<plugin::Vault> vault_;
  const Builtins& builtins_;
  Journal& journal_;
  const int interrupt_;
  std::string subject_;
  std::set<std::string, std::less<>> labels_;  // of all routes ever: log lines may still refer to them
  std::map<std::string, std::unique_ptr<plugin::Admitted>> admitted_;  // by file, until they are loaded
  std::map<std::string, std::shared_ptr<plugin::Library>> libraries_;  // by SHA-256, while one epoch is built
};

// Whether a descriptor is readable; false for -1.
bool readable(int fd);

}  // namespace evloom::epoch
