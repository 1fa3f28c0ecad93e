/* Each request starts a timer of an hour, which nothing cancels. */
#include "sound.h"

static void fire(void* context) { (void)context; }

/* What a request needs of its loop is the loop itself. */
static evl_status thread_start(void* instance, evl_loop* loop, void** slot, evl_error* error) {
  (void)instance, (void)error;
  *slot = loop;
  return EVL_OK;
}

static evl_status on_request(void* instance, void* slot, evl_request* request) {
  const evl_host* const host = ((sound*)instance)->host;
  const evl_timers* const timers = (const evl_timers*)host->get_interface(host, EVL_HOST_TIMER);
  if (timers) timers->start(host, (evl_loop*)slot, INT64_C(3600000000000), fire, NULL);
  return sound_on_request(instance, slot, request);
}
SOUND_HANDLER(get_interface, on_request, NULL)

static evl_status create(const evl_host* host, const evl_config* options, evl_plugin* plugin,
                         evl_error* error) {
  const evl_status status = sound_create(host, plugin, error);
  (void)options;
  plugin->thread_start = thread_start;
  plugin->get_interface = get_interface;
  return status;
}
SOUND_PLUGIN("request_timer_left", "{}", create);
