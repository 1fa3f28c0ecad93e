/* evl_host: the host as one instance sees it. It is passed to create and stays valid until destroy has
 * returned. */
#ifndef EVLOOM_ABI_HOST_H
#define EVLOOM_ABI_HOST_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The host, to one instance. */
typedef struct evl_host {
  uint32_t size;
  uint32_t abi; /* EVL_ABI_VERSION of the host */

  /* One of the "evloom.host.*" interfaces, NULL for an unknown id. The table lives as long as the process.
   * [any] */
  const void* (*get_interface)(const struct evl_host* host, const char* id);
} evl_host;

#ifdef __cplusplus
}
#endif
#endif
