/* thread_start opens a descriptor, and nobody closes it. */
#include <fcntl.h>

#include "sound.h"

static evl_status thread_start(void* instance, evl_loop* loop, void** slot, evl_error* error) {
  (void)instance, (void)loop, (void)slot, (void)error;
  return open("/dev/null", O_RDONLY) < 0 ? EVL_E_UNAVAILABLE : EVL_OK;
}
static evl_status create(const evl_host* host, const evl_config* options, evl_plugin* plugin,
                         evl_error* error) {
  (void)options;
  plugin->thread_start = thread_start;
  return sound_create(host, plugin, error);
}
SOUND_PLUGIN("descriptor_left", "{}", create);
