/* Built for another major version of the ABI. */
#include "blank.h"
#undef EVL_NOTE_ABI
#define EVL_NOTE_ABI "2.0"
#undef EVL_ABI_VERSION
#define EVL_ABI_VERSION (2u << 16)
BLANK_PLUGIN("wrong_major", blank_create);
