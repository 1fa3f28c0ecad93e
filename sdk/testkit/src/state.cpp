// How an instance is asked for its state and given one ("evloom.state/1"), with the checks and words of
// host/plugin/state.cpp.
#include "evloom/abi/state.h"

#include <cstring>
#include <string_view>
#include <thread>
#include <unordered_set>

#include "evloom/base.hpp"

#include "instance.hpp"

namespace evl::testkit {

namespace {

// What a plugin's save writes to, for as long as the call lasts.
struct Saving {
  InstanceImpl& instance;
  Saved state;
  std::unordered_set<std::string> names = {};
  std::uint64_t bytes = 0;
  std::string refused = {};  // why, of the first blob that was; empty: none
  const std::thread::id thread = std::this_thread::get_id();
};

evl_status refuse(Saving& saving, evl_status status, const std::string& why) {
  saving.instance.misbehaved(kind::bad_argument, why);
  if (saving.refused.empty()) saving.refused = why;
  return status;
}

std::string shown(std::string_view name) {
  std::string text = "'";
  for (const char c : name.substr(0, 64)) text += c >= ' ' && c < 127 ? c : '?';
  return text + (name.size() > 64 ? "...'" : "'");
}

evl_status take(Saving& saving, evl_bytes raw_name, evl_bytes raw_data) {
  if ((!raw_name.data && raw_name.size != 0) || (!raw_data.data && raw_data.size != 0))
    return refuse(saving, EVL_E_INVALID, "put: no bytes, but a size");
  const std::string_view name = view(raw_name);
  const std::string_view data = view(raw_data);
  if (name.empty() || name.size() > EVL_STATE_NAME_MAX) {
    return refuse(saving, EVL_E_INVALID,
                  "put: a name has 1 to " + std::to_string(EVL_STATE_NAME_MAX) + " bytes, not " +
                      std::to_string(name.size()));
  }
  if (saving.state.blobs.size() == EVL_STATE_BLOBS_MAX)
    return refuse(saving, EVL_E_LIMIT, "put: more than " + std::to_string(EVL_STATE_BLOBS_MAX) + " blobs");
  const std::uint64_t left = EVL_STATE_BYTES_MAX - saving.bytes;
  if (name.size() > left || data.size() > left - name.size()) {
    return refuse(saving, EVL_E_LIMIT,
                  "put: more than " + std::to_string(EVL_STATE_BYTES_MAX >> 20) + " MiB in all");
  }
  if (!saving.names.emplace(name).second)
    return refuse(saving, EVL_E_INVALID, "put: " + shown(name) + " was put before");
  saving.state.blobs.emplace_back(name, data);
  saving.bytes += name.size() + data.size();
  return EVL_OK;
}

evl_status put(void* context, evl_bytes name, evl_bytes data) noexcept {
  auto& saving = *static_cast<Saving*>(context);
  if (std::this_thread::get_id() == saving.thread) return take(saving, name, data);
  saving.instance.misbehaved(kind::wrong_thread, "put called on another thread than save");
  return EVL_E_STATE;
}

}  // namespace

Saved InstanceImpl::save() {
  const auto* const table = interface<evl_state>(EVL_STATE);
  const std::string failed = label() + " cannot hand over its state: ";
  if (!table) throw Refused(failed + "it does not offer " EVL_STATE);
  if (phase_ == Phase::started || in_flight() != 0)
    throw Refused(failed + "it has not been stopped on every loop");

  Saving saving{*this, {entry().id, entry().version, table->version, {}}};
  char text[1024] = "";
  evl_error error{sizeof error, sizeof text, text};
  const evl_status status =
      evloom::plugin::call([&] { return table->save(object(), &put, &saving, &error); },
                           [&](const char* what) {
                             threw("save", what);
                             evl_error_set(&error, (std::string("save threw: ") + what).c_str());
                           });
  text[sizeof text - 1] = '\0';
  if (!saving.refused.empty()) throw Refused(failed + saving.refused);
  if (status != EVL_OK) throw Refused(failed + reason(status, text));
  return std::move(saving.state);
}

void InstanceImpl::load(const Saved& saved) {
  const auto* const table = interface<evl_state>(EVL_STATE);
  const std::string state = "state version " + std::to_string(saved.version) + " of plugin '" + saved.plugin +
                            "' " + saved.plugin_version;
  if (!table) throw Refused(label() + " does not offer " EVL_STATE ", so it cannot take over " + state);
  if (phase_ != Phase::created)
    throw Refused(label() + " cannot take over " + state + ": it has been started");

  bool accepted = false;
  char text[1024] = "";
  evl_error error{sizeof error, sizeof text, text};
  const auto caught = [&](const char* function) {
    return [&, function](const char* what) {
      threw(function, what);
      evl_error_set(&error, (std::string(function) + " threw: " + what).c_str());
    };
  };
  evl_status status = evloom::plugin::call(
      [&] {
        accepted =
            table->accepts(object(), bytes(saved.plugin), bytes(saved.plugin_version), saved.version) != 0;
      },
      caught("accepts"));
  if (status == EVL_OK && !accepted) throw Refused(label() + " does not accept " + state);
  if (status == EVL_OK) {
    const std::size_t stride = sizeof(evl_blob) + core_.options.extra_bytes;
    std::vector<unsigned char> raw(stride * saved.blobs.size(), kExtraFill);
    for (std::size_t i = 0; i < saved.blobs.size(); ++i) {
      const evl_blob blob = {static_cast<std::uint32_t>(stride), 0, bytes(saved.blobs[i].first),
                             bytes(saved.blobs[i].second)};
      std::memcpy(raw.data() + i * stride, &blob, sizeof blob);
    }
    status = evloom::plugin::call(
        [&] {
          return table->load(object(), saved.version, reinterpret_cast<const evl_blob*>(raw.data()),
                             saved.blobs.size(), &error);
        },
        caught("load"));
  }
  text[sizeof text - 1] = '\0';
  if (status != EVL_OK)
    throw Refused(label() + " could not take over " + state + ": " + reason(status, text));
}

}  // namespace evl::testkit
