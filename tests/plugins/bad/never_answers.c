/* A handler that holds every request for ever. */
#include "evloom/abi/request.h"

#include "per_loop.h"

static evl_status on_request(void* instance, void* slot, evl_request* request) {
  const evl_request_access* requests =
      (const evl_request_access*)the_host->get_interface(the_host, EVL_HOST_REQUEST);
  (void)instance, (void)slot;
  requests->suspend(request);
  return EVL_OK;
}

static const void* get_interface(void* instance, const char* id) {
  static const evl_handler table = {sizeof(evl_handler), 0, on_request, NULL, NULL};
  (void)instance;
  return strcmp(id, EVL_HANDLER) == 0 ? &table : NULL;
}
PER_LOOP_CREATE(create, NULL, NULL, NULL, get_interface)
BLANK_PLUGIN("never_answers", create);
