/* The table of its handler is smaller than the first version of it. */
#include "blank.h"
static const evl_handler small = {8, 0, blank_on_request, NULL, NULL};
static const void* get_interface(void* instance, const char* id) {
  (void)instance, (void)id;
  return &small;
}
static evl_status create(const evl_host* host, const evl_config* options, evl_plugin* plugin,
                         evl_error* error) {
  (void)host, (void)options, (void)error;
  plugin->get_interface = get_interface;
  return EVL_OK;
}
BLANK_PLUGIN("small_table", create);
