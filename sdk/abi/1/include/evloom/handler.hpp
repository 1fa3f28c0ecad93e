// A handler as a class:
//
//   struct Hello {
//     Hello(evl::Host, evl::Config) {}
//     void on_request(evl::Request& request) { request.text(200, "Hello\n"); }
//   };
//   EVL_HANDLER_PLUGIN(Hello, "hello", "1.0.0", "Says hello", "MIT", "", "{}");
//
// `on_cancel(Request&, evl_status)` and `on_finish(Request&)` are called when the class (or its PerLoop) has
// them. A class that renders says `static constexpr bool renders = true`.
#pragma once

#include "evloom/abi/handler.h"
#include "evloom/plugin.hpp"
#include "evloom/render.hpp"
#include "evloom/request.hpp"
#include "evloom/store.hpp"

namespace evl {

template <typename T>
struct Table<T, evl_handler> {
  static constexpr const char* id() { return EVL_HANDLER; }

  static const evl_handler* get() {
    static constexpr evl_handler table = [] {
      evl_handler t{};
      t.size = sizeof t;
      if constexpr (requires { T::renders; }) t.flags = T::renders ? EVL_HANDLER_RENDERS : 0u;
      t.on_request = [](void* instance, void* slot, evl_request* raw) -> evl_status {
        Request request = of(instance, raw);
        char text[512] = "";
        evl_error error{sizeof error, sizeof text, text};
        const evl_status status = guarded(&error, [&] { receiver<T>(instance, slot).on_request(request); });
        if (status != EVL_OK) {
          Host(&request.interfaces()).fault(EVL_LOG_ERROR, "on_request", text);
          request.fail(status, "the handler failed");
        }
        return EVL_OK;
      };
      t.on_cancel = [](void* instance, void* slot, evl_request* raw, evl_status why) {
        if constexpr (requires(Receiver<T> & r, Request & q) { r.on_cancel(q, why); }) {
          Request request = of(instance, raw);
          guarded(nullptr, [&] { receiver<T>(instance, slot).on_cancel(request, why); });
        }
      };
      t.on_finish = [](void* instance, void* slot, evl_request* raw) {
        if constexpr (requires(Receiver<T> & r, Request & q) { r.on_finish(q); }) {
          Request request = of(instance, raw);
          guarded(nullptr, [&] { receiver<T>(instance, slot).on_finish(request); });
        }
      };
      return t;
    }();
    return &table;
  }

 private:
  static Request of(void* instance, evl_request* raw) {
    return {&static_cast<Instance<T>*>(instance)->interfaces, raw};
  }
};

}  // namespace evl

// NEEDS is "" or EVL_HOST_STORE for a handler whose routes must name a store. OPTIONS is a JSON Schema.
#define EVL_HANDLER_PLUGIN(CLASS, ID, VERSION, DESCRIPTION, LICENCE, NEEDS, OPTIONS) \
  EVL_PLUGIN(ID, VERSION, DESCRIPTION, LICENCE, EVL_HANDLER, NEEDS, OPTIONS,         \
             (&evl::create<CLASS, evl_handler>))
