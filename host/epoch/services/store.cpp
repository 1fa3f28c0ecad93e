// "evloom.host.store/1" of this host; its checks are in store_table.hpp. [loop]
#include <new>

#include "epoch/services.hpp"
#include "epoch/services/check.hpp"
#include "epoch/services/store_table.hpp"
#include "epoch/store_call.hpp"

namespace evloom::epoch {

namespace {

void on_done(store::Submission& submission, evl_status status, const evl_result* results, std::size_t count) {
  auto& call = static_cast<StoreCall&>(submission);
  Request& request = *call.request;
  request.release(call);
  request.host().call(request, "store reply",
                      [&] { call.reply(call.context, &request, status, results, count); });
}

struct StoreSide {
  using Store = store::Line;

  static Request* checked(evl_request* raw) { return epoch::checked(raw); }

  static evl_status submit(Request& request, Store& line, const evl_op* ops, std::size_t count,
                           evl_store_reply reply, void* context) {
    store::Batcher* batcher = line.on(request.host().loop());
    void* memory = request.exchange().arena().allocate(sizeof(StoreCall), alignof(StoreCall));
    if (!batcher) return EVL_E_UNAVAILABLE;
    if (!memory) return EVL_E_NO_SPACE;
    auto* call = new (memory) StoreCall;
    call->done = &on_done;
    call->request = &request;
    call->reply = reply;
    call->context = context;
    call->after = request.last_call();
    const evl_status status = batcher->submit(*call, ops, count);
    if (status == EVL_OK) request.hold(*call);
    return status;
  }
};

}  // namespace

const evl_store_access kStoreAccess = StoreTable<StoreSide>::kTable;

}  // namespace evloom::epoch
