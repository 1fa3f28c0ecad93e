#include "admin/sources.hpp"

#include "admin/readiness.hpp"
#include "observe/metrics.hpp"

namespace evloom::admin {

Sources sources_of(epoch::Common& common) {
  return {[&common](std::function<void(Reasons)> done) { ask_readiness(common, std::move(done)); },
          [&common] { return observe::render_prometheus(common.metrics); }};
}

}  // namespace evloom::admin
