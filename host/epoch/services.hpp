// The interfaces that concern requests: "evloom.host.request/1", "evloom.host.store/1",
// "evloom.host.render/1". The folder services/ has one file each; the tables are constants of the program.
#pragma once

#include "evloom/abi/format.h"
#include "evloom/abi/request.h"
#include "evloom/abi/store.h"

#include "plugin/services.hpp"

namespace evloom::epoch {

extern const evl_request_access kRequestAccess;
extern const evl_store_access kStoreAccess;
extern const evl_render_access kRenderAccess;

// Adds them to those of host/plugin. [control]
void add_request_services(plugin::Services& services);

}  // namespace evloom::epoch
