// "evloom.host.log/1": lines under the name of the instance. Any thread.
#include "evloom/abi/log.h"

#include "evloom/base.hpp"

#include "plugin/services/access.hpp"

namespace evloom::plugin {

namespace {

using observe::Level;

Level level_of(evl_log_level level) {
  switch (level) {
    case EVL_LOG_TRACE:
      return Level::kTrace;
    case EVL_LOG_DEBUG:
      return Level::kDebug;
    case EVL_LOG_INFO:
      return Level::kInfo;
    case EVL_LOG_WARN:
      return Level::kWarn;
    default:
      return Level::kError;  // also what we do not know: better seen than lost
  }
}

int32_t enabled(const evl_host* host, evl_log_level level) noexcept {
  Instance* const instance = Instance::of(host);
  return instance && instance->logger().enabled(level_of(level)) ? 1 : 0;
}

void write(const evl_host* host, evl_log_level level, evl_bytes text) noexcept {
  Instance* const instance = Instance::of(host);
  if (!instance) return;
  if (!readable(text)) return instance->misbehaved(Misbehaviour::bad_argument, "log: a text that is no text");
  instance->logger().write(level_of(level), evl::view(text));
}

void fault(const evl_host* host, evl_log_level level, evl_bytes key, evl_bytes text) noexcept {
  Instance* const instance = Instance::of(host);
  if (!instance) return;
  if (!readable(text) || !readable(key)) {
    return instance->misbehaved(Misbehaviour::bad_argument, "log: a text that is no text");
  }
  instance->logger().write_fault(level_of(level), evl::view(key), evl::view(text));
}

}  // namespace

const evl_log kLogService = {sizeof(evl_log), &enabled, &write, &fault};

}  // namespace evloom::plugin
