/* create fails and tells what this process has inherited: how many signals are blocked or ignored (SIGPIPE is
 * the program's own doing), and how many descriptors from 900 on, where only the test opens some, are open.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blank.h"

static evl_status create(const evl_host* host, const evl_config* options, evl_plugin* plugin,
                         evl_error* error) {
  char text[64];
  int signals = 0, descriptors = 0, i;
  sigset_t blocked;
  struct stat none;
  (void)host, (void)options, (void)plugin;
  sigprocmask(SIG_BLOCK, NULL, &blocked);
  for (i = 1; i < 32; ++i) {
    struct sigaction action;
    if (sigaction(i, NULL, &action) != 0 || i == SIGPIPE) continue;
    if (action.sa_handler == SIG_IGN || sigismember(&blocked, i)) ++signals;
  }
  for (i = 900; i < 1024; ++i)
    if (fstat(i, &none) == 0) ++descriptors;
  snprintf(text, sizeof text, "signals %d, descriptors %d", signals, descriptors);
  evl_error_set(error, text);
  return EVL_E_UNSUPPORTED;
}
BLANK_PLUGIN("heir", create);
