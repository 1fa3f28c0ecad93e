// "evloom.host.log/1": lines under the name of the instance. Any thread.
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

}  // namespace

bool Access::log_enabled(const Instance& instance, evl_log_level level) {
  return instance.logger().enabled(level_of(level));
}

void Access::log(Instance& instance, evl_log_level level, std::string_view text) {
  instance.logger().write(level_of(level), text);
}

void Access::log_fault(Instance& instance, evl_log_level level, std::string_view key, std::string_view text) {
  instance.logger().write_fault(level_of(level), key, text);
}

const evl_log kLogService = LogTable<Access>::kTable;

}  // namespace evloom::plugin
