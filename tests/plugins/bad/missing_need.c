/* Cannot do without an interface that no host offers. */
#include "blank.h"
EVL_PLUGIN("missing_need", "1.0.0", "A test", "MIT", EVL_HANDLER, "evloom.host.teapot/1", "{}", blank_create);
