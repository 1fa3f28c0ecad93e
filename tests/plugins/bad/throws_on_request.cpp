// on_request throws through the C function.
#include <stdexcept>

#include "blank.h"

static evl_status on_request(void*, void*, evl_request*) { throw std::runtime_error("thrown by on_request"); }

static const void* get_interface(void*, const char* id) {
  static constexpr evl_handler table = {sizeof(evl_handler), 0, on_request, nullptr, nullptr};
  return strcmp(id, EVL_HANDLER) == 0 ? &table : nullptr;
}

BLANK_CREATE(create, get_interface)
BLANK_PLUGIN("throws_on_request", create);
