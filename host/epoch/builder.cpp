#include "epoch/builder.hpp"

#include <utility>

#include "evloom/abi/store.h"

#include "plugin/library.hpp"

namespace evloom::epoch {

namespace {

http::MethodSet methods_of(const config::Route& route) {
  if (route.builtin != config::Builtin::none) return http::MethodSet().add(http::Method::get);
  if (route.methods.empty()) return http::MethodSet::all();
  http::MethodSet set;
  for (const std::string& method : route.methods) set.add(http::method_from(method));
  return set;
}

}  // namespace

Result<std::unique_ptr<Epoch>> Builder::build(std::uint64_t number, const Plan& plan,
                                              std::chrono::nanoseconds timeout) {
  auto epoch = std::make_unique<Epoch>();
  epoch->number = number;
  epoch->config = plan.config;
  epoch->limits = limits_of(*plan.config);
  Status status = make_instances(plan, timeout, *epoch);
  if (status) status = make_routes(*epoch);
  if (status) return epoch;
  std::ignore = retire(*epoch, timeout);  // what is to be told is why it could not be built
  return status.error();
}

Status Builder::make_instances(const Plan& plan, std::chrono::nanoseconds timeout, Epoch& epoch) {
  std::map<std::string, std::shared_ptr<plugin::Library>> libraries;
  for (const PlannedInstance& planned : plan.instances) {
    auto& library = libraries[planned.facts.id];
    if (!library) {
      auto admitted = plugin::admit(vault_, planned.file);
      if (!admitted) return admitted.error();
      auto loaded = plugin::Library::load(std::move(*admitted));
      if (!loaded) return loaded.error();
      library = std::move(*loaded);
    }
    const config::Instance& config = *planned.config;
    auto instance = plugin::Instance::create({config.name, library, planned.options}, context_);
    if (!instance) return instance.error();
    if (auto started = (*instance)->start(timeout); !started) return started.error();
    epoch.instances.push_back(std::move(*instance));
    if (config.kind == config::InstanceKind::store)
      epoch.stores.push_back({epoch.instances.back().get(), config.timeout.count(), config.queue});
  }
  return {};
}

Status Builder::make_routes(Epoch& epoch) const {
  std::vector<http::RouteSpec> specs;
  for (const config::Route& from : epoch.config->routes) {
    auto route = make_route(from, epoch);
    if (!route) return route.error();
    specs.push_back({from.path, methods_of(from), static_cast<std::uint32_t>(epoch.routes.size())});
    epoch.routes.push_back(std::move(*route));
  }
  auto router = http::Router::build(specs);
  if (!router) return router.error();
  epoch.router = std::move(*router);
  return {};
}

Result<Route> Builder::make_route(const config::Route& from, const Epoch& epoch) const {
  const auto failed = [&from](const std::string& why) {
    return Error{from.position.to_string() + ": route " + from.path + ": " + why};
  };
  Route route;
  if (from.builtin != config::Builtin::none) {
    const auto found = builtins_.find(from.builtin);
    if (found == builtins_.end()) return failed("this host has no such builtin");
    route.builtin = found->second;
    route.label = "builtin";
    return route;
  }
  route.label = from.handler;
  route.handler = epoch.find(from.handler);
  route.table = route.handler ? route.handler->interface<evl_handler>() : nullptr;
  if (!route.table) return failed("'" + from.handler + "' is no handler");
  if (!from.store.empty()) {
    route.store = epoch.find(from.store);
    if (!route.store || !route.store->interface<evl_store_backend>())
      return failed("'" + from.store + "' is no store");
  }
  for (const std::string& name : from.formats) {
    Offer offer{epoch.find(name), nullptr, name};
    offer.table = offer.instance ? offer.instance->interface<evl_format>() : nullptr;
    if (!offer.table) return failed("'" + name + "' is no format");
    route.media_types.push_back(offer.table->media_type);
    route.offers.push_back(std::move(offer));
  }
  if (route.renders() && route.offers.empty()) return failed("its handler renders, but there is no format");
  return route;
}

Status retire(Epoch& epoch, std::chrono::nanoseconds timeout) {
  Status result;
  for (auto& instance : epoch.instances) instance->drain();
  for (auto it = epoch.instances.rbegin(); it != epoch.instances.rend(); ++it) {
    const Status status = (*it)->stop(timeout);
    if (!status && result) result = status;
  }
  return result;
}

}  // namespace evloom::epoch
