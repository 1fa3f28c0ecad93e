/* A constructor never returns. */
#include <unistd.h>

#include "blank.h"
__attribute__((constructor)) static void sleep_for_ever(void) {
  for (;;) pause();
}
BLANK_PLUGIN("constructor_sleeps", blank_create);
