// Readiness: whether requests would be served now, asked of every loop: each store tells its state there. 200
// when all is well, else 503; either way JSON with the reasons. The loops are asked by messages, nobody
// waits.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "epoch/epoch.hpp"
#include "epoch/loop_host.hpp"

namespace evloom::admin {

// Why requests would not be served now; empty: they would.
using Reasons = std::vector<std::string>;

// Asks every loop of a host, which must not end before the answer. `done` is called once, on the last of them
// to be asked. [any]
void ask_readiness(epoch::Common& common, std::function<void(Reasons)> done);

// The same as the answer of a route.
class Readiness final : public epoch::Builtin {
 public:
  void on_request(http::Exchange& exchange, epoch::LoopHost& host) override;
};

}  // namespace evloom::admin
