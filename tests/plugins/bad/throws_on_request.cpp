// on_request throws through the C function.
#include <stdexcept>

#include "blank.h"

static evl_status on_request(void*, void*, evl_request*) { throw std::runtime_error("thrown by on_request"); }

static const void* get_interface(void*, const char* id) {
  static constexpr evl_handler table = {sizeof(evl_handler), 0, on_request, nullptr, nullptr};
  return strcmp(id, EVL_HANDLER) == 0 ? &table : nullptr;
}

static evl_status create(const evl_host*, const evl_config*, evl_plugin* plugin, evl_error*) {
  plugin->get_interface = get_interface;
  return EVL_OK;
}
BLANK_PLUGIN("throws_on_request", create);
