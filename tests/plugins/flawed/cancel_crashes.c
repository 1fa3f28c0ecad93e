/* on_cancel relies on what on_request has not yet set. */
#include "sound.h"

static void reply(void* context, evl_request* request, evl_status status, const evl_result* results,
                  size_t count) {
  (void)results, (void)count;
  if (status != EVL_OK) {
    ((sound*)context)->requests->fail(request, status, text("not counted"));
  } else {
    sound_respond((sound*)context, request, 200, "counted\n");
  }
}

static evl_status on_request(void* instance, void* slot, evl_request* request) {
  (void)slot;
  return sound_count(instance, request, 1, reply);
}
static void on_cancel(void* instance, void* slot, evl_request* request, evl_status why) {
  (void)slot, (void)why;
  *(volatile int*)((sound*)instance)->requests->user(request) = 1;
}
SOUND_HANDLER(get_interface, on_request, on_cancel)
SOUND_CREATE(create, get_interface)
EVL_PLUGIN("cancel_crashes", "1.0.0", "A test", "MIT", EVL_HANDLER, EVL_HOST_STORE, "{}", create);
