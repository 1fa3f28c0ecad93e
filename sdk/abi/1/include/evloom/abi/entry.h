/* evl_entry: the one symbol that a plugin exports, and the ELF note that says the same without running any
 * code.
 *
 * Rationale: a host that could only learn a plugin's version by loading it would have run its constructors
 * before it could refuse it. EVL_PLUGIN writes both from one set of literals, so they cannot differ.
 */
#ifndef EVLOOM_ABI_ENTRY_H
#define EVLOOM_ABI_ENTRY_H

#include "plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct evl_entry {
  uint32_t size;
  uint32_t abi;            /* EVL_ABI_VERSION the plugin was compiled with */
  const char* id;          /* [a-z][a-z0-9_-]*, at most 63 bytes */
  const char* version;     /* of the plugin, as its author counts */
  const char* description; /* one line */
  const char* licence;     /* SPDX expression */
  const char* interfaces;  /* what it offers, ids separated by blanks: "evloom.handler/1" */
  const char* needs;       /* what it cannot do without: "evloom.host.store/1"; may be "" */
  const char* options;     /* JSON Schema of its options; "{}" when it takes none */

  /* Makes an instance. `options` has passed the schema, with defaults filled in, and stays valid until
   * destroy, as does `host`. On EVL_OK `plugin` is filled (the host has set its `size` and zeroed the rest);
   * on failure `error` has the reason and nothing is left behind. Threads that it starts are joined by
   * destroy. [control] */
  evl_status (*create)(const evl_host* host, const evl_config* options, evl_plugin* plugin, evl_error* error);
} evl_entry;

#define EVL_ENTRY_SYMBOL "evloom_entry"

/* The note: name "evloom", type 1; the description is a run of terminated strings "key=value", in any order,
 * unknown keys are skipped. `abi` is "MAJOR.MINOR". */
#define EVL_NOTE_SECTION ".note.evloom"
#define EVL_NOTE_NAME "evloom"
#define EVL_NOTE_TYPE 1u

#define EVL_STRING_(x) #x
#define EVL_STRING(x) EVL_STRING_(x)
#define EVL_NOTE_ABI "1.0" /* EVL_ABI_MAJOR.EVL_ABI_MINOR */

#define EVL_NOTE_TEXT_(ID, VERSION, DESCRIPTION, LICENCE, INTERFACES, NEEDS, OPTIONS)                   \
  "abi=" EVL_NOTE_ABI "\0id=" ID "\0version=" VERSION "\0description=" DESCRIPTION "\0licence=" LICENCE \
  "\0interfaces=" INTERFACES "\0needs=" NEEDS "\0options=" OPTIONS

#ifdef __cplusplus
#define EVL_LINKAGE_ extern "C"
#else
#define EVL_LINKAGE_ extern
#endif

/* Defines the entry and the note of a plugin, once, at file scope. All but CREATE are string literals. */
#define EVL_PLUGIN(ID, VERSION, DESCRIPTION, LICENCE, INTERFACES, NEEDS, OPTIONS, CREATE)                   \
  static const struct {                                                                                     \
    uint32_t name_size, text_size, type;                                                                    \
    char name[8];                                                                                           \
    char text[sizeof(EVL_NOTE_TEXT_(ID, VERSION, DESCRIPTION, LICENCE, INTERFACES, NEEDS, OPTIONS))];       \
  } evl_note_ __attribute__((section(EVL_NOTE_SECTION), used, aligned(4))) = {                              \
      sizeof(EVL_NOTE_NAME),                                                                                \
      sizeof(EVL_NOTE_TEXT_(ID, VERSION, DESCRIPTION, LICENCE, INTERFACES, NEEDS, OPTIONS)), EVL_NOTE_TYPE, \
      EVL_NOTE_NAME, EVL_NOTE_TEXT_(ID, VERSION, DESCRIPTION, LICENCE, INTERFACES, NEEDS, OPTIONS)};        \
  EVL_LINKAGE_ const evl_entry evloom_entry __attribute__((visibility("default")));                         \
  const evl_entry evloom_entry = {sizeof(evl_entry), EVL_ABI_VERSION, ID,    VERSION, DESCRIPTION,          \
                                  LICENCE,           INTERFACES,      NEEDS, OPTIONS, CREATE}

#ifdef __cplusplus
}
#endif
#endif
