/* create fails, with a reason. */
#include "blank.h"
static evl_status create(const evl_host* host, const evl_config* options, evl_plugin* plugin,
                         evl_error* error) {
  (void)host, (void)options, (void)plugin;
  evl_error_set(error, "the moon is in the wrong phase");
  return EVL_E_UNAVAILABLE;
}
BLANK_PLUGIN("create_fails", create);
