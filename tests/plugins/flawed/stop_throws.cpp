// thread_stop throws through the C function, in words that a terminal would take for commands.
#include <stdexcept>

#include "sound.h"

static void thread_stop(void*, void*) { throw std::runtime_error("the table\x1b[2J is gone\a"); }

static evl_status create(const evl_host* host, const evl_config*, evl_plugin* plugin, evl_error* error) {
  const evl_status status = sound_create(host, plugin, error);
  plugin->thread_stop = thread_stop;
  return status;
}
SOUND_PLUGIN("stop_throws", "{}", create);
