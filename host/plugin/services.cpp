#include "plugin/services.hpp"

#include "evloom/abi/config.h"
#include "evloom/abi/log.h"
#include "evloom/abi/loop.h"
#include "evloom/abi/metrics.h"
#include "evloom/abi/timer.h"
#include "evloom/abi/work.h"

#include "plugin/services/access.hpp"

namespace evloom::plugin {

void add_base_services(Services& services) {
  services.add(EVL_HOST_LOG, &kLogService);
  services.add(EVL_HOST_CONFIG, &kConfigService);
  services.add(EVL_HOST_LOOP, &kLoopService);
  services.add(EVL_HOST_TIMER, &kTimerService);
  services.add(EVL_HOST_WORK, &kWorkService);
  services.add(EVL_HOST_METRICS, &kMetricsService);
}

const void* Access::get_interface(const evl_host* host, const char* id) noexcept {
  Instance* const instance = Instance::of(host);
  if (!instance) return nullptr;
  if (!id) {
    instance->misbehaved(Misbehaviour::bad_argument, "get_interface called without an id");
    return nullptr;
  }
  return instance->context().services.find(id);
}

}  // namespace evloom::plugin
