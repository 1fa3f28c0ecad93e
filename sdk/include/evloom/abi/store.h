/* Stores: counters, sets and values under keys.
 *
 * "evloom.store/1" is what a backend offers; "evloom.host.store/1" is how a handler uses one. The host stands
 * between them and gathers the operations of many requests into batches, so a backend sees few, large
 * submits.
 */
#ifndef EVLOOM_ABI_STORE_H
#define EVLOOM_ABI_STORE_H

#include "request.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The ids of evl_store_backend, which a plugin offers, and of evl_store_access, which the host offers. */
#define EVL_STORE "evloom.store/1"
#define EVL_HOST_STORE "evloom.host.store/1"

/* What an operation does, and what its result holds. */
typedef uint32_t evl_op_kind;
enum {
  /* Adds `amount` to a counter (absent: 0); integer = the new value; EVL_E_LIMIT when it would overflow. */
  EVL_OP_ADD = 1,
  /* Adds `items` to a set; fresh[i] = 1 when items[i] was not in it; integer = how many were new. An item
   * given twice is new at most once, at its first place. */
  EVL_OP_SET_ADD = 2,
  /* items = the members, in no order. */
  EVL_OP_SET_READ = 3,
  /* integer = how many members. */
  EVL_OP_SET_SIZE = 4,
  /* items[0] = the value, none when the key is absent; a counter reads as its decimal text. */
  EVL_OP_GET = 5,
  /* Sets the value to items[0]. */
  EVL_OP_PUT = 6,
  /* Removes the key, whatever its type; integer = 1 when it was there. */
  EVL_OP_DELETE = 7,
  /* Removes the key `amount` milliseconds from now; integer = 1 when it was there. */
  EVL_OP_EXPIRE = 8
};

/* The longest key or item of a set, and the longest value, in bytes. */
#define EVL_STORE_TEXT_MAX 511u
#define EVL_STORE_VALUE_MAX (1u << 20)

/* One operation. Keys and items are 1 to EVL_STORE_TEXT_MAX bytes, PUT's value 0 to EVL_STORE_VALUE_MAX, of
 * any content. What lies outside, and a PUT without exactly one item, gets EVL_E_INVALID as its own result;
 * an unknown kind EVL_E_UNSUPPORTED; the other operations of the submit are carried out. ADD takes a value
 * that PUT has set when it is a whole number as Redis writes them ("5", "-12"), else EVL_E_TYPE. PUT replaces
 * whatever the key held and takes back an EXPIRE. A SET_ADD without items does nothing. EXPIRE with an amount
 * of 0 or less removes at once. */
typedef struct evl_op {
  uint32_t size;          /* sizeof(evl_op) of whoever made the array: its stride */
  evl_op_kind kind;       /* EVL_OP_* */
  evl_bytes key;          /* 1 to EVL_STORE_TEXT_MAX bytes */
  int64_t amount;         /* of EVL_OP_ADD and EVL_OP_EXPIRE */
  const evl_bytes* items; /* of EVL_OP_SET_ADD and EVL_OP_PUT */
  size_t item_count;      /* of `items` */
} evl_op;

/* What became of one operation. */
typedef struct evl_result {
  uint32_t size;          /* the stride of the array */
  evl_status status;      /* of this operation alone */
  int64_t integer;        /* see evl_op_kind */
  const evl_bytes* items; /* see evl_op_kind; valid during the call that brings them */
  size_t item_count;      /* of `items` */
  const uint8_t* fresh;   /* EVL_OP_SET_ADD: one byte per item of the operation */
  /* Not 0: whenever this backend gives this number again, on any loop, `items` are the same in the same
   * order. So what was made of them once need not be made again. */
  uint64_t version;
  uint64_t origin; /* the host's: together with `version` it tells results of different backends apart */
} evl_result;

/* ---- the backend's side ------------------------------------------------------------------------------- */

/* The end of a submit. `status` EVL_OK: `results` has one entry per operation, each with its own status. Else
 * it speaks for every operation and `results` is NULL; EVL_E_UNKNOWN when they may have been carried out.
 * Results and what they point to are valid during the call. Called exactly once, on the submitting loop,
 * never from inside submit. [loop] */
typedef void (*evl_store_done)(void* context, evl_status status, const evl_result* results, size_t count);

#define EVL_STORE_DURABLE (1u << 0)   /* an answer survives a crash of the process */
#define EVL_STORE_SHARED (1u << 1)    /* other hosts see the same keys */
#define EVL_STORE_EXCLUSIVE (1u << 2) /* must not be opened twice at a time with the same options */

/* What a backend offers. */
typedef struct evl_store_backend {
  uint32_t size;
  uint32_t flags; /* EVL_STORE_* */

  /* Carries out the operations, those on one key one after the other as given; between keys no order is
   * promised, and other submits may come between two of them. The array and all it points to stay as they are
   * until `done`. Anything but EVL_OK: nothing was done and `done` is not called. The host has at most a few
   * submits under way per slot. [loop] */
  evl_status (*submit)(void* instance, void* slot, const evl_op* ops, size_t count, evl_store_done done,
                       void* context);

  /* EVL_OK when a submit would be tried now; else a status and the reason, which readiness shows. Asks
   * nobody: it tells the last known state. [loop] */
  evl_status (*health)(void* instance, void* slot, evl_error* why);
} evl_store_backend;

/* ---- the handler's side ------------------------------------------------------------------------------- */

/* As evl_store_done, for one request. Not called when the request was cancelled before. The request is no
 * longer held by this submit: answer, submit again or suspend. [loop] */
typedef void (*evl_store_reply)(void* context, evl_request* request, evl_status status,
                                const evl_result* results, size_t count);

/* How a handler uses the stores of its route. */
typedef struct evl_store_access {
  uint32_t size;

  /* The store that the route names: `role` "" for its `store`, else a key of its `stores`. NULL when there is
   * none; valid as long as the request. [loop] */
  evl_store* (*find)(evl_request* request, const char* role);

  /* Submits 1 to 64 operations and holds the request until `reply`, which is never called from inside submit.
   * They are copied with all they point to before this returns. EVL_E_INVALID (an operation is malformed),
   * EVL_E_STATE (the request has been answered, or this is not the thread of its loop), EVL_E_OVERLOADED,
   * EVL_E_UNAVAILABLE and the like: nothing was done and `reply` is not called. [loop] */
  evl_status (*submit)(evl_request* request, evl_store* store, const evl_op* ops, size_t count,
                       evl_store_reply reply, void* context);
} evl_store_access;

#ifdef __cplusplus
}
#endif
#endif
