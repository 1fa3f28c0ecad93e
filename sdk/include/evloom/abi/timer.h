/* "evloom.host.timer/1": one-shot timers on a loop. */
#ifndef EVLOOM_ABI_TIMER_H
#define EVLOOM_ABI_TIMER_H

#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The id of evl_timers. */
#define EVL_HOST_TIMER "evloom.host.timer/1"

/* Starts and stops timers. */
typedef struct evl_timers {
  uint32_t size;

  /* Calls `fire` once, `delay` nanoseconds from now or a little later. The timer is gone when `fire` is
   * called; it may start the next one. NULL when memory is short. [loop] */
  evl_timer* (*start)(const evl_host* host, evl_loop* loop, int64_t delay, void (*fire)(void* context),
                      void* context);

  /* Stops a timer that has not fired. NULL is allowed. [loop] */
  void (*cancel)(evl_timer* timer);
} evl_timers;

#ifdef __cplusplus
}
#endif
#endif
