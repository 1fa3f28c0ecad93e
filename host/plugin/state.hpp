// SavedState: what an instance left for its successor ("evloom.state/1"). A plain value of the host's own
// memory, so it outlives the code that wrote it. [control]
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace evloom::plugin {

struct SavedState {
  std::string plugin;                                      // the id of the plugin that saved it
  std::string plugin_version;                              // and its version
  std::uint32_t version = 0;                               // of the state, as that plugin counts
  std::vector<std::pair<std::string, std::string>> blobs;  // name and data, in the order of saving
};

}  // namespace evloom::plugin
