// "evloom.host.work/1": blocking work on the host's workers.
#include "evloom/abi/work.h"

#include "loop/workers.hpp"
#include "plugin/services/access.hpp"

namespace evloom::plugin {

namespace {

evl_status submit(const evl_host* host, evl_loop* raw, evl_work* work) noexcept {
  Instance* const instance = Instance::of(host);
  if (!instance) return EVL_E_INVALID;
  if (!work || !work->run || !work->done) {
    instance->misbehaved(Misbehaviour::bad_argument,
                         "work: nothing to run, or nobody to tell when it is done");
    return EVL_E_INVALID;
  }
  loop::Loop* const loop = Access::own_loop(*instance, raw, "work");
  if (!loop) return raw ? EVL_E_STATE : EVL_E_INVALID;
  auto& cell = Access::cell(*instance, *loop);
  if (!cell.on) {
    instance->misbehaved(Misbehaviour::wrong_state, "work: the instance does not run on this loop");
    return EVL_E_STATE;
  }
  return instance->context().workers.submit(*loop, work, &cell) ? EVL_OK : EVL_E_OVERLOADED;
}

}  // namespace

const evl_workers kWorkService = {sizeof(evl_workers), &submit};

}  // namespace evloom::plugin
