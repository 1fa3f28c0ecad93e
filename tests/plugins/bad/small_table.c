/* The table of its handler is smaller than the first version of it. */
#include "blank.h"
static const evl_handler small = {8, 0, blank_on_request, NULL, NULL};
static const void* get_interface(void* instance, const char* id) {
  (void)instance, (void)id;
  return &small;
}
BLANK_CREATE(create, get_interface)
BLANK_PLUGIN("small_table", create);
