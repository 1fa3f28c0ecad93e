/* "evloom.host.metrics/1": counters and gauges of an instance, summed over the loops and shown by the host as
 * evloom_plugin_<name>{instance="..."}. */
#ifndef EVLOOM_ABI_METRICS_H
#define EVLOOM_ABI_METRICS_H

#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define EVL_HOST_METRICS "evloom.host.metrics/1"

typedef uint32_t evl_metric;

typedef struct evl_metrics {
  uint32_t size;

  /* Registers a series. `name` is [a-z_]+, without the prefix; a counter's ends in "_total". It lives until
   * destroy. EVL_E_INVALID for a bad or doubled name. [control], inside create */
  evl_status (*counter)(const evl_host* host, const char* name, const char* help, evl_metric* metric);
  evl_status (*gauge)(const evl_host* host, const char* name, const char* help, evl_metric* metric);

  /* Adds to this loop's cell; a gauge takes negative amounts too. A plain store, no atomic operation. [loop]
   */
  void (*add)(const evl_host* host, evl_loop* loop, evl_metric metric, int64_t amount);
} evl_metrics;

#ifdef __cplusplus
}
#endif
#endif
