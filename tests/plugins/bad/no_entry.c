/* Has a note, but exports no entry. */
#include "blank.h"
#define evloom_entry some_other_name
BLANK_PLUGIN("no_entry", blank_create);
