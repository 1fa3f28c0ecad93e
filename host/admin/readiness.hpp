// Readiness: whether requests would be served now, asked of every loop: each store tells its state there. 200
// when all is well, else 503; either way JSON with the reasons. The loops are asked by messages, nobody
// waits.
#pragma once

#include "epoch/epoch.hpp"

namespace evloom::admin {

class Readiness final : public epoch::Builtin {
 public:
  void on_request(http::Exchange& exchange, epoch::LoopHost& host) override;
};

}  // namespace evloom::admin
