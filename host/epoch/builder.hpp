// Builder: from a plan to an epoch whose instances run on every loop. Anything that fails takes back all that
// was done, and the error says which plugin, which step and why. [control]
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>

#include "config/config.hpp"
#include "epoch/epoch.hpp"
#include "epoch/plan.hpp"
#include "plugin/admit.hpp"
#include "plugin/host_context.hpp"

namespace evloom::epoch {

// The answers of the host itself, by what a route calls them. They outlive every epoch.
using Builtins = std::map<config::Builtin, Builtin*>;

class Builder {
 public:
  Builder(plugin::HostContext& context, std::shared_ptr<plugin::Vault> vault, const Builtins& builtins)
      : context_(context), vault_(std::move(vault)), builtins_(builtins) {}

  // Loads, creates and starts the instances and builds the routes. `timeout` bounds each instance's start.
  Result<std::unique_ptr<Epoch>> build(std::uint64_t number, const Plan& plan,
                                       std::chrono::nanoseconds timeout);

 private:
  Status make_instances(const Plan& plan, std::chrono::nanoseconds timeout, Epoch& epoch);
  Status make_routes(Epoch& epoch) const;
  Result<Route> make_route(const config::Route& from, const Epoch& epoch) const;

  plugin::HostContext& context_;
  std::shared_ptr<plugin::Vault> vault_;
  const Builtins& builtins_;
};

// Stops the instances of an epoch, users before what they use, and lets go of them. Fails with the first
// reason when one could not be stopped within `timeout`; the others are stopped all the same. [control]
Status retire(Epoch& epoch, std::chrono::nanoseconds timeout);

}  // namespace evloom::epoch
