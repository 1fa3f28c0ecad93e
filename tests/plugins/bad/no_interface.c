/* Promises a handler in its note, and does not give it. */
#include "blank.h"
static const void* get_interface(void* instance, const char* id) {
  (void)instance, (void)id;
  return NULL;
}
static evl_status create(const evl_host* host, const evl_config* options, evl_plugin* plugin,
                         evl_error* error) {
  (void)host, (void)options, (void)error;
  plugin->get_interface = get_interface;
  return EVL_OK;
}
BLANK_PLUGIN("no_interface", create);
