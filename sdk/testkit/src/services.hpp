// The tables of the host's interfaces, one constant each. ("evloom.host.config/1" is the real host's own.)
#pragma once

#include "evloom/abi/format.h"
#include "evloom/abi/log.h"
#include "evloom/abi/loop.h"
#include "evloom/abi/metrics.h"
#include "evloom/abi/request.h"
#include "evloom/abi/store.h"
#include "evloom/abi/timer.h"
#include "evloom/abi/work.h"

namespace evl::testkit {

extern const evl_log kLog;
extern const evl_loop_access kLoops;
extern const evl_timers kTimers;
extern const evl_workers kWorkers;
extern const evl_metrics kMetrics;
extern const evl_request_access kRequests;
extern const evl_store_access kStores;
extern const evl_render_access kRendering;

}  // namespace evl::testkit
