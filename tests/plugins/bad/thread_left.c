/* create starts a thread that nobody stops. */
#define _GNU_SOURCE
#include <pthread.h>
#include <unistd.h>

#include "blank.h"

static void* turn(void* context) {
  for (;;) usleep(1000);
  return context;
}

static evl_status create(const evl_host* host, const evl_config* options, evl_plugin* plugin,
                         evl_error* error) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, turn, NULL) != 0) return EVL_E_UNAVAILABLE;
  pthread_setname_np(thread, "bad-thread");
  pthread_detach(thread);
  return blank_create(host, options, plugin, error);
}
BLANK_PLUGIN("thread_left", create);
