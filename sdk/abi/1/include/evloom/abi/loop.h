/* "evloom.host.loop/1": the loops of the host, and how another thread reaches one. */
#ifndef EVLOOM_ABI_LOOP_H
#define EVLOOM_ABI_LOOP_H

#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define EVL_HOST_LOOP "evloom.host.loop/1"

/* A call to be made on a loop. The sender owns it and leaves it alone from post until `run` is called; so a
 * post needs no memory and cannot fail. */
typedef struct evl_message {
  void* reserved[2]; /* the host's, while the message is under way */
  void (*run)(struct evl_message* message, evl_loop* loop);
} evl_message;

typedef struct evl_loop_access {
  uint32_t size;

  uint32_t (*count)(const evl_host* host); /* loops of this host; constant while it runs. [any] */
  uint32_t (*index)(const evl_loop* loop); /* 0 ... count-1. [any] */

  /* libevent's base of the loop, for clients that bring their own libevent adapter. The base is not locked:
   * touch it on its own thread only. Whatever is put on it must be off again when thread_stop returns. [loop]
   */
  struct event_base* (*event_base)(evl_loop* loop);

  /* Monotonic time in nanoseconds. [loop] */
  int64_t (*now)(evl_loop* loop);

  /* Has `message->run` called on the thread of `loop`, in order of posting per sender. The host keeps the
   * instance alive until it has run. [any] */
  void (*post)(const evl_host* host, evl_loop* loop, evl_message* message);
} evl_loop_access;

#ifdef __cplusplus
}
#endif
#endif
