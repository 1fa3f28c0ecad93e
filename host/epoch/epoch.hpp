// Epoch: the whole running state that a configuration and its plugin files imply: instances, routes, limits.
// Immutable once built, read by all loops through a plain pointer; made and destroyed on the control thread.
// A request sees one epoch from beginning to end.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "evloom/abi/format.h"
#include "evloom/abi/handler.h"

#include "config/config.hpp"
#include "http/exchange.hpp"
#include "http/router.hpp"
#include "http/server.hpp"
#include "plugin/instance.hpp"

namespace evloom::epoch {

class LoopHost;

// An answer of the host itself, such as its readiness. One object for all loops.
class Builtin {
 public:
  virtual ~Builtin() = default;
  // Replies now, or pins the exchange and replies later, when it is still open. [loop]
  virtual void on_request(http::Exchange& exchange, LoopHost& host) = 0;
};

// A format that a route offers.
struct Offer {
  plugin::Instance* instance = nullptr;
  const evl_format* table = nullptr;
  std::string name;  // what ?format= says
};

// One route: who answers, with what at hand. Pointers go to the instances of the same epoch.
struct Route {
  std::string label;                    // "stats", for the access log
  Builtin* builtin = nullptr;           // either this
  plugin::Instance* handler = nullptr;  // or this
  const evl_handler* table = nullptr;
  plugin::Instance* store = nullptr;          // null: none
  std::vector<Offer> offers;                  // the route's favourite first
  std::vector<std::string_view> media_types;  // of the offers

  bool renders() const { return table && (table->flags & EVL_HANDLER_RENDERS) != 0; }
};

struct Epoch {
  std::uint64_t number = 0;
  std::shared_ptr<const config::Config> config;
  std::vector<std::shared_ptr<plugin::Instance>> instances;  // in the order of their start
  std::vector<Route> routes;
  http::Router router;  // its values are indices of `routes`
  http::Limits limits;

  // The instances that offer evloom.store/1, with their configuration.
  struct Store {
    plugin::Instance* instance = nullptr;
    std::int64_t timeout = 0;  // nanoseconds
    std::size_t waiting = 0;
  };
  std::vector<Store> stores;

  plugin::Instance* find(std::string_view name) const;
};

// What the configuration says of connections and requests.
http::Limits limits_of(const config::Config& config);

}  // namespace evloom::epoch
