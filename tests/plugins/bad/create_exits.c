/* create ends the process, as a library does that takes itself for the program. */
#include <unistd.h>

#include "blank.h"
static evl_status create(const evl_host* host, const evl_config* options, evl_plugin* plugin,
                         evl_error* error) {
  (void)host, (void)options, (void)plugin, (void)error;
  _exit(0);
}
BLANK_PLUGIN("create_exits", create);
