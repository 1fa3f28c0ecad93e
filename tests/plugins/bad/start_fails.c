/* thread_start fails on loop 1, with a reason. Its journal tells whether the others were stopped. */
#include "evloom/abi/log.h"
#include "evloom/abi/loop.h"

#include "blank.h"

static const evl_host* the_host;

static void say(const char* what, uint32_t loop) {
  const evl_log* log = (const evl_log*)the_host->get_interface(the_host, EVL_HOST_LOG);
  char line[32] = "";
  const size_t n = strlen(what);
  memcpy(line, what, n);
  line[n] = (char)('0' + loop);
  log->write(the_host, EVL_LOG_INFO, (evl_bytes){line, n + 1});
}

static evl_status thread_start(void* instance, evl_loop* loop, void** slot, evl_error* error) {
  const evl_loop_access* loops = (const evl_loop_access*)the_host->get_interface(the_host, EVL_HOST_LOOP);
  const uint32_t index = loops->index(loop);
  static uint32_t indices[256];
  (void)instance;
  if (index == 1) {
    evl_error_set(error, "no descriptor is left");
    return EVL_E_UNAVAILABLE;
  }
  indices[index] = index;
  *slot = &indices[index];
  say("started on ", index);
  return EVL_OK;
}

static void thread_stop(void* instance, void* slot) {
  (void)instance;
  say("stopped on ", *(uint32_t*)slot);
}

static void destroy(void* instance) {
  (void)instance;
  say("destroyed ", 0);
}

static evl_status create(const evl_host* host, const evl_config* options, evl_plugin* plugin,
                         evl_error* error) {
  the_host = host;
  plugin->thread_start = thread_start;
  plugin->thread_stop = thread_stop;
  plugin->destroy = destroy;
  return blank_create(host, options, plugin, error);
}
BLANK_PLUGIN("start_fails", create);
