// How an instance is asked for its state, and given one: Instance::save_state and load_state. [control]
#include "plugin/state.hpp"

#include <new>
#include <string_view>
#include <thread>
#include <unordered_set>

#include "evloom/base.hpp"

#include "plugin/instance.hpp"
#include "plugin/services/access.hpp"

namespace evloom::plugin {

namespace {

// What a plugin's save writes to, for as long as the call lasts.
struct Saving {
  Instance& instance;
  SavedState state;
  std::unordered_set<std::string> names;
  std::uint64_t bytes = 0;
  std::string refused;  // why, of the first blob that was; empty: none
  const std::thread::id thread = std::this_thread::get_id();
};

evl_status refuse(Saving& saving, evl_status status, Misbehaviour kind, const std::string& why) {
  saving.instance.misbehaved(kind, why);
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
    return refuse(saving, EVL_E_INVALID, Misbehaviour::bad_argument, "put: no bytes, but a size");
  const std::string_view name = evl::view(raw_name);
  const std::string_view data = evl::view(raw_data);
  if (name.empty() || name.size() > EVL_STATE_NAME_MAX) {
    return refuse(saving, EVL_E_INVALID, Misbehaviour::bad_argument,
                  "put: a name has 1 to " + std::to_string(EVL_STATE_NAME_MAX) + " bytes, not " +
                      std::to_string(name.size()));
  }
  if (saving.state.blobs.size() == EVL_STATE_BLOBS_MAX) {
    return refuse(saving, EVL_E_LIMIT, Misbehaviour::bad_argument,
                  "put: more than " + std::to_string(EVL_STATE_BLOBS_MAX) + " blobs");
  }
  const std::uint64_t left = EVL_STATE_BYTES_MAX - saving.bytes;
  if (name.size() > left || data.size() > left - name.size()) {
    return refuse(saving, EVL_E_LIMIT, Misbehaviour::bad_argument,
                  "put: more than " + std::to_string(EVL_STATE_BYTES_MAX >> 20) + " MiB in all");
  }
  try {
    if (!saving.names.emplace(name).second) {
      return refuse(saving, EVL_E_INVALID, Misbehaviour::bad_argument,
                    "put: " + shown(name) + " was put before");
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
  saving.instance.misbehaved(Misbehaviour::wrong_thread, "put called on another thread than save");
  return EVL_E_STATE;
}

}  // namespace

bool Instance::has_state() const { return interface<evl_state>() != nullptr; }

Result<SavedState> Instance::save_state() {
  const auto* const table = interface<evl_state>();
  const std::string failed = label() + " cannot hand over its state: ";
  if (!table) return Error{failed + "it does not offer " EVL_STATE};
  if (running() || !idle()) return Error{failed + "it has not been stopped on every loop"};

  const PluginFacts& facts = library_->facts();
  Saving saving{*this, {facts.id, facts.version, table->version, {}}, {}, 0, {}};
  char text[1024] = "";
  evl_error error{sizeof error, sizeof text, text};
  const evl_status status =
      plugin::call([&] { return table->save(object(), &put, &saving, &error); },
                   [&](const char* what) {
                     threw("save", what);
                     evl_error_set(&error, (std::string("save threw: ") + what).c_str());
                   });
  text[sizeof text - 1] = '\0';
  if (!saving.refused.empty()) return Error{failed + saving.refused};
  if (status != EVL_OK) return Error{failed + reason(status, text)};
  return std::move(saving.state);
}

Status Instance::load_state(const SavedState& state) {
  const auto* const table = interface<evl_state>();
  const std::string saved = "state version " + std::to_string(state.version) + " of plugin '" + state.plugin +
                            "' " + state.plugin_version;
  if (!table) return Error{label() + " does not offer " EVL_STATE ", so it cannot take over " + saved};
  if (running()) return Error{label() + " cannot take over " + saved + ": it has been started"};

  bool accepted = false;
  char text[1024] = "";
  evl_error error{sizeof error, sizeof text, text};
  const auto caught = [&](const char* function) {
    return [&, function](const char* what) {
      threw(function, what);
      evl_error_set(&error, (std::string(function) + " threw: " + what).c_str());
    };
  };
  evl_status status = plugin::call(
      [&] {
        accepted = table->accepts(object(), evl::bytes(state.plugin), evl::bytes(state.plugin_version),
                                  state.version) != 0;
      },
      caught("accepts"));
  if (status == EVL_OK && !accepted) return Error{label() + " does not accept " + saved};
  if (status == EVL_OK) {
    std::vector<evl_blob> blobs;
    blobs.reserve(state.blobs.size());
    for (const auto& [name, data] : state.blobs)
      blobs.push_back({sizeof(evl_blob), 0, evl::bytes(name), evl::bytes(data)});
    status =
        plugin::call([&] { return table->load(object(), state.version, blobs.data(), blobs.size(), &error); },
                     caught("load"));
  }
  text[sizeof text - 1] = '\0';
  if (status != EVL_OK) return Error{label() + " could not take over " + saved + ": " + reason(status, text)};
  return {};
}

}  // namespace evloom::plugin
