/* For plugins whose fault is in what they do on a loop: a create with these functions. */
#ifndef EVLOOM_TEST_PER_LOOP_H
#define EVLOOM_TEST_PER_LOOP_H

#include "evloom/abi/loop.h"

#include "blank.h"

static const evl_host* the_host;

__attribute__((unused)) static const evl_loop_access* the_loops(void) {
  return (const evl_loop_access*)the_host->get_interface(the_host, EVL_HOST_LOOP);
}

#define PER_LOOP_CREATE(NAME, START, STOP, DESTROY, GET_INTERFACE)                            \
  static evl_status NAME(const evl_host* host, const evl_config* options, evl_plugin* plugin, \
                         evl_error* error) {                                                  \
    (void)options, (void)error;                                                               \
    the_host = host;                                                                          \
    plugin->thread_start = START;                                                             \
    plugin->thread_stop = STOP;                                                               \
    plugin->destroy = DESTROY;                                                                \
    plugin->get_interface = GET_INTERFACE;                                                    \
    return EVL_OK;                                                                            \
  }

#endif
