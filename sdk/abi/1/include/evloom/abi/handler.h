/* "evloom.handler/1": answers requests. */
#ifndef EVLOOM_ABI_HANDLER_H
#define EVLOOM_ABI_HANDLER_H

#include "request.h"

#ifdef __cplusplus
extern "C" {
#endif

#define EVL_HANDLER "evloom.handler/1"

/* The handler renders its answers ("evloom.host.render/1"): the host chooses the format, or answers 406,
 * before on_request. */
#define EVL_HANDLER_RENDERS (1u << 0)

typedef struct evl_handler {
  uint32_t size;
  uint32_t flags; /* EVL_HANDLER_* */

  /* A request for this handler. It answers here, or holds the request by suspending it or by submitting to a
   * store. A request that is neither answered nor held when this returns gets 500, and so does one for which
   * it returns something else than EVL_OK. [loop] */
  evl_status (*on_request)(void* instance, void* slot, evl_request* request);

  /* A held request will not be answered by this handler: its client has gone (EVL_E_CANCELLED) or its
   * deadline passed (EVL_E_TIMEOUT). Its tickets are stale and its store callbacks will not come. At most
   * once. May be NULL. [loop] */
  void (*on_cancel)(void* instance, void* slot, evl_request* request, evl_status why);

  /* The last call for a request, always made, after its answer was taken or it was cancelled. May be NULL.
   * [loop] */
  void (*on_finish)(void* instance, void* slot, evl_request* request);
} evl_handler;

#ifdef __cplusplus
}
#endif
#endif
