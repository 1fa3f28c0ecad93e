// What the admin API tells besides what Control gives: readiness, asked of the host's loops, and its metrics.
#pragma once

#include "admin/service.hpp"
#include "epoch/loop_host.hpp"

namespace evloom::admin {

// Of a host, which outlives their use. [any]
Sources sources_of(epoch::Common& common);

}  // namespace evloom::admin
