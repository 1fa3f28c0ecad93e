/* Its note is of the right name and type, and makes no sense. */
#include "blank.h"
#undef EVL_NOTE_TEXT_
#define EVL_NOTE_TEXT_(ID, VERSION, DESCRIPTION, LICENCE, INTERFACES, NEEDS, OPTIONS) \
  "abi=1.0\0id=\x80\xff/../x\0version=1"
BLANK_PLUGIN("garbage_note", blank_create);
