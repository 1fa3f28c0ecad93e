#include "plugin/state.hpp"

#include <cstring>
#include <new>
#include <string_view>
#include <thread>
#include <unordered_set>

#include "evloom/base.hpp"

#include "plugin/call.hpp"
#include "plugin/reason.hpp"

namespace evloom::plugin {

namespace {

// What a plugin's save writes to, for as long as the call lasts.
struct Saving {
  const StateHolder& from;
  SavedState state;
  std::unordered_set<std::string> names;
  std::uint64_t bytes = 0;
  std::string refused;  // why, of the first blob that was; empty: none
  const std::thread::id thread = std::this_thread::get_id();
};

evl_status refuse(Saving& saving, evl_status status, const std::string& why) {
  saving.from.misbehaved(Misbehaviour::bad_argument, why);
  if (saving.refused.empty()) saving.refused = why;
  return status;
}

// A name as it can stand in a message.
std::string shown(std::string_view name) {
  std::string text = "'";
  for (const char c : name.substr(0, 64)) text += c >= ' ' && c < 127 ? c : '?';
  return text + (name.size() > 64 ? "...'" : "'");
}

evl_status take(Saving& saving, evl_bytes raw_name, evl_bytes raw_data) {
  if (!readable(raw_name) || !readable(raw_data))
    return refuse(saving, EVL_E_INVALID, "put: no bytes, but a size");
  const std::string_view name = evl::view(raw_name);
  const std::string_view data = evl::view(raw_data);
  if (name.empty() || name.size() > EVL_STATE_NAME_MAX) {
    return refuse(saving, EVL_E_INVALID,
                  "put: a name has 1 to " + std::to_string(EVL_STATE_NAME_MAX) + " bytes, not " +
                      std::to_string(name.size()));
  }
  if (saving.state.blobs.size() == EVL_STATE_BLOBS_MAX) {
    return refuse(saving, EVL_E_LIMIT, "put: more than " + std::to_string(EVL_STATE_BLOBS_MAX) + " blobs");
  }
  const std::uint64_t left = EVL_STATE_BYTES_MAX - saving.bytes;
  if (name.size() > left || data.size() > left - name.size()) {
    return refuse(saving, EVL_E_LIMIT,
                  "put: more than " + std::to_string(EVL_STATE_BYTES_MAX >> 20) + " MiB in all");
  }
  try {
    if (!saving.names.emplace(name).second) {
      return refuse(saving, EVL_E_INVALID, "put: " + shown(name) + " was put before");
    }
    saving.state.blobs.emplace_back(name, data);
  } catch (const std::bad_alloc&) {
    saving.refused = "the host has no memory for blob " + shown(name);
    return EVL_E_NO_SPACE;
  }
  saving.bytes += name.size() + data.size();
  return EVL_OK;
}

evl_status put(void* context, evl_bytes name, evl_bytes data) noexcept {
  auto& saving = *static_cast<Saving*>(context);
  if (std::this_thread::get_id() == saving.thread) return take(saving, name, data);
  // `refused` is not ours to write here.
  saving.from.misbehaved(Misbehaviour::wrong_thread, "put called on another thread than save");
  return EVL_E_STATE;
}

// What the plugin throws out of `function` is its reason, and a misbehaviour.
auto caught(const StateHolder& holder, Reason& reason, const char* function) {
  return [&holder, &reason, function](const char* what) {
    holder.misbehaved(Misbehaviour::exception, threw_text(function, what));
    reason.threw(function, what);
  };
}

}  // namespace

Result<SavedState> save_state(const StateHolder& from, std::string plugin, std::string plugin_version) {
  const std::string failed = from.label + " cannot hand over its state: ";
  if (!from.table) return Error{failed + "it does not offer " EVL_STATE};
  if (from.in_use) return Error{failed + "it has not been stopped on every loop"};

  Saving saving{from, {std::move(plugin), std::move(plugin_version), from.table->version, {}}, {}, 0, {}};
  Reason reason;
  const evl_status status = call([&] { return from.table->save(from.object, &put, &saving, reason.error()); },
                                 caught(from, reason, "save"));
  if (!saving.refused.empty()) return Error{failed + saving.refused};
  if (status != EVL_OK) return Error{failed + reason.text(status)};
  return std::move(saving.state);
}

Status load_state(const StateHolder& to, const SavedState& state, std::size_t blob_size) {
  const std::string saved = "state version " + std::to_string(state.version) + " of plugin '" + state.plugin +
                            "' " + state.plugin_version;
  if (!to.table) return Error{to.label + " does not offer " EVL_STATE ", so it cannot take over " + saved};
  if (to.in_use) return Error{to.label + " cannot take over " + saved + ": it has been started"};

  bool accepted = false;
  Reason reason;
  evl_status status = call(
      [&] {
        accepted = to.table->accepts(to.object, evl::bytes(state.plugin), evl::bytes(state.plugin_version),
                                     state.version) != 0;
      },
      caught(to, reason, "accepts"));
  if (status == EVL_OK && !accepted) return Error{to.label + " does not accept " + saved};
  if (status == EVL_OK) {
    // Not zero where a blob is larger than its header says: a plugin must not read there.
    std::vector<unsigned char> raw(blob_size * state.blobs.size(), 0xA5);
    unsigned char* next = raw.data();
    for (const auto& [name, data] : state.blobs) {
      const evl_blob blob{static_cast<std::uint32_t>(blob_size), 0, evl::bytes(name), evl::bytes(data)};
      std::memcpy(std::exchange(next, next + blob_size), &blob, sizeof blob);
    }
    const auto* const blobs = reinterpret_cast<const evl_blob*>(raw.data());
    status = call(
        [&] { return to.table->load(to.object, state.version, blobs, state.blobs.size(), reason.error()); },
        caught(to, reason, "load"));
  }
  if (status != EVL_OK) return Error{to.label + " could not take over " + saved + ": " + reason.text(status)};
  return {};
}

}  // namespace evloom::plugin
