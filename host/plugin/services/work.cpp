// "evloom.host.work/1": blocking work on the host's workers.
#include "loop/workers.hpp"
#include "plugin/services/access.hpp"

namespace evloom::plugin {

bool Access::submit_work(Instance& instance, loop::Loop& loop, evl_work* work) {
  return instance.context().workers.submit(loop, work, &cell(instance, loop));
}

const evl_workers kWorkService = WorkTable<Access>::kTable;

}  // namespace evloom::plugin
