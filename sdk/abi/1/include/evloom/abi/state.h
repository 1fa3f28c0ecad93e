/* "evloom.state/1": what an instance hands over to the one that takes its place, as named blobs of bytes.
 *
 * Offered beside "evloom.handler/1", "evloom.store/1" or "evloom.format/1". The host stops the old instance
 * on every loop, has it `save`, destroys it, creates the new one and has that `load` before thread_start.
 * Meanwhile what would reach the instance waits.
 *
 * Rationale: bytes under names, and not a pointer: old and new are two pieces of code that may be laid out
 * differently, and the old one is unloaded. A plugin that offers nothing of this starts empty; one that
 * offers it never loses its state silently: what the successor does not accept is not replaced.
 */
#ifndef EVLOOM_ABI_STATE_H
#define EVLOOM_ABI_STATE_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define EVL_STATE "evloom.state/1"

/* A name is 1 to EVL_STATE_NAME_MAX bytes of any content, each given once. */
#define EVL_STATE_NAME_MAX 255u
#define EVL_STATE_BLOBS_MAX 4096u
#define EVL_STATE_BYTES_MAX (UINT64_C(1) << 30) /* of names and data, over all blobs */

typedef struct evl_blob {
  uint32_t size; /* the stride of an array of blobs */
  uint32_t reserved;
  evl_bytes name;
  evl_bytes data;
} evl_blob;

/* Gives the host one blob, which it copies; only from inside `save`, on its thread. Anything but EVL_OK, and
 * save cannot succeed any more: EVL_E_INVALID (the name is empty, too long or was given before), EVL_E_LIMIT
 * (too many blobs, or too much in all), EVL_E_NO_SPACE. [control] */
typedef evl_status (*evl_state_put)(void* context, evl_bytes name, evl_bytes data);

typedef struct evl_state {
  uint32_t size;
  uint32_t version; /* of what `save` writes */

  /* Not 0 when `load` can read state that version `plugin_version` of `plugin` (an id) saved as `version`. 0:
   * the host leaves the old instance in its place. Called between create and load. [control] */
  int32_t (*accepts)(void* instance, evl_bytes plugin, evl_bytes plugin_version, uint32_t version);

  /* Puts all that a successor needs. The instance stays as it is: when this fails, or the successor cannot be
   * made, thread_start may be called on every loop again and the instance goes on where it was. Called after
   * thread_stop on every loop, when nothing of it is under way. [control] */
  evl_status (*save)(void* instance, evl_state_put put, void* context, evl_error* error);

  /* Takes over what was saved; the blobs are valid during the call, in the order in which they were put. When
   * it fails the instance is destroyed. Called at most once, between create and the first thread_start.
   * [control] */
  evl_status (*load)(void* instance, uint32_t version, const evl_blob* blobs, size_t count, evl_error* error);
} evl_state;

#ifdef __cplusplus
}
#endif
#endif
