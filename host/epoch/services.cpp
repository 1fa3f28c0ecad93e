#include "epoch/services.hpp"

namespace evloom::epoch {

void add_request_services(plugin::Services& services) {
  services.add(EVL_HOST_REQUEST, &kRequestAccess);
  services.add(EVL_HOST_STORE, &kStoreAccess);
  services.add(EVL_HOST_RENDER, &kRenderAccess);
}

}  // namespace evloom::epoch
