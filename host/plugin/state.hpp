// How an instance is asked for its state and given one ("evloom.state/1"), with the checks and the words. The
// host and the SDK's test kit share it. The control thread, but for StateHolder::misbehaved.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evloom/abi/state.h"

#include "base/result.hpp"
#include "plugin/misbehaviour.hpp"

namespace evloom::plugin {

// What an instance left for its successor. A plain value of the host's own memory, so it outlives the code
// that wrote it.
struct SavedState {
  std::string plugin;                                      // the id of the plugin that saved it
  std::string plugin_version;                              // and its version
  std::uint32_t version = 0;                               // of the state, as that plugin counts
  std::vector<std::pair<std::string, std::string>> blobs;  // name and data, in the order of saving
};

// An instance, as far as it matters here. For one call.
struct StateHolder {
  const evl_state* table;  // null: its plugin does not offer the interface
  void* object;
  std::string label;  // for messages
  bool in_use;        // it runs, or (for save_state) something of it is under way
  std::function<void(Misbehaviour, std::string_view)> misbehaved;  // [any]
};

// What `from` has for a successor; it stays as it is. Fails with the plugin's reason, or when it puts what it
// must not.
Result<SavedState> save_state(const StateHolder& from, std::string plugin, std::string plugin_version);

// Gives `state` to an instance that was not started. Fails with the plugin's reason, or when it does not
// accept this state; then it is of no use any more. `blob_size` is what evl_blob::size says, sizeof(evl_blob)
// at least: that of a later host is larger.
Status load_state(const StateHolder& to, const SavedState& state, std::size_t blob_size = sizeof(evl_blob));

}  // namespace evloom::plugin
