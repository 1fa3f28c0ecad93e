/* "evloom.host.config/1": an instance's options, typed, each with its place in the YAML file.
 *
 * The options passed to create have been checked against the plugin's schema and hold its defaults. Nodes and
 * the bytes read from them are valid until destroy.
 */
#ifndef EVLOOM_ABI_CONFIG_H
#define EVLOOM_ABI_CONFIG_H

#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The id of evl_config_reader. */
#define EVL_HOST_CONFIG "evloom.host.config/1"

/* What a node is. */
typedef int32_t evl_config_kind;
enum {
  EVL_CONFIG_NULL = 0,   /* nothing is there */
  EVL_CONFIG_SCALAR = 1, /* one value */
  EVL_CONFIG_LIST = 2,   /* nodes in order */
  EVL_CONFIG_MAP = 3     /* nodes by key */
};

/* Reads an instance's options. */
typedef struct evl_config_reader {
  uint32_t size;

  evl_config_kind (*kind)(const evl_config* node); /* [any] */

  /* The value of a key of a map; NULL when it is absent and has no default, or when `node` is no map. [any]
   */
  const evl_config* (*member)(const evl_config* node, const char* key);

  /* Entries of a list or map, and the entry at `index` in the file's order; `key` (may be NULL) receives the
   * key of a map's entry. NULL past the end. [any] */
  size_t (*count)(const evl_config* node);
  const evl_config* (*at)(const evl_config* node, size_t index, evl_bytes* key);

  /* Typed reads of a scalar: EVL_OK, or EVL_E_TYPE and `value` as it was. `node` NULL gives EVL_E_NOT_FOUND.
   * [any] */
  evl_status (*text)(const evl_config* node, evl_bytes* value);
  evl_status (*boolean)(const evl_config* node, int32_t* value);
  evl_status (*integer)(const evl_config* node, int64_t* value);
  evl_status (*number)(const evl_config* node, double* value);
  evl_status (*duration)(const evl_config* node, int64_t* nanoseconds); /* "250ms", "10s", "5m", "1h" */
  evl_status (*bytes)(const evl_config* node, uint64_t* value);         /* "64KiB", "1MiB", 4096 */
  evl_status (*path)(const evl_config* node, evl_bytes* value); /* resolved against the YAML file's folder */

  /* Writes "FILE:LINE:COLUMN: `text`" into `error`, for a value that the schema could not judge; returns
   * EVL_E_INVALID, so that create can end with `return config->reject(node, error, "...");`. [control] */
  evl_status (*reject)(const evl_config* node, evl_error* error, const char* text);
} evl_config_reader;

#ifdef __cplusplus
}
#endif
#endif
