/* create never returns, and its process cannot be asked to end. */
#include <signal.h>
#include <unistd.h>

#include "blank.h"
static evl_status create(const evl_host* host, const evl_config* options, evl_plugin* plugin,
                         evl_error* error) {
  sigset_t all;
  (void)host, (void)options, (void)plugin, (void)error;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL);
  for (;;) pause();
  return EVL_OK;
}
BLANK_PLUGIN("create_hangs", create);
