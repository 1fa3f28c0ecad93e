/* destroy frees what it never had. */
#include <stdlib.h>

#include "per_loop.h"

static void destroy(void* instance) {
  (void)instance;
  abort();
}
PER_LOOP_CREATE(create, NULL, NULL, destroy, blank_get_interface)
BLANK_PLUGIN("destroy_crashes", create);
