// The glue between a C++ class and the C ABI's table of an instance.
//
// An instance is an object of class T, made by `T(evl::Host, evl::Config)`. When T has a nested class
// `PerLoop`, made by `PerLoop(T&, evl::Loop)`, one lives on each loop and takes the calls of that loop; else
// T itself takes them, from all loops at once. Every call is wrapped: an exception becomes a status and a
// text, or where a call has neither (drain, the destructors, on_cancel, on_finish) a line in the log; none
// crosses.
#pragma once

#include <memory>
#include <string_view>

#include "evloom/abi/entry.h"
#include "evloom/host.hpp"
#include "evloom/thrown.hpp"

namespace evl {

template <typename T>
concept HasPerLoop = requires {
  typename T::PerLoop;
};

// Declared by handler.hpp, store_backend.hpp and format_plugin.hpp: the table of an interface, from a class.
// `get()` when one table serves all instances, `get(const T&)` when it depends on the instance.
template <typename T, typename Interface>
struct Table;

// What the host's `instance` points to.
template <typename T>
struct Instance {
  // Whatever T's constructor throws comes out.
  Instance(const evl_host* host, const evl_config* options)
      : interfaces(host), object(Host(&interfaces), Config(interfaces.config, options)) {}
  HostInterfaces interfaces;  // of this instance
  T object;                   // the author's
};

namespace detail {

template <typename T>
struct ReceiverOf {
  using type = T;
};
template <HasPerLoop T>
struct ReceiverOf<T> {
  using type = typename T::PerLoop;
};

}  // namespace detail

// The class that takes the calls of one loop.
template <typename T>
using Receiver = typename detail::ReceiverOf<T>::type;

// What takes the calls of this slot.
template <typename T>
Receiver<T>& receiver(void* instance, void* slot) {
  if constexpr (HasPerLoop<T>) {
    return *static_cast<Receiver<T>*>(slot);
  } else {
    return static_cast<Instance<T>*>(instance)->object;
  }
}

// The table of one interface of an object.
template <typename T, typename Interface>
const void* table_of([[maybe_unused]] const T& object) {
  if constexpr (requires { Table<T, Interface>::get(object); }) {
    return Table<T, Interface>::get(object);
  } else {
    return Table<T, Interface>::get();
  }
}

// `get_interface` of a plugin whose instances are of class T and offer these interfaces.
template <typename T, typename... Interfaces>
const void* get_interface(void* instance, const char* id) {
  const T& object = static_cast<const Instance<T>*>(instance)->object;
  const void* found = nullptr;
  const std::string_view wanted(id);
  ((wanted == Table<T, Interfaces>::id() ? (found = table_of<T, Interfaces>(object)) : nullptr), ...);
  return found;
}

// `create` of a plugin whose instances are of class T and offer these interfaces.
template <typename T, typename... Interfaces>
evl_status create(const evl_host* host, const evl_config* options, evl_plugin* plugin, evl_error* error) {
  return guarded(error, [&] {
    auto instance = std::make_unique<Instance<T>>(host, options);
    if constexpr (HasPerLoop<T>) {
      plugin->thread_start = [](void* self, evl_loop* loop, void** slot, evl_error* why) {
        return guarded(why, [&] {
          auto* made = static_cast<Instance<T>*>(self);
          *slot = new typename T::PerLoop(made->object, Loop(&made->interfaces, loop));
        });
      };
      plugin->thread_stop = [](void* self, void* slot) {
        detail::contained(static_cast<Instance<T>*>(self)->interfaces, "thread_stop",
                          [&] { delete static_cast<typename T::PerLoop*>(slot); });
      };
    }
    plugin->drain = [](void* self, void* slot) {
      if constexpr (requires { receiver<T>(self, slot).drain(); }) {
        detail::contained(static_cast<Instance<T>*>(self)->interfaces, "drain",
                          [&] { receiver<T>(self, slot).drain(); });
      }
    };
    plugin->destroy = [](void* self) {
      auto* const made = static_cast<Instance<T>*>(self);
      const HostInterfaces interfaces = made->interfaces;  // the host's own, and there still
      detail::contained(interfaces, "destroy", [&] { delete made; });
    };
    plugin->get_interface = &get_interface<T, Interfaces...>;
    plugin->instance = instance.release();
  });
}

}  // namespace evl
