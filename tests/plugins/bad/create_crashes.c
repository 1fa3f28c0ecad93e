/* create follows a wild pointer. */
#include "blank.h"
static int* volatile nowhere = (int*)64;
static evl_status create(const evl_host* host, const evl_config* options, evl_plugin* plugin,
                         evl_error* error) {
  *nowhere = 1;
  return blank_create(host, options, plugin, error);
}
BLANK_PLUGIN("create_crashes", create);
