/* Gives the table of its handler for whatever begins like its id. */
#include "sound.h"

static const void* get_interface(void* instance, const char* id) {
  (void)instance;
  return strncmp(id, EVL_HANDLER, strlen(EVL_HANDLER) - 2) == 0 ? &sound_handler : NULL;
}
static evl_status create(const evl_host* host, const evl_config* options, evl_plugin* plugin,
                         evl_error* error) {
  const evl_status status = sound_create(host, plugin, error);
  (void)options;
  plugin->get_interface = get_interface;
  return status;
}
SOUND_PLUGIN("any_id", "{}", create);
