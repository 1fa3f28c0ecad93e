/* Linked so that it asks for an executable stack. */
#include "blank.h"
BLANK_PLUGIN("executable_stack", blank_create);
