/* The table of its handler lacks the one function that must be there. */
#include "blank.h"
static const evl_handler hollow = {sizeof(evl_handler), 0, NULL, NULL, NULL};
static const void* get_interface(void* instance, const char* id) {
  (void)instance, (void)id;
  return &hollow;
}
BLANK_CREATE(create, get_interface)
BLANK_PLUGIN("hollow_table", create);
