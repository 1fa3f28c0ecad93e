// A store backend as a class:
//
//   struct Memory {
//     static constexpr std::uint32_t store_flags = 0;  // EVL_STORE_*; or, when it depends on the options,
//                                                      // std::uint32_t store_flags() const;
//     Memory(evl::Host, evl::Config);
//     struct PerLoop {
//       PerLoop(Memory&, evl::Loop);
//       evl_status submit(evl::Batch batch);          // copy the Batch; call its done once, later
//       evl_status health(evl_error* why);
//     };
//   };
//   EVL_STORE_PLUGIN(Memory, "memory", "1.0.0", "...", "MIT", "{}");
#pragma once

#include "evloom/abi/store.h"
#include "evloom/plugin.hpp"

namespace evl {

// One submit: its operations, and how it ends. A plain value; see evl_store_backend for the rules.
struct Batch {
  const evl_op* ops;
  std::size_t count;
  evl_store_done callback;
  void* context;

  const evl_op& operator[](std::size_t index) const {
    return *reinterpret_cast<const evl_op*>(reinterpret_cast<const char*>(ops) + index * ops->size);
  }
  // Ends it with one result per operation, made with `evl_result::size` set. [loop]
  void done(const evl_result* results) const { callback(context, EVL_OK, results, count); }
  // Ends it as a whole without results. [loop]
  void failed(evl_status status) const { callback(context, status, nullptr, 0); }
};

template <typename T>
struct Table<T, evl_store_backend> {
  static constexpr const char* id() { return EVL_STORE; }

  static const evl_store_backend* get(const T& object) {
    // One table per combination of flags, so that none has to live in the instance.
    static constexpr evl_store_backend tables[] = {make(0), make(1), make(2), make(3),
                                                   make(4), make(5), make(6), make(7)};
    if constexpr (requires { object.store_flags(); }) {
      return &tables[object.store_flags() & 7u];
    } else {
      return &tables[T::store_flags & 7u];
    }
  }

 private:
  static_assert((EVL_STORE_DURABLE | EVL_STORE_SHARED | EVL_STORE_EXCLUSIVE) == 7u);

  static evl_status submit(void* instance, void* slot, const evl_op* ops, std::size_t count,
                           evl_store_done done, void* context) {
    evl_status status = EVL_OK;
    const evl_status thrown = guarded(nullptr, [&] {
      status = receiver<T>(instance, slot).submit(Batch{ops, count, done, context});
    });
    return thrown != EVL_OK ? thrown : status;
  }
  static evl_status health(void* instance, void* slot, evl_error* why) {
    evl_status status = EVL_OK;
    const evl_status thrown = guarded(why, [&] { status = receiver<T>(instance, slot).health(why); });
    return thrown != EVL_OK ? thrown : status;
  }
  static constexpr evl_store_backend make(std::uint32_t flags) {
    return {sizeof(evl_store_backend), flags, &submit, &health};
  }
};

}  // namespace evl

// OPTIONS is a JSON Schema.
#define EVL_STORE_PLUGIN(CLASS, ID, VERSION, DESCRIPTION, LICENCE, OPTIONS) \
  EVL_PLUGIN(ID, VERSION, DESCRIPTION, LICENCE, EVL_STORE, "", OPTIONS,     \
             (&evl::create<CLASS, evl_store_backend>))
