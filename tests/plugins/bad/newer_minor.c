/* Built for a later minor version than the host's. */
#include "blank.h"
#undef EVL_NOTE_ABI
#define EVL_NOTE_ABI "1.999"
#undef EVL_ABI_VERSION
#define EVL_ABI_VERSION ((1u << 16) | 999u)
BLANK_PLUGIN("newer_minor", blank_create);
