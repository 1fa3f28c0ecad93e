#include "epoch/watch.hpp"

#include <algorithm>
#include <cmath>

#include "base/clock.hpp"
#include "epoch/answer.hpp"
#include "epoch/request.hpp"

namespace evloom::epoch {

void Watch::record(const Epoch& epoch, const Request& request) {
  if (only_ && only_ != &epoch) return;
  const http::Exchange& exchange = request.exchange();
  if (exchange.status() != 0) record(exchange.status(), monotonic_ns() - exchange.started_ns());
}

void Watch::record(std::uint16_t status, std::int64_t duration_ns) {
  const double microseconds = std::max(1.0, static_cast<double>(duration_ns) / 1000.0);
  const auto bucket = static_cast<std::size_t>(std::log2(microseconds) * 4);
  raise(durations_[std::min(bucket, kBuckets - 1)]);
  if (status >= 500) raise(errors_);
  raise(requests_);
}

}  // namespace evloom::epoch
