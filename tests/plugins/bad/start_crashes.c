/* thread_start follows a wild pointer, on another thread than the one that tries it. */
#include "per_loop.h"

static int* volatile nowhere = (int*)64;
static evl_status thread_start(void* instance, evl_loop* loop, void** slot, evl_error* error) {
  (void)instance, (void)loop, (void)slot, (void)error;
  *nowhere = 1;
  return EVL_OK;
}
PER_LOOP_CREATE(create, thread_start, NULL, NULL, blank_get_interface)
BLANK_PLUGIN("start_crashes", create);
