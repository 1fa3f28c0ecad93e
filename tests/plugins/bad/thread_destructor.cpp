// Has a thread_local variable with a destructor.
#include <string>

#include "blank.h"
static evl_status create(const evl_host* host, const evl_config* options, evl_plugin* plugin,
                         evl_error* error) {
  thread_local std::string last;
  last = "something that is too long for the small string optimisation";
  return blank_create(host, options, plugin, error);
}
BLANK_PLUGIN("thread_destructor", create);
