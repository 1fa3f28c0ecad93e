/* What each plugin of this folder would be without its fault: an instance that offers a handler which does
 * nothing. */
#ifndef EVLOOM_TEST_BLANK_H
#define EVLOOM_TEST_BLANK_H

#include "evloom/abi/entry.h"
#include "evloom/abi/handler.h"

__attribute__((unused)) static evl_status blank_on_request(void* instance, void* slot, evl_request* request) {
  (void)instance, (void)slot, (void)request;
  return EVL_OK;
}

__attribute__((unused)) static const evl_handler blank_handler = {sizeof(evl_handler), 0, blank_on_request,
                                                                  NULL, NULL};

__attribute__((unused)) static const void* blank_get_interface(void* instance, const char* id) {
  (void)instance;
  return strcmp(id, EVL_HANDLER) == 0 ? &blank_handler : NULL;
}

/* A create that makes one with another get_interface. */
#define BLANK_CREATE(NAME, GET_INTERFACE)                                                     \
  static evl_status NAME(const evl_host* host, const evl_config* options, evl_plugin* plugin, \
                         evl_error* error) {                                                  \
    (void)host, (void)options, (void)error;                                                   \
    plugin->get_interface = GET_INTERFACE;                                                    \
    return EVL_OK;                                                                            \
  }

__attribute__((unused)) BLANK_CREATE(blank_create, blank_get_interface)

#define BLANK_PLUGIN(ID, CREATE) EVL_PLUGIN(ID, "1.0.0", "A test", "MIT", EVL_HANDLER, "", "{}", CREATE)

#endif
