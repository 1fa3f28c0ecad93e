// The format of answers that are rendered where a test offers none: easy to compare with. See
// Host::plain_type.
#pragma once

#include "evloom/abi/format.h"

namespace evl::testkit {

extern const evl_format kPlainFormat;

}  // namespace evl::testkit
