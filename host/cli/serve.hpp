// Serve: a host from its plan to its end: log, signals, epochs, admin API. `evloom run` and `evloom dev` are
// made of it; what they do besides, they do once it serves. [control]
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "change/host.hpp"
#include "epoch/plan.hpp"
#include "observe/log.hpp"

struct event_base;

namespace evloom::cli {

// A host that serves.
struct Serving {
  change::Host& host;
  event_base* base;  // that the control thread turns
  observe::Log& log;
  const std::string admin;  // address of its admin API: "unix:/run/evloom.sock"; empty: none
};

// Called once it serves. What it gives lives until the host is told to stop, and not longer.
using OnServing = std::function<std::shared_ptr<void>(const Serving&)>;

// Serves until SIGTERM or SIGINT; gives the exit code. `plan` is what `source` and `swaps` gave.
int serve(epoch::Plan plan, const epoch::PlanSource& source, const epoch::Swaps& swaps,
          const OnServing& on_serving);

// Something to try: an address, as curl takes it.
std::string curl_arguments(const std::string& url);

}  // namespace evloom::cli
