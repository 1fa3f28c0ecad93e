// create throws.
#include <stdexcept>

#include "blank.h"
static evl_status create(const evl_host*, const evl_config*, evl_plugin*, evl_error*) {
  throw std::runtime_error("thrown by create");
}
BLANK_PLUGIN("create_throws", create);
