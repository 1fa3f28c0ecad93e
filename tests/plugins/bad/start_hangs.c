/* thread_start never returns. */
#include <unistd.h>

#include "per_loop.h"

static evl_status thread_start(void* instance, evl_loop* loop, void** slot, evl_error* error) {
  (void)instance, (void)loop, (void)slot, (void)error;
  for (;;) pause();
  return EVL_OK;
}
PER_LOOP_CREATE(create, thread_start, NULL, NULL, blank_get_interface)
BLANK_PLUGIN("start_hangs", create);
