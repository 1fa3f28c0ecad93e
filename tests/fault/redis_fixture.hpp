// What the fault tests of the redis backend share.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include "support/plugin_fixture.hpp"
#include "support/redis_server.hpp"
#include "support/scripted_server.hpp"

namespace evloom::test {

using Strings = std::vector<std::string>;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

// A host ignores it, as every server must.
inline const auto kNoSigpipe = std::signal(SIGPIPE, SIG_IGN);

// The plugin for a server on 127.0.0.1; `options` goes before what is said here.
inline PluginFile redis_plugin(int port, OptionMap options = {}) {
  options.emplace("host", "127.0.0.1");
  options.emplace("port", std::to_string(port));
  return {EVLOOM_PLUGIN_DIR "/redis.so", std::move(options)};
}

// The same for a script, which answers the commands that were asked for and no others.
inline PluginFile scripted_redis(int port, OptionMap options = {}) {
  options.emplace("commands", "plain");
  return redis_plugin(port, std::move(options));
}

inline bool ready(PluginFixture& store, std::chrono::milliseconds limit = 20s) {
  return wait_until(
      [&] {
        for (unsigned i = 0; i < store.loop_count(); ++i)
          if (store.health(i) != EVL_OK) return false;
        return true;
      },
      limit);
}

inline bool unhealthy(PluginFixture& store, const std::string& reason) {
  return wait_until([&] {
    std::string why;
    return store.health(0, &why) != EVL_OK && why.find(reason) != std::string::npos;
  });
}

inline auto elapsed(Clock::time_point since) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - since);
}

}  // namespace evloom::test
