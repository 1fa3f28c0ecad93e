/* Its note states another version than its entry. */
#include "blank.h"
#undef EVL_NOTE_TEXT_
#define EVL_NOTE_TEXT_(ID, VERSION, DESCRIPTION, LICENCE, INTERFACES, NEEDS, OPTIONS)             \
  "abi=" EVL_NOTE_ABI "\0id=" ID "\0version=9.9.9\0description=" DESCRIPTION "\0licence=" LICENCE \
  "\0interfaces=" INTERFACES
BLANK_PLUGIN("mismatch", blank_create);
