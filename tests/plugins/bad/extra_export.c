/* Exports a function besides its entry. */
#include "blank.h"
int parse_everything(void);
int parse_everything(void) { return 1; }
BLANK_PLUGIN("extra_export", blank_create);
