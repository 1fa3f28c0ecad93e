// Holds a symbol of binding STB_GNU_UNIQUE, which pins it in memory.
#include "blank.h"
template <typename T>
struct Counted {
  static T count;
};
template <typename T>
T Counted<T>::count = 0;
extern "C" __attribute__((visibility("hidden"))) int* counted();
int* counted() { return &Counted<int>::count; }
BLANK_PLUGIN("unique_symbol", blank_create);
