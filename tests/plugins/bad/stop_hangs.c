/* thread_stop never returns. */
#include <unistd.h>

#include "per_loop.h"

static void thread_stop(void* instance, void* slot) {
  (void)instance, (void)slot;
  for (;;) pause();
}
PER_LOOP_CREATE(create, NULL, thread_stop, NULL, blank_get_interface)
BLANK_PLUGIN("stop_hangs", create);
