/* thread_start fails on the third loop and every later one: a trial with two loops does not show it. */
#include "per_loop.h"

static evl_status thread_start(void* instance, evl_loop* loop, void** slot, evl_error* error) {
  (void)instance, (void)slot;
  if (the_loops()->index(loop) < 2) return EVL_OK;
  evl_error_set(error, "two loops are enough");
  return EVL_E_LIMIT;
}
PER_LOOP_CREATE(create, thread_start, NULL, NULL, blank_get_interface)
BLANK_PLUGIN("start_fails_third", create);
