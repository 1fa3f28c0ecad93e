// A handler as a class:
//
//   struct Hello {
//     Hello(evl::Host, evl::Config) {}
//     void on_request(evl::Request& request) { request.text(200, "Hello\n"); }
//   };
//   EVL_HANDLER_PLUGIN(Hello, "hello", "1.0.0", "Says hello", "MIT", "", "{}");
//
// `on_cancel(Request&, evl_status)` and `on_finish(Request&)` are called when the class (or its PerLoop) has
// them. A class that renders says `static constexpr bool renders = true`. on_request may be a coroutine: see
// task.hpp.
#pragma once

#include <utility>

#include "evloom/abi/handler.h"
#include "evloom/plugin.hpp"
#include "evloom/render.hpp"
#include "evloom/request.hpp"
#include "evloom/store.hpp"

namespace evl {

// Whether on_request's return type is a coroutine's; how such a one is run is Coroutine<Returned>. Both are
// task.hpp's.
template <typename Returned>
inline constexpr bool is_task = false;
template <typename Returned>
struct Coroutine;

template <typename T>
struct Table<T, evl_handler> {
  using Returned = decltype(std::declval<Receiver<T>&>().on_request(std::declval<Request&>()));

  static constexpr const char* id() { return EVL_HANDLER; }

  static const evl_handler* get() {
    static constexpr evl_handler table = [] {
      evl_handler t{};
      t.size = sizeof t;
      if constexpr (requires { T::renders; }) t.flags = T::renders ? EVL_HANDLER_RENDERS : 0u;
      t.on_request = [](void* instance, void* slot, evl_request* raw) -> evl_status {
        Request request = of(instance, raw);
        char text[512];
        text[0] = '\0';  // and no more of it: this is done for every request
        evl_error error{sizeof error, sizeof text, text};
        const evl_status status = guarded(&error, [&] {
          if constexpr (is_task<Returned>) {
            Coroutine<Returned>::start(
                request, [&](Request& kept) { return receiver<T>(instance, slot).on_request(kept); });
          } else {
            receiver<T>(instance, slot).on_request(request);
          }
        });
        if (status != EVL_OK) detail::handler_failed(request, "on_request", status, text);
        return EVL_OK;
      };
      // Null where there is nothing to be called: the host need not.
      if constexpr (is_task<Returned> ||
                    requires(Receiver<T> & r, Request & q) { r.on_cancel(q, evl_status{}); }) {
        t.on_cancel = [](void* instance, void* slot, evl_request* raw, evl_status why) {
          if constexpr (is_task<Returned>) Coroutine<Returned>::cancel(of(instance, raw), why);
          if constexpr (requires(Receiver<T> & r, Request & q) { r.on_cancel(q, why); }) {
            Request request = begun(instance, raw);
            detail::contained(request.interfaces(), "on_cancel",
                              [&] { receiver<T>(instance, slot).on_cancel(request, why); });
          }
        };
      }
      if constexpr (is_task<Returned> || requires(Receiver<T> & r, Request & q) { r.on_finish(q); }) {
        t.on_finish = [](void* instance, void* slot, evl_request* raw) {
          if constexpr (is_task<Returned>) Coroutine<Returned>::finish(of(instance, raw));
          if constexpr (requires(Receiver<T> & r, Request & q) { r.on_finish(q); }) {
            Request request = begun(instance, raw);
            detail::contained(request.interfaces(), "on_finish",
                              [&] { receiver<T>(instance, slot).on_finish(request); });
          }
        };
      }
      return t;
    }();
    return &table;
  }

 private:
  static Request of(void* instance, evl_request* raw) {
    return {&static_cast<Instance<T>*>(instance)->interfaces, raw};
  }
  // The same, when its handler has been called already.
  static Request begun(void* instance, evl_request* raw) {
    if constexpr (is_task<Returned>) return Coroutine<Returned>::begun(of(instance, raw));
    return of(instance, raw);
  }
};

}  // namespace evl

// NEEDS is "" or EVL_HOST_STORE for a handler whose routes must name a store. OPTIONS is a JSON Schema.
#define EVL_HANDLER_PLUGIN(CLASS, ID, VERSION, DESCRIPTION, LICENCE, NEEDS, OPTIONS) \
  EVL_PLUGIN(ID, VERSION, DESCRIPTION, LICENCE, EVL_HANDLER, NEEDS, OPTIONS,         \
             (&evl::create<CLASS, evl_handler>))
