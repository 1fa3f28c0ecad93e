#include "change/builder.hpp"

#include <poll.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "evloom/abi/state.h"
#include "evloom/abi/store.h"

#include "change/limits.hpp"
#include "change/preflight.hpp"
#include "change/settings.hpp"
#include "loop/pool.hpp"
#include "plugin/library.hpp"
#include "plugin/reason.hpp"

namespace evloom::change {

namespace {

constexpr std::chrono::seconds kStartTimeout{30};   // of one instance on all loops
constexpr std::chrono::seconds kReadyTimeout{5};    // of a store, to be able to serve
constexpr std::chrono::milliseconds kReadyPoll{2};  // how often its health is asked

http::MethodSet methods_of(const config::Route& route) {
  if (route.builtin != config::Builtin::none) return http::MethodSet().add(http::Method::get);
  if (route.methods.empty()) return http::MethodSet::all();
  http::MethodSet set;
  for (const std::string& method : route.methods) set.add(http::method_from(method));
  return set;
}

std::string short_build(const plugin::PluginFacts& facts) {
  return facts.id + ' ' + facts.version + " build " + facts.build_id.substr(0, 12);
}

}  // namespace

bool readable(int fd) {
  pollfd wanted{fd, POLLIN, 0};
  return fd >= 0 && ::poll(&wanted, 1, 0) == 1;
}

Status Builder::check_interrupt() const {
  if (readable(interrupt_)) return Error{"the host is going down"};
  return {};
}

bool Builder::displaces(const epoch::PlannedInstance& next, const epoch::PlannedInstance& running) {
  for (const std::string& path : next.exclusive)
    if (std::find(running.exclusive.begin(), running.exclusive.end(), path) != running.exclusive.end())
      return true;
  return next.config->kind != config::InstanceKind::format && next.name() == running.name() &&
         next.config->kind == running.config->kind && next.offers(EVL_STATE) && running.offers(EVL_STATE);
}

Result<std::unique_ptr<epoch::Epoch>> Builder::build(std::uint64_t number, epoch::Plan plan,
                                                     const std::vector<epoch::Epoch*>& live,
                                                     const StateOf& state_of) {
  subject_.clear();
  admitted_.clear();
  libraries_.clear();
  auto epoch = std::make_unique<epoch::Epoch>(number, std::move(plan), context_.pool.size());
  epoch->limits = limits_of(epoch->config());
  Status status = make_router(*epoch);
  if (status) status = carry_over(*epoch, live);
  if (status) status = admit(*epoch);
  if (status) status = try_out(*epoch);
  if (status) status = load();
  if (status) status = warm(*epoch, live, state_of);
  admitted_.clear();
  libraries_.clear();
  if (status) {
    subject_.clear();
    return epoch;
  }
  take_back(*epoch);
  return status.error();
}

// What is there already: the instance itself, or at least the code.
Status Builder::carry_over(epoch::Epoch& epoch, const std::vector<epoch::Epoch*>& live) {
  for (const epoch::PlannedInstance& planned : epoch.plan.instances) {
    epoch::Part part;
    part.planned = &planned;
    part.limits = {planned.config->timeout.count(), planned.config->queue};
    for (epoch::Epoch* from : live) {
      for (const epoch::Part& there : from->parts) {
        if (!there.library || there.planned->facts.id != planned.facts.id || there.sha256 != planned.sha256)
          continue;
        if (!part.library) part.library = there.library;
        if (!there.planned->same_as(planned)) continue;
        part.tried = true;
        if (part.instance || !there.instance) continue;
        part.instance = there.instance;
        part.line = there.line;
        part.started = there.started;
      }
    }
    if (!part.line && planned.config->kind == config::InstanceKind::store)
      part.line = std::make_shared<store::Line>(planned.name(), context_.pool.size());
    part.sha256 = planned.sha256;
    part.built = !part.instance;
    epoch.parts.push_back(std::move(part));
  }
  return {};
}

Status Builder::admit(epoch::Epoch& epoch) {
  for (epoch::Part& part : epoch.parts) {
    if (part.library || admitted_.contains(part.sha256)) continue;
    if (admitted_.empty()) journal_.step("admit");
    subject_ = part.planned->name();
    if (Status status = check_interrupt(); !status) return status;
    auto admitted = plugin::admit(vault_, part.planned->file);
    if (!admitted) return admitted.error();
    if ((*admitted)->sha256() != part.sha256)
      return Error{"plugin file '" + part.planned->file.string() +
                   "' changed while it was read; write it under another name, then rename it"};
    journal_.say(short_build((*admitted)->facts()));
    admitted_.emplace(part.sha256, std::move(*admitted));
  }
  return {};
}

Status Builder::try_out(epoch::Epoch& epoch) {
  PreflightSpec spec;
  spec.config = epoch.plan.config;
  spec.timeout = epoch.config().epochs.preflight_timeout;
  spec.interrupt = interrupt_;
  spec.vault = vault_->folder();
  for (const epoch::Part& part : epoch.parts) {
    if (part.instance || part.tried) continue;
    const std::filesystem::path file =
        part.library ? part.library->file().path() : admitted_.at(part.sha256)->path();
    spec.trials.push_back({part.planned->name(), file, part.planned->file});
  }
  if (spec.trials.empty()) return {};
  journal_.step("preflight");
  const PreflightResult result = preflight(spec);
  subject_ = result.instance;
  for (const std::string& warning : result.warnings) journal_.say(warning);
  if (result.good) return {};
  if (result.instance.empty()) return Error{"preflight: " + result.reason};
  return Error{"preflight of instance '" + result.instance + "': " + result.step + ": " + result.reason};
}

Status Builder::load() {
  if (!admitted_.empty()) journal_.step("load");
  for (auto& [sha256, file] : admitted_) {
    subject_ = file->facts().id;
    auto loaded = plugin::Library::load(std::move(file));
    if (!loaded) return loaded.error();
    libraries_.emplace(sha256, std::move(*loaded));
  }
  admitted_.clear();
  return {};
}

Status Builder::warm(epoch::Epoch& epoch, const std::vector<epoch::Epoch*>& live, const StateOf& state_of) {
  bool begun = false;
  for (epoch::Part& part : epoch.parts) {
    if (!part.library) part.library = libraries_.at(part.sha256);
    if (part.instance) continue;
    const bool waits = std::any_of(live.begin(), live.end(), [&](const epoch::Epoch* other) {
      return std::any_of(other->parts.begin(), other->parts.end(), [&](const epoch::Part& running) {
        return running.instance && displaces(*part.planned, *running.planned);
      });
    });
    if (waits) continue;
    if (!std::exchange(begun, true)) journal_.step("warm");
    if (Status status = check_interrupt(); !status) return status;
    if (Status status = make_instance(part, state_of(*part.planned)); !status) return status;
  }
  for (epoch::Part& part : epoch.parts) {
    if (!part.built || !part.instance || !part.line) continue;
    if (Status status = wait_ready(part, live); !status) return status;
  }
  return {};
}

// A store that still connects would fail the first requests after the flip.
Status Builder::wait_ready(epoch::Part& part, const std::vector<epoch::Epoch*>& live) {
  if (live.empty()) return {};  // the host starts: its readiness tells
  subject_ = part.planned->name();
  std::string why;
  const auto until = std::chrono::steady_clock::now() + kReadyTimeout;
  while (!healthy(*part.instance, why)) {
    if (Status status = check_interrupt(); !status) return status;
    if (std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(kReadyPoll);
      continue;
    }
    // It cannot be worse than what it takes the place of.
    const epoch::Part* running = live.front()->find(subject_);
    std::string ignored;
    if (running && running->instance && running->line && !healthy(*running->instance, ignored)) {
      journal_.say(subject_ + " is not ready, as the one before: " + why);
      return {};
    }
    return Error{part.instance->label() + " was not ready within " + std::to_string(kReadyTimeout.count()) +
                 " s: " + why};
  }
  return {};
}

bool Builder::healthy(plugin::Instance& store, std::string& why) {
  struct Answers {
    explicit Answers(std::uint32_t loops) : reasons(loops) {}
    std::vector<std::string> reasons;
  };
  auto answers = std::make_shared<Answers>(context_.pool.size());
  const auto ask = [answers, &store](loop::Loop& loop) {
    const auto* table = store.interface<evl_store_backend>();
    plugin::Reason reason;
    const evl_status status =
        store.call("health", [&] { return table->health(store.object(), store.slot(loop), reason.error()); });
    if (status != EVL_OK) answers->reasons[loop.index()] = reason.text(status);
  };
  if (!context_.pool.run_everywhere(ask, kStartTimeout)) {
    why = "a loop did not answer";
    return false;
  }
  for (const std::string& reason : answers->reasons)
    if (!reason.empty()) why = reason;
  return std::all_of(answers->reasons.begin(), answers->reasons.end(),
                     [](const std::string& reason) { return reason.empty(); });
}

Status Builder::make_instance(epoch::Part& part, const plugin::SavedState* state) {
  subject_ = part.planned->name();
  auto instance = plugin::Instance::create({subject_, part.library, part.planned->options}, context_);
  if (!instance) return instance.error();
  if (state) {
    if (Status status = (*instance)->load_state(*state); !status) return status;
  }
  if (Status status = (*instance)->start(kStartTimeout); !status) return status;
  part.instance = std::move(*instance);
  part.started = std::chrono::system_clock::now();
  journal_.say(subject_);
  return {};
}

void Builder::take_back(epoch::Epoch& epoch) {
  for (auto part = epoch.parts.rbegin(); part != epoch.parts.rend(); ++part) {
    if (!part->built || !part->instance) continue;
    part->instance->drain();
    std::ignore = part->instance->stop(kStopTimeout);  // what is to be told is why it was not wanted
    part->instance.reset();
  }
}

Status Builder::make_routes(epoch::Epoch& epoch) {
  for (const config::Route& from : epoch.config().routes) {
    auto route = make_route(from, epoch);
    if (!route) return route.error();
    epoch.routes.push_back(std::move(*route));
  }
  return {};
}

Status Builder::make_router(epoch::Epoch& epoch) {
  std::vector<http::RouteSpec> specs;
  for (const config::Route& from : epoch.config().routes)
    specs.push_back({from.path, methods_of(from), static_cast<std::uint32_t>(specs.size())});
  auto router = http::Router::build(specs);
  if (!router) return router.error();
  epoch.router = std::move(*router);
  return {};
}

Result<epoch::Route> Builder::make_route(const config::Route& from, const epoch::Epoch& epoch) {
  const auto failed = [&from](const std::string& why) {
    return Error{from.position.to_string() + ": route " + from.path + ": " + why};
  };
  const auto instance = [&epoch](const std::string& name) {
    const epoch::Part* part = epoch.find(name);
    return part ? part->instance.get() : nullptr;
  };
  epoch::Route route;
  if (from.builtin != config::Builtin::none) {
    const auto found = builtins_.find(from.builtin);
    if (found == builtins_.end()) return failed("this host has no such builtin");
    route.builtin = found->second;
    route.label = "builtin";
    return route;
  }
  route.label = *labels_.insert(from.handler).first;
  route.handler = instance(from.handler);
  route.table = route.handler ? route.handler->interface<evl_handler>() : nullptr;
  if (!route.table) return failed("'" + from.handler + "' is no handler");
  route.renders = (route.table->flags & EVL_HANDLER_RENDERS) != 0;
  const auto line = [&](const std::string& name) -> store::Line* {
    plugin::Instance* store = instance(name);
    return store && store->interface<evl_store_backend>() ? epoch.find(name)->line.get() : nullptr;
  };
  if (!from.store.empty()) {
    route.store = line(from.store);
    if (!route.store) return failed("'" + from.store + "' is no store");
  }
  for (const auto& [role, name] : from.stores) {
    route.stores.emplace_back(role, line(name));
    if (!route.stores.back().second) return failed("'" + name + "' is no store");
  }
  for (const std::string& name : from.formats) {
    epoch::Offer offer{instance(name), nullptr, name};
    offer.table = offer.instance ? offer.instance->interface<evl_format>() : nullptr;
    if (!offer.table) return failed("'" + name + "' is no format");
    route.media_types.push_back(offer.table->media_type);
    route.offers.push_back(std::move(offer));
  }
  if (route.renders && route.offers.empty()) return failed("its handler renders, but there is no format");
  return route;
}

}  // namespace evloom::change
