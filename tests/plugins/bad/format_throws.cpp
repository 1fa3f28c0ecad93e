// A format that throws when it is given a list.
#include <stdexcept>

#include "evloom/abi/format.h"

#include "blank.h"

static evl_status good(void*, void*, evl_writer*) { return EVL_OK; }
static evl_status field(void*, void*, evl_writer*, const evl_field*, const evl_value*) { return EVL_OK; }
static evl_status list(void*, void*, evl_writer*, const evl_field*) {
  throw std::runtime_error("thrown by list");
}
static evl_status record(void*, void*, evl_writer*, const evl_field*) { return EVL_OK; }
static evl_status items(void*, void*, evl_writer*, const evl_value*, size_t) { return EVL_OK; }

static const void* get_interface(void*, const char* id) {
  static constexpr evl_format table = {
      sizeof(evl_format), 0, "text/plain", good, field, list, record, items, good};
  return strcmp(id, EVL_FORMAT) == 0 ? &table : nullptr;
}

BLANK_CREATE(create, get_interface)
EVL_PLUGIN("format_throws", "1.0.0", "A test", "MIT", EVL_FORMAT, "", "{}", create);
