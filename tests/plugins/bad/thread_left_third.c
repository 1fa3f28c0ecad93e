/* thread_start starts a thread that nobody stops, on the third loop: a trial with two loops does not show it.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <unistd.h>

#include "per_loop.h"

static void* turn(void* context) {
  for (;;) usleep(1000);
  return context;
}

static evl_status thread_start(void* instance, evl_loop* loop, void** slot, evl_error* error) {
  pthread_t thread;
  (void)instance, (void)slot, (void)error;
  if (the_loops()->index(loop) < 2) return EVL_OK;
  if (pthread_create(&thread, NULL, turn, NULL) != 0) return EVL_E_UNAVAILABLE;
  pthread_setname_np(thread, "bad-thread");
  pthread_detach(thread);
  return EVL_OK;
}
PER_LOOP_CREATE(create, thread_start, NULL, NULL, blank_get_interface)
BLANK_PLUGIN("thread_left_third", create);
