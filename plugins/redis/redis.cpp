// The plugin: a store whose keys are in a Redis server (4 or later), shared by every host that uses it. Each
// loop has a connection of its own, so none needs a lock.
#include "evloom/store_backend.hpp"

#include "redis/connection.hpp"
#include "redis/options.hpp"

namespace evloom::plugins::redis {
namespace {

struct Redis {
  static constexpr std::uint32_t store_flags = EVL_STORE_SHARED;

  Redis(evl::Host h, evl::Config config)
      : host(h),
        options(read_options(config)),
        metrics{host.counter("commands_total", "Commands sent to Redis"),
                host.counter("reconnects_total", "Connections to Redis made again after one was lost"),
                host.gauge("pending", "Commands sent to Redis whose reply is still to come")} {}

  struct PerLoop {
    PerLoop(Redis& redis, evl::Loop loop) : connection(redis.host, loop, redis.options, redis.metrics) {}
    evl_status submit(evl::Batch batch) { return connection.submit(batch); }
    evl_status health(evl_error* why) { return connection.health(why); }

    Connection connection;
  };

  evl::Host host;
  Options options;
  Metrics metrics;
};

}  // namespace
}  // namespace evloom::plugins::redis

EVL_STORE_PLUGIN(evloom::plugins::redis::Redis, "redis", "1.0.0", "Keeps counters, sets and values in Redis",
                 "MIT",
                 R"json({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "host": {"type": "string", "minLength": 1, "maxLength": 253, "default": "127.0.0.1",
      "description": "Name or address of the server"},
    "port": {"type": "integer", "minimum": 1, "maximum": 65535, "default": 6379, "description": "TCP port"},
    "unix": {"type": "string", "format": "path",
      "description": "Socket of a server on this machine; stands in for host and port"},
    "user": {"type": "string", "default": "", "description": "ACL user (Redis 6 and later)"},
    "password": {"type": "string", "default": "", "description": "Password; best given as ${NAME}"},
    "database": {"type": "integer", "minimum": 0, "maximum": 65535, "default": 0,
      "description": "Number of the database"},
    "connect_timeout": {"type": "string", "format": "duration",
      "minimum": "10ms", "maximum": "1h", "default": "1s",
      "description": "Limit for connecting, logging in and the first PING"},
    "command_timeout": {"type": "string", "format": "duration",
      "minimum": "10ms", "maximum": "1h", "default": "2s",
      "description": "Limit for the replies to one batch; past it the connection is dropped"},
    "backoff_min": {"type": "string", "format": "duration",
      "minimum": "1ms", "maximum": "1m", "default": "50ms",
      "description": "Longest wait before the first attempt to connect again"},
    "backoff_max": {"type": "string", "format": "duration",
      "minimum": "1ms", "maximum": "1h", "default": "5s",
      "description": "Longest wait before a later attempt"},
    "max_reply": {"type": "string", "format": "size",
      "minimum": "64KiB", "maximum": "1GiB", "default": "64MiB",
      "description": "Most memory that the replies to one batch may take"},
    "commands": {"type": "string", "enum": ["auto", "plain"], "default": "auto",
      "description": "plain: neither MULTI nor WATCH nor CLIENT INFO, for a proxy that closes on them"}
  }
})json");
