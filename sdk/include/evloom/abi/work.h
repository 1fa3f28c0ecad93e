/* "evloom.host.work/1": blocking work (disk, DNS, heavy computation) off the loops, on the host's worker
 * threads. */
#ifndef EVLOOM_ABI_WORK_H
#define EVLOOM_ABI_WORK_H

#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The id of evl_workers. */
#define EVL_HOST_WORK "evloom.host.work/1"

/* A piece of work. The submitter owns it and leaves it alone until `done`. */
typedef struct evl_work {
  void* reserved[4];                                   /* the host's, while the work is under way */
  void (*run)(struct evl_work* work);                  /* may block; on a worker thread. [any] */
  void (*done)(struct evl_work* work, evl_loop* loop); /* afterwards, on the submitting loop. [loop] */
} evl_work;

/* Takes blocking work. */
typedef struct evl_workers {
  uint32_t size;

  /* EVL_OK: `run` and then `done` are called once each; the host keeps the instance alive until then.
   * EVL_E_OVERLOADED: too much is waiting and neither is called. [loop] */
  evl_status (*submit)(const evl_host* host, evl_loop* loop, evl_work* work);
} evl_workers;

#ifdef __cplusplus
}
#endif
#endif
