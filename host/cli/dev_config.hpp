// DevConfig: the configuration that `evloom dev` makes for a plugin when it is given none: the plugin on "/",
// with the embedded memory store and the host's own formats and handlers around it. Pure; any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/result.hpp"
#include "plugin/note.hpp"

namespace evloom::cli {

// YAML. The one instance of the plugin bears its id; it listens on 127.0.0.1:`port` (0: a free one), and
// takes commands on `admin`, a socket. Fails when the plugin offers neither handler, store nor format.
Result<std::string> dev_config(const plugin::PluginFacts& facts, std::uint16_t port,
                               const std::filesystem::path& admin);

}  // namespace evloom::cli
