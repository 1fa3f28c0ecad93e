/* The words that every other header of the ABI uses: status, bytes, error text, versions.
 *
 * Rules of the whole ABI:
 * - A struct that crosses begins with `uint32_t size`, set by whoever makes it to sizeof of the struct it was
 *   compiled with, and only ever grows at its end. A reader looks at no field beyond `size`.
 * - An interface is asked for by its string id ("evloom.handler/1"). An unknown id gives NULL. An id never
 * changes its meaning; what would change it gets a new number.
 * - Each side frees what it allocated. No C++ object, no exception and no errno crosses.
 * - Every function bears a thread tag: [control] the host's main thread, [loop] the thread of the loop it
 * concerns, [any] every thread. A debug build of the host checks it.
 */
#ifndef EVLOOM_ABI_BASE_H
#define EVLOOM_ABI_BASE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A plugin loads when its major version equals the host's and its minor version is not above the host's. The
 * minor version rises when a struct grows or an interface that plugins ask for is added. A new interface that
 * plugins offer leaves it as it is: a host that does not know the id never asks for it. */
#define EVL_ABI_MAJOR 1u
#define EVL_ABI_MINOR 0u
#define EVL_ABI_VERSION ((EVL_ABI_MAJOR << 16) | EVL_ABI_MINOR)

/* What became of a call. EVL_OK is zero; a value that a reader does not know means EVL_E_INTERNAL. */
typedef int32_t evl_status;
enum {
  EVL_OK = 0,
  EVL_E_INVALID = 1,     /* an argument or option is wrong */
  EVL_E_UNSUPPORTED = 2, /* the callee does not do this */
  EVL_E_NOT_FOUND = 3,   /* there is nothing of that name */
  EVL_E_UNAVAILABLE = 4, /* cannot be reached now; nothing was done; worth trying later */
  EVL_E_TIMEOUT = 5,     /* the deadline passed; nothing was done */
  EVL_E_UNKNOWN = 6,     /* the outcome is unknown: it may have been done */
  EVL_E_OVERLOADED = 7,  /* a bound was reached; nothing was done; worth trying later */
  EVL_E_LIMIT = 8,       /* a value is too large, or a counter would overflow; nothing was done */
  EVL_E_TYPE = 9,        /* the key holds a value of another type; nothing was done */
  EVL_E_DENIED = 10,     /* credentials, permissions or a read-only replica forbid it; nothing was done */
  EVL_E_NO_SPACE = 11,   /* the disk or the memory is full; nothing was done */
  EVL_E_STALE = 12,      /* the ticket names no living request */
  EVL_E_STATE = 13,      /* not allowed now: answered already, or the wrong thread */
  EVL_E_CANCELLED = 14,  /* the client has gone away */
  EVL_E_INTERNAL = 15    /* a defect in the callee */
};

/* Bytes that somebody else owns; not terminated, may hold NUL. `data` may be NULL when `size` is 0. */
typedef struct evl_bytes {
  const char* data;
  size_t size;
} evl_bytes;

/* Where a failing function writes its reason. The caller owns the buffer; the text is always terminated. */
typedef struct evl_error {
  uint32_t size;
  uint32_t capacity; /* of `text`, in bytes, with the terminator */
  char* text;
} evl_error;

/* Copies `text` into the error, cut to its capacity. `error` may be NULL. */
static inline void evl_error_set(evl_error* error, const char* text) {
  size_t n;
  if (!error || !error->text || error->capacity == 0) return;
  n = strlen(text);
  if (n >= error->capacity) n = error->capacity - 1u;
  memcpy(error->text, text, n);
  error->text[n] = '\0';
}

/* Opaque objects of the host. */
typedef struct evl_loop evl_loop;       /* one event loop thread */
typedef struct evl_request evl_request; /* one request, from its head to on_finish */
typedef struct evl_config evl_config;   /* a node of an instance's options */
typedef struct evl_store evl_store;     /* a store that a route gives to its handler */
typedef struct evl_timer evl_timer;     /* a timer under way */
struct event_base;                      /* libevent's */

#ifdef __cplusplus
}
#endif
#endif
