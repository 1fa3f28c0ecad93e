/* A constructor follows a wild pointer while the file is being loaded. */
#include "blank.h"
static int* volatile nowhere = (int*)64;
__attribute__((constructor)) static void crash(void) { *nowhere = 1; }
BLANK_PLUGIN("constructor_crashes", blank_create);
