// Builder: from a plan to an epoch whose instances run on every loop. What runs already just as the plan
// wants it is carried over. Anything that fails takes back all that was done, and the error says which
// plugin, which step and why. [control]
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "change/journal.hpp"
#include "config/config.hpp"
#include "epoch/epoch.hpp"
#include "epoch/plan.hpp"
#include "plugin/admit.hpp"
#include "plugin/host_context.hpp"
#include "plugin/state.hpp"

namespace evloom::change {

class Builder {
 public:
  Builder(plugin::HostContext& context, std::shared_ptr<plugin::Vault> vault, const epoch::Builtins& builtins,
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
  using StateOf = std::function<const plugin::SavedState*(const epoch::PlannedInstance&)>;
  Result<std::unique_ptr<epoch::Epoch>> build(std::uint64_t number, epoch::Plan plan,
                                              const std::vector<epoch::Epoch*>& live,
                                              const StateOf& state_of);

  // Makes the instance of a part that is loaded, gives it `state` (if any), and starts it on every loop.
  Status make_instance(epoch::Part& part, const plugin::SavedState* state);

  Status make_router(epoch::Epoch& epoch);
  // All parts have their instances. build() has made the router.
  Status make_routes(epoch::Epoch& epoch);

  // Stops what was built for the epoch alone, and lets go of it.
  void take_back(epoch::Epoch& epoch);

  // Fails when the host is to stop.
  Status check_interrupt() const;

  // Whether `next` can be made only when `running` has let go of its resource or handed over its state.
  static bool displaces(const epoch::PlannedInstance& next, const epoch::PlannedInstance& running);

  // The instance that the last failure was about; empty: none.
  const std::string& subject() const { return subject_; }

 private:
  Status carry_over(epoch::Epoch& epoch, const std::vector<epoch::Epoch*>& live);
  Status admit(epoch::Epoch& epoch);
  Status try_out(epoch::Epoch& epoch);
  Status load();
  Status warm(epoch::Epoch& epoch, const std::vector<epoch::Epoch*>& live, const StateOf& state_of);
  Status wait_ready(epoch::Part& part, const std::vector<epoch::Epoch*>& live);
  bool healthy(plugin::Instance& store, std::string& why);
  Result<epoch::Route> make_route(const config::Route& from, const epoch::Epoch& epoch);

  plugin::HostContext& context_;
  std::shared_ptr<plugin::Vault> vault_;
  const epoch::Builtins& builtins_;
  Journal& journal_;
  const int interrupt_;
  std::string subject_;
  std::set<std::string, std::less<>> labels_;  // of all routes ever: log lines may still refer to them
  std::map<std::string, std::unique_ptr<plugin::Admitted>> admitted_;  // by file, until they are loaded
  std::map<std::string, std::shared_ptr<plugin::Library>> libraries_;  // by SHA-256, while one epoch is built
};

// Whether a descriptor is readable; false for -1.
bool readable(int fd);

}  // namespace evloom::change
