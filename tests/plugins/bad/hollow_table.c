/* The table of its handler lacks the one function that must be there. */
#include "blank.h"
static const evl_handler hollow = {sizeof(evl_handler), 0, NULL, NULL, NULL};
static const void* get_interface(void* instance, const char* id) {
  (void)instance, (void)id;
  return &hollow;
}
static evl_status create(const evl_host* host, const evl_config* options, evl_plugin* plugin,
                         evl_error* error) {
  (void)host, (void)options, (void)error;
  plugin->get_interface = get_interface;
  return EVL_OK;
}
BLANK_PLUGIN("hollow_table", create);
