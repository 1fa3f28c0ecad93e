/* What layout.inc is made of, as assertions of the compiler. Included by one unit of C11 and one of C++20.
 */
#include "evloom/abi/base.h"
#include "evloom/abi/config.h"
#include "evloom/abi/entry.h"
#include "evloom/abi/format.h"
#include "evloom/abi/handler.h"
#include "evloom/abi/host.h"
#include "evloom/abi/log.h"
#include "evloom/abi/loop.h"
#include "evloom/abi/metrics.h"
#include "evloom/abi/plugin.h"
#include "evloom/abi/request.h"
#include "evloom/abi/state.h"
#include "evloom/abi/store.h"
#include "evloom/abi/timer.h"
#include "evloom/abi/work.h"

#ifdef __cplusplus
#include <string_view>
#define EVL_LOCK_ASSERT_ static_assert
#define EVL_LOCK_TEXT(NAME, TEXT)               \
  static_assert(std::string_view(NAME) == TEXT, \
                #NAME " is not " TEXT " any more: an id never changes its meaning; add one");
#else
#define EVL_LOCK_ASSERT_ _Static_assert
#define EVL_LOCK_TEXT(NAME, TEXT)              \
  _Static_assert(sizeof(NAME) == sizeof(TEXT), \
                 #NAME " is not " TEXT " any more: an id never changes its meaning; add one");
#endif

#define EVL_LOCK_SIZE(TYPE, SIZE)        \
  EVL_LOCK_ASSERT_(sizeof(TYPE) >= SIZE, \
                   #TYPE " has shrunk: plugins use all of its first " #SIZE " bytes (docs/abi.md)");
#define EVL_LOCK_FIXED(TYPE, SIZE)                       \
  EVL_LOCK_ASSERT_(sizeof(TYPE) == SIZE,                 \
                   #TYPE " has another size than " #SIZE \
                         ": without a `size` of its own it can never grow (docs/abi.md)");
#define EVL_LOCK_FIELD(TYPE, FIELD, OFFSET, SIZE)                                        \
  EVL_LOCK_ASSERT_(offsetof(TYPE, FIELD) == OFFSET && sizeof(((TYPE*)0)->FIELD) == SIZE, \
                   #TYPE "." #FIELD " is not " #SIZE " bytes at offset " #OFFSET         \
                         " any more: plugins look for it there; "                        \
                         "append new fields at the struct's end (docs/abi.md)");
#define EVL_LOCK_VALUE(NAME, VALUE)   \
  EVL_LOCK_ASSERT_((NAME) == (VALUE), \
                   #NAME " is not " #VALUE " any more: what it means never changes; add another name");

#include "layout.inc"
