/* Linked so that it can never be unloaded. */
#include "blank.h"
BLANK_PLUGIN("nodelete", blank_create);
