// What the tests of the lmdb plugin share.
#pragma once

#include <stdexcept>
#include <string>

#include "support/plugin_fixture.hpp"
#include "support/temp_dir.hpp"

namespace evloom::test {

inline PluginFile lmdb_plugin(const std::string& path, OptionMap options = {}) {
  options["path"] = path;
  return {EVLOOM_PLUGIN_DIR "/lmdb.so", std::move(options)};
}

// Why it does not start; "" when it does.
inline std::string refusal(const PluginFile& plugin) {
  try {
    PluginFixture store(plugin, 1);
    return "";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

}  // namespace evloom::test
