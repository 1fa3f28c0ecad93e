/* thread_start has the host start a timer of an hour, which thread_stop does not cancel. */
#include "sound.h"

static void fire(void* context) { (void)context; }

static evl_status thread_start(void* instance, evl_loop* loop, void** slot, evl_error* error) {
  const evl_host* const host = ((sound*)instance)->host;
  const evl_timers* const timers = (const evl_timers*)host->get_interface(host, EVL_HOST_TIMER);
  (void)slot, (void)error;
  if (timers) timers->start(host, loop, INT64_C(3600000000000), fire, NULL);
  return EVL_OK;
}

static evl_status create(const evl_host* host, const evl_config* options, evl_plugin* plugin,
                         evl_error* error) {
  const evl_status status = sound_create(host, plugin, error);
  (void)options;
  plugin->thread_start = thread_start;
  return status;
}
SOUND_PLUGIN("host_timer_left", "{}", create);
