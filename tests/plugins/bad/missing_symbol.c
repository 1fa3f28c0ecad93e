/* Calls a function that nobody provides. */
#include "blank.h"
int evloom_test_nobody_has_this(void);
static evl_status create(const evl_host* host, const evl_config* options, evl_plugin* plugin,
                         evl_error* error) {
  if (evloom_test_nobody_has_this()) return EVL_E_INTERNAL;
  return blank_create(host, options, plugin, error);
}
BLANK_PLUGIN("missing_symbol", create);
