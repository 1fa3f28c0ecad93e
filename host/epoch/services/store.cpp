// "evloom.host.store/1". [loop]
#include <array>
#include <new>
#include <string_view>

#include "epoch/services.hpp"
#include "epoch/services/check.hpp"
#include "epoch/store_call.hpp"
#include "store/operations.hpp"

namespace evloom::epoch {

namespace {

evl_store* find(evl_request* raw, const char* role) {
  Request* request = checked(raw);
  if (!request) return nullptr;
  const Route& route = request->route();
  if (!role || *role == '\0') return reinterpret_cast<evl_store*>(route.store);
  for (const auto& [name, line] : route.stores)
    if (name == role) return reinterpret_cast<evl_store*>(line);
  return nullptr;
}

// What a plugin calls a store, when it is one of its route; else null.
store::Line* line_of(const Route& route, const evl_store* store) {
  if (!store) return nullptr;
  if (store == reinterpret_cast<evl_store*>(route.store)) return route.store;
  for (const auto& [name, line] : route.stores)
    if (store == reinterpret_cast<evl_store*>(line)) return line;
  return nullptr;
}

void on_done(store::Submission& submission, evl_status status, const evl_result* results, std::size_t count) {
  auto& call = static_cast<StoreCall&>(submission);
  Request& request = *call.request;
  request.release(call);
  request.host().call(request, "store reply",
                      [&] { call.reply(call.context, &request, status, results, count); });
}

evl_status submit(evl_request* raw, evl_store* store, const evl_op* ops, std::size_t count,
                  evl_store_reply reply, void* context) {
  Request* request = checked(raw);
  if (!request) return EVL_E_INVALID;
  plugin::Instance& handler = request->handler();
  store::Line* line = line_of(request->route(), store);
  if (!line || !reply) {
    handler.misbehaved(
        plugin::Misbehaviour::bad_argument,
        reply ? "submitted to a store that its route does not name" : "submitted without a reply function");
    return EVL_E_INVALID;
  }
  if (!request->open()) return EVL_E_STATE;
  std::array<evl_op, store::kMaxOps> copies;
  if (const char* why = store::copy_operations(ops, count, copies.data())) {
    handler.misbehaved(plugin::Misbehaviour::bad_argument, why);
    return EVL_E_INVALID;
  }
  store::Batcher* batcher = line->on(request->host().loop());
  void* memory = request->exchange().arena().allocate(sizeof(StoreCall), alignof(StoreCall));
  if (!batcher) return EVL_E_UNAVAILABLE;
  if (!memory) return EVL_E_NO_SPACE;
  auto* call = new (memory) StoreCall;
  call->done = &on_done;
  call->request = request;
  call->reply = reply;
  call->context = context;
  call->after = request->last_call();
  const evl_status status = batcher->submit(*call, copies.data(), count);
  if (status == EVL_OK) request->hold(*call);
  return status;
}

}  // namespace

const evl_store_access kStoreAccess = {sizeof(evl_store_access), find, submit};

}  // namespace evloom::epoch
