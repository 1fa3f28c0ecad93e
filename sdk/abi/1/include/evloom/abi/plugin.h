/* evl_plugin: the functions of one instance (a plugin and its options).
 *
 * The life of an instance: create [control], thread_start on every loop, requests, drain, thread_stop on
 * every loop, destroy [control]. `instance` is what create put into evl_plugin; `slot` is what thread_start
 * returned on that loop and is handed to every later call there, so per-loop state needs neither look-up nor
 * lock. Calls for one slot never overlap.
 */
#ifndef EVLOOM_ABI_PLUGIN_H
#define EVLOOM_ABI_PLUGIN_H

#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct evl_plugin {
  uint32_t size;
  uint32_t reserved; /* 0 */
  void* instance;

  /* Opens what this loop needs and returns it in `slot`. On failure nothing may be left on the loop; the host
   * then stops the instance on the loops that had started. May be NULL. [loop] */
  evl_status (*thread_start)(void* instance, evl_loop* loop, void** slot, evl_error* error);

  /* Closes what thread_start opened: no event or timer of the slot may be left; a message that is under way
   * still runs, later and without the slot. The host calls it when everything the slot was asked for has
   * ended, or when the drain limit has passed; then a store ends its pending submits from inside this call:
   * what was not begun EVL_E_UNAVAILABLE, what may have been done EVL_E_UNKNOWN. The loops are stopped one
   * after the other or at the same time, so none may wait here for another's turn. May be NULL. [loop] */
  void (*thread_stop)(void* instance, void* slot);

  /* No new request comes to this slot any more; what is under way may finish. May be NULL. [loop] */
  void (*drain)(void* instance, void* slot);

  /* Frees the instance. Its threads are joined when this returns. May be NULL. [control] */
  void (*destroy)(void* instance);

  /* One of the interfaces this instance offers ("evloom.handler/1", ...), NULL for an unknown id. The table
   * lives until destroy. [any] */
  const void* (*get_interface)(void* instance, const char* id);
} evl_plugin;

#ifdef __cplusplus
}
#endif
#endif
