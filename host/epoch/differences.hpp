// What a change from one plan to another comes to: listeners, instances, routes and settings that come, go or
// change, each with both values. [control] Secrets are masked.
#pragma once

#include <vector>

#include "epoch/plan.hpp"
#include "epoch/report.hpp"

namespace evloom::epoch {

std::vector<Difference> differences(const Plan& running, const Plan& wanted);

}  // namespace evloom::epoch
