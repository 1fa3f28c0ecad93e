/* Looks at the results of its store without asking whether there are any. */
#include <stdio.h>

#include "sound.h"

static void reply(void* context, evl_request* request, evl_status status, const evl_result* results,
                  size_t count) {
  char line[32];
  (void)status, (void)count;
  snprintf(line, sizeof line, "%lld\n", (long long)results->integer);
  sound_respond((sound*)context, request, 200, line);
}

static evl_status on_request(void* instance, void* slot, evl_request* request) {
  (void)slot;
  return sound_count(instance, request, 1, reply);
}
SOUND_HANDLER(get_interface, on_request, NULL)
SOUND_CREATE(create, get_interface)
EVL_PLUGIN("ignores_error", "1.0.0", "A test", "MIT", EVL_HANDLER, EVL_HOST_STORE, "{}", create);
