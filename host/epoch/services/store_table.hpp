// "evloom.host.store/1" for any host that has requests and stores, as request_table.hpp: its checks and
// words. A Side has a type `Store`, what a plugin's evl_store* leads to, and its route names stores. [loop]
#pragma once

#include <array>
#include <cstddef>

#include "evloom/abi/store.h"

#include "epoch/services/rules.hpp"
#include "store/operations.hpp"

namespace evloom::epoch {

template <typename Side>
class StoreTable {
  using Store = typename Side::Store;

  static evl_store* raw(Store* store) { return reinterpret_cast<evl_store*>(store); }

  static evl_store* find(evl_request* raw_request, const char* role) {
    const auto* const request = Side::checked(raw_request);
    if (!request) return nullptr;
    const auto& route = request->route();
    if (!role || *role == '\0') return raw(route.store);
    for (const auto& [name, store] : route.stores)
      if (name == role) return raw(store);
    return nullptr;
  }

  // What a plugin calls a store, when it is one of its route; else null.
  template <typename Route>
  static Store* named(const Route& route, const evl_store* wanted) {
    if (!wanted) return nullptr;
    if (wanted == raw(route.store)) return route.store;
    for (const auto& [name, store] : route.stores)
      if (wanted == raw(store)) return store;
    return nullptr;
  }

  static evl_status submit(evl_request* raw_request, evl_store* wanted, const evl_op* ops, std::size_t count,
                           evl_store_reply reply, void* context) {
    auto* const request = Side::checked(raw_request);
    if (!request) return unusable(raw_request);
    const auto refuse = [&](const char* why) {
      request->handler().misbehaved(Misbehaviour::bad_argument, why);
      return EVL_E_INVALID;
    };
    if (!reply) return refuse("submitted without a reply function");
    Store* const store = named(request->route(), wanted);
    if (!store) return refuse("submitted to a store that its route does not name");
    if (!request->open()) return EVL_E_STATE;
    std::array<evl_op, store::kMaxOps> copies;
    if (const char* why = store::copy_operations(ops, count, copies.data())) return refuse(why);
    return Side::submit(*request, *store, copies.data(), count, reply, context);
  }

 public:
  static constexpr evl_store_access kTable = {sizeof(evl_store_access), find, submit};
};

}  // namespace evloom::epoch
