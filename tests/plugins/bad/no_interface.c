/* Promises a handler in its note, and does not give it. */
#include "blank.h"
static const void* get_interface(void* instance, const char* id) {
  (void)instance, (void)id;
  return NULL;
}
BLANK_CREATE(create, get_interface)
BLANK_PLUGIN("no_interface", create);
