/* Walks results as an array of the evl_result that it was compiled with, and not by their size. */
#include "sound.h"

static void reply(void* context, evl_request* request, evl_status status, const evl_result* results,
                  size_t count) {
  if (status != EVL_OK) {
    ((sound*)context)->requests->fail(request, status, text("not counted"));
  } else if (count != 2 || results[1].status != EVL_OK || results[1].integer <= 0) {
    sound_respond((sound*)context, request, 500, "nonsense\n");
  } else {
    sound_respond((sound*)context, request, 200, "counted\n");
  }
}

static evl_status on_request(void* instance, void* slot, evl_request* request) {
  (void)slot;
  return sound_count(instance, request, 2, reply);
}
SOUND_HANDLER(get_interface, on_request, NULL)
SOUND_CREATE(create, get_interface)
EVL_PLUGIN("narrow_results", "1.0.0", "A test", "MIT", EVL_HANDLER, EVL_HOST_STORE, "{}", create);
