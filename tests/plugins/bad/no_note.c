/* Exports an entry, but has no note. */
#include "blank.h"
extern const evl_entry evloom_entry __attribute__((visibility("default")));
const evl_entry evloom_entry = {
    sizeof(evl_entry), EVL_ABI_VERSION, "no_note", "1.0.0", "A test", "MIT", EVL_HANDLER, "", "{}",
    blank_create};
