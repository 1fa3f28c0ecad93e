// State that outlives an instance, as part of a handler's, store's or format's class:
//
//   struct Memory {
//     static constexpr std::uint32_t state_version = 1;  // of what save writes
//     bool accepts(std::string_view plugin, std::string_view plugin_version, std::uint32_t version) const;
//     void save(evl::StateWriter out) const;             // every loop has been stopped
//     void load(std::uint32_t version, evl::Blobs blobs);  // no loop has been started
//   };
//   EVL_PLUGIN("memory", "1.0.0", "...", "MIT", EVL_STORE " " EVL_STATE, "", "{}",
//              (&evl::create<Memory, evl_store_backend, evl_state>));
//
// They throw Failure to refuse. All of it [control].
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "evloom/abi/state.h"
#include "evloom/plugin.hpp"

namespace evl {

// Where `save` puts its blobs. A handle: valid during the call alone.
class StateWriter {
 public:
  StateWriter(evl_state_put function, void* context) : put_(function), context_(context) {}

  // The host copies both. Throws Failure when it refuses them.
  void put(std::string_view name, std::string_view data) const {
    const evl_status status = put_(context_, bytes(name), bytes(data));
    if (status != EVL_OK)
      throw Failure(status, "the host refuses blob '" + std::string(name) + "': " + status_name(status));
  }

 private:
  evl_state_put put_;
  void* context_;
};

struct Blob {
  std::string_view name;
  std::string_view data;
};

// What `load` is given: an array whose maker may know a larger evl_blob than we do. Valid during the call.
class Blobs {
 public:
  Blobs(const evl_blob* first, std::size_t count)
      : first_(reinterpret_cast<const char*>(first)), stride_(count != 0 ? first->size : 0), count_(count) {}

  std::size_t size() const { return count_; }
  Blob operator[](std::size_t index) const {
    const auto& blob = *reinterpret_cast<const evl_blob*>(first_ + index * stride_);
    return {view(blob.name), view(blob.data)};
  }

 private:
  const char* first_;
  std::size_t stride_;
  std::size_t count_;
};

template <typename T>
struct Table<T, evl_state> {
  static constexpr const char* id() { return EVL_STATE; }

  static const evl_state* get() {
    static constexpr evl_state table = {
        sizeof(evl_state), T::state_version,
        [](void* instance, evl_bytes plugin, evl_bytes plugin_version,
           std::uint32_t version) -> std::int32_t {
          bool accepted = false;
          const evl_status thrown = guarded(
              nullptr, [&] { accepted = of(instance).accepts(view(plugin), view(plugin_version), version); });
          return thrown == EVL_OK && accepted;
        },
        [](void* instance, evl_state_put put, void* context, evl_error* error) -> evl_status {
          return guarded(error, [&] { of(instance).save(StateWriter(put, context)); });
        },
        [](void* instance, std::uint32_t version, const evl_blob* blobs, std::size_t count,
           evl_error* error) -> evl_status {
          return guarded(error, [&] { of(instance).load(version, Blobs(blobs, count)); });
        }};
    return &table;
  }

 private:
  static T& of(void* instance) { return static_cast<Instance<T>*>(instance)->object; }
};

}  // namespace evl
