/* "evloom.host.log/1": lines in the host's log, under the name of the instance. Never blocks; text is copied.
 */
#ifndef EVLOOM_ABI_LOG_H
#define EVLOOM_ABI_LOG_H

#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define EVL_HOST_LOG "evloom.host.log/1"

typedef int32_t evl_log_level;
enum { EVL_LOG_TRACE = 0, EVL_LOG_DEBUG = 1, EVL_LOG_INFO = 2, EVL_LOG_WARN = 3, EVL_LOG_ERROR = 4 };

typedef struct evl_log {
  uint32_t size;

  /* 1 when a line of that level would be kept, else 0: ask before costly formatting. [any] */
  int32_t (*enabled)(const evl_host* host, evl_log_level level);

  /* One line. Control characters are escaped, more than about 400 bytes are cut. [any] */
  void (*write)(const evl_host* host, evl_log_level level, evl_bytes text);

  /* A line about a fault that may repeat: of one `key` at most one line a second is kept, and the next one
   * says how many were not. `key` names the kind of fault ("connect"), not its occurrence. [any] */
  void (*fault)(const evl_host* host, evl_log_level level, evl_bytes key, evl_bytes text);
} evl_log;

#ifdef __cplusplus
}
#endif
#endif
