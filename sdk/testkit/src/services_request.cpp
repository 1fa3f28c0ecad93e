// "evloom.host.request/1", ".store/1" and ".render/1": the tables of host/epoch/services, over the requests
// of the kit.
#include <algorithm>
#include <memory>
#include <string>

#include "evloom/base.hpp"

#include "epoch/services/render_table.hpp"
#include "epoch/services/request_table.hpp"
#include "epoch/services/store_table.hpp"
#include "exchange.hpp"
#include "services.hpp"
#include "store.hpp"

namespace evl::testkit {

namespace {

// A body that the plugin lends to the host: given back in a turn of its own, as when the socket has taken it.
struct Lent {
  InstanceImpl& owner;
  std::size_t size;
  void (*release)(void*);
  void* context;

  static void give_back(void* self) {
    const std::unique_ptr<Lent> lent(static_cast<Lent*>(self));
    lent->owner.lent_bytes -= lent->size;
    lent->owner.call("release", [&] { lent->release(lent->context); });
    lent->owner.unpin();
  }
};

struct RequestSide {
  using Request = ExchangeImpl;
  using Store = StoreImpl;

  // In the real host the pointer would lead nowhere once on_finish has returned; here that is seen.
  static ExchangeImpl* checked(evl_request* raw) {
    if (!raw) return nullptr;
    ExchangeImpl& request = ExchangeImpl::of(raw);
    if (!evloom::epoch::on_its_loop(request, request.core().scheduler.on(request.loop().raw())))
      return nullptr;
    if (request.unfinished()) return &request;
    request.handler().misbehaved(Breach::wrong_state, "used a request after on_finish");
    return nullptr;
  }

  // ---- requests

  static std::string_view method(const ExchangeImpl& request) { return request.message().method; }
  static std::string_view target(const ExchangeImpl& request) { return request.message().target; }
  static std::string_view body(const ExchangeImpl& request) { return request.message().body; }
  static void peer(const ExchangeImpl& request, evl_peer& peer) {
    const Peer& from = request.message().peer;
    peer.family = from.family;
    peer.address = bytes(from.address);
    peer.port = from.port;
  }
  static evl_loop* loop(const ExchangeImpl& request) { return request.loop().raw(); }
  static std::size_t header_count(const ExchangeImpl& request) { return request.message().headers.size(); }
  static evloom::http::Header header(const ExchangeImpl& request, std::size_t index) {
    const auto& [name, value] = request.message().headers[index];
    return {name, value};
  }
  static std::size_t find_header(const ExchangeImpl& request, std::string_view name) {
    const auto& all = request.message().headers;
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const auto& one) { return same_name(one.first, name); });
    return static_cast<std::size_t>(found - all.begin());
  }
  static evloom::Arena& arena(const ExchangeImpl& request) { return request.arena(); }
  static void* allocate(ExchangeImpl& request, std::size_t size, std::size_t alignment) {
    return request.allocate(size, alignment);
  }

  static void answer(ExchangeImpl& request, const evl_response& response,
                     std::span<const evloom::http::Header> headers) {
    request.answer(response, headers);
    if (!response.release) return;
    InstanceImpl& handler = request.handler();
    handler.pin();
    handler.lent_bytes += response.body.size;
    handler.core().scheduler.queue(
        request.loop(), &Lent::give_back,
        new Lent{handler, response.body.size, response.release, response.release_context});
  }

  static InstanceImpl* instance(const evl_host* host) { return InstanceImpl::of(host); }
  static bool on_loop(InstanceImpl& instance, evl_loop* loop) { return instance.core().scheduler.on(loop); }
  static evl_request* resume(InstanceImpl& instance, evl_loop* loop, evl_ticket ticket) {
    Core& core = instance.core();
    ExchangeImpl* request = core.tickets[Loop::of(loop).index].find(ticket);
    if (!request || &request->handler() != &instance) {
      core.note(EVL_LOG_DEBUG, instance.name(), "stale_ticket",
                evloom::epoch::stale_ticket_text(ticket, instance.file()));
      return nullptr;
    }
    request->resumed();
    return request->self();
  }

  // ---- stores

  static evl_status submit(ExchangeImpl& request, StoreImpl& store, const evl_op* ops, std::size_t count,
                           evl_store_reply reply, void* context) {
    return store.submit(request, ops, count, reply, context);
  }

  // ---- rendering

  static bool begun(const ExchangeImpl* request) { return request->rendering(); }
  static bool renders(const ExchangeImpl* request) { return request->renders(); }
  static evl_status begin(ExchangeImpl* request, std::uint32_t status, evl_rendering* rendering) {
    return request->begin_rendering(status, *rendering);
  }
  static evl_status finish(ExchangeImpl* request) { return request->finish_rendering(); }
  static evl_status items(ExchangeImpl* request, evl_rendering* rendering, const evl_result* result,
                          evl_value_kind kind) {
    return request->render_list(*rendering, {result->items, result->item_count}, kind);
  }
};

}  // namespace

const evl_request_access kRequests = evloom::epoch::RequestTable<RequestSide>::kTable;
const evl_store_access kStores = evloom::epoch::StoreTable<RequestSide>::kTable;
const evl_render_access kRendering = evloom::epoch::RenderTable<RequestSide>::kTable;

}  // namespace evl::testkit
