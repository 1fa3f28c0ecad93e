// What a change from one plan to another comes to: listeners, instances, routes and settings that come, go or
// change, each with both values. [control] Secrets are masked.
#pragma once

#include <vector>

#include "change/report.hpp"
#include "epoch/plan.hpp"

namespace evloom::change {

std::vector<Difference> differences(const epoch::Plan& running, const epoch::Plan& wanted);

}  // namespace evloom::change
