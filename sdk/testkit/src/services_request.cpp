// "evloom.host.request/1", ".store/1" and ".render/1": with the checks and words of host/epoch/services.
#include <array>
#include <memory>
#include <string>

#include "evloom/base.hpp"

#include "epoch/list.hpp"
#include "exchange.hpp"
#include "http/reply.hpp"
#include "http/target.hpp"
#include "services.hpp"
#include "store.hpp"
#include "store/operations.hpp"

namespace evl::testkit {

namespace {

constexpr std::size_t kMaxReplyHeaders = 64;
constexpr std::size_t kMaxAlignment = 64;

std::string_view text_of(evl_bytes bytes) { return {bytes.data, bytes.data ? bytes.size : 0}; }

// Null when the call cannot be served. In the real host the pointer would lead nowhere once on_finish has
// returned; here that is seen.
ExchangeImpl* checked(evl_request* raw) {
  if (!raw) return nullptr;
  ExchangeImpl& exchange = ExchangeImpl::of(raw);
  if (!exchange.core().scheduler.on(exchange.loop().raw())) {
    exchange.handler()->misbehaved(kind::wrong_thread, "used a request on a thread that is not its loop's");
    return nullptr;
  }
  if (!exchange.unfinished()) {
    exchange.handler()->misbehaved(kind::wrong_state, "used a request after on_finish");
    return nullptr;
  }
  return &exchange;
}
const ExchangeImpl* checked(const evl_request* raw) { return checked(const_cast<evl_request*>(raw)); }

// ---- reading

evl_bytes get_method(const evl_request* raw) {
  const ExchangeImpl* request = checked(raw);
  return request ? bytes(request->message().method) : evl_bytes{};
}

evl_bytes get_target(const evl_request* raw) {
  const ExchangeImpl* request = checked(raw);
  return request ? bytes(request->message().target) : evl_bytes{};
}

evl_bytes get_path(const evl_request* raw) {
  const ExchangeImpl* request = checked(raw);
  return request ? bytes(request->path()) : evl_bytes{};
}

evl_bytes get_body(const evl_request* raw) {
  const ExchangeImpl* request = checked(raw);
  return request ? bytes(request->message().body) : evl_bytes{};
}

void get_peer(const evl_request* raw, evl_peer* peer) {
  const ExchangeImpl* request = checked(raw);
  if (!request || !peer || peer->size < sizeof(evl_peer)) return;
  const Peer& from = request->message().peer;
  peer->family = from.family;
  peer->address = bytes(from.address);
  peer->port = from.port;
}

evl_loop* get_loop(const evl_request* raw) {
  const ExchangeImpl* request = checked(raw);
  return request ? request->loop().raw() : nullptr;
}

evl_status get_param(const evl_request* raw, evl_bytes name, evl_bytes* value) {
  const ExchangeImpl* request = checked(raw);
  if (!request || !value) return EVL_E_INVALID;
  for (const auto& param : request->match().params()) {
    if (param.name != text_of(name)) continue;
    *value = bytes(param.value);
    return EVL_OK;
  }
  return EVL_E_NOT_FOUND;
}

evl_status get_query(const evl_request* raw, evl_bytes name, evl_bytes* value) {
  const ExchangeImpl* request = checked(raw);
  if (!request || !value) return EVL_E_INVALID;
  evloom::http::QueryReader reader(request->query(), request->arena());
  std::string_view key, text;
  while (reader.next(key, text)) {
    if (key != text_of(name)) continue;
    *value = bytes(text);
    return EVL_OK;
  }
  return reader.refusal() ? EVL_E_INVALID : EVL_E_NOT_FOUND;
}

evl_status get_header_at(const evl_request* raw, std::size_t index, evl_header* header) {
  const ExchangeImpl* request = checked(raw);
  if (!request || !header) return EVL_E_INVALID;
  const auto& headers = request->message().headers;
  if (index >= headers.size()) return EVL_E_NOT_FOUND;
  *header = {bytes(headers[index].first), bytes(headers[index].second)};
  return EVL_OK;
}

evl_status get_header(const evl_request* raw, evl_bytes name, evl_bytes* value) {
  const ExchangeImpl* request = checked(raw);
  if (!request || !value) return EVL_E_INVALID;
  for (const auto& [key, text] : request->message().headers) {
    if (!same_name(key, text_of(name))) continue;
    *value = bytes(text);
    return EVL_OK;
  }
  return EVL_E_NOT_FOUND;
}

void* allocate(evl_request* raw, std::size_t size, std::size_t alignment) {
  ExchangeImpl* request = checked(raw);
  if (!request) return nullptr;
  if (alignment == 0 || alignment > kMaxAlignment || (alignment & (alignment - 1)) != 0) {
    request->handler()->misbehaved(kind::bad_argument, "asked for memory of an alignment that is none");
    return nullptr;
  }
  return request->allocate(size, alignment);
}

void set_user(evl_request* raw, void* user) {
  if (ExchangeImpl* request = checked(raw)) request->user = user;
}

void* get_user(const evl_request* raw) {
  const ExchangeImpl* request = checked(raw);
  return request ? request->user : nullptr;
}

// ---- answering

// A second answer is the plugin's mistake; one to a request that was cancelled is not.
evl_status closed(const ExchangeImpl& request, const char* what) {
  if (request.answered()) request.handler()->misbehaved(kind::wrong_state, what);
  return EVL_E_STATE;
}

evl_status refuse_header(const ExchangeImpl& request, std::string_view name,
                         evloom::http::HeaderVerdict verdict) {
  std::string text = "set the response header '" + std::string(name.substr(0, 64)) + "', ";
  switch (verdict) {
    case evloom::http::HeaderVerdict::bad_name:
      text += "whose name is no token";
      break;
    case evloom::http::HeaderVerdict::bad_value:
      text += "whose value has a line end or another control character";
      break;
    default:
      text += "which is the host's own";
      break;
  }
  request.handler()->misbehaved(kind::bad_argument, text);
  return EVL_E_INVALID;
}

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

evl_status respond(evl_request* raw, const evl_response* response) {
  using evloom::http::HeaderVerdict;
  ExchangeImpl* request = checked(raw);
  if (!request || !response || response->size < sizeof(evl_response)) return EVL_E_INVALID;
  InstanceImpl& handler = *request->handler();
  if (!request->open()) return closed(*request, "answered a request twice");
  if (response->status < 200 || response->status > 599) {
    handler.misbehaved(kind::bad_argument, "answered with a status that is not 200 to 599");
    return EVL_E_INVALID;
  }
  if (response->header_count > kMaxReplyHeaders || (response->header_count != 0 && !response->headers)) {
    handler.misbehaved(kind::bad_argument, "answered with more than 64 headers");
    return EVL_E_INVALID;
  }
  for (std::size_t i = 0; i < response->header_count; ++i) {
    const std::string_view name = text_of(response->headers[i].name);
    const HeaderVerdict verdict = evloom::http::check_reply_header(name, text_of(response->headers[i].value));
    if (verdict != HeaderVerdict::good) return refuse_header(*request, name, verdict);
  }
  const std::string_view media_type = text_of(response->media_type);
  if (!media_type.empty() &&
      evloom::http::check_reply_header("x-media-type", media_type) != HeaderVerdict::good)
    return refuse_header(*request, "content-type", HeaderVerdict::bad_value);

  request->answer(*response);
  if (response->release) {
    handler.pin();
    handler.lent_bytes += response->body.size;
    handler.core().scheduler.queue(
        request->loop(), &Lent::give_back,
        new Lent{handler, response->body.size, response->release, response->release_context});
  }
  return EVL_OK;
}

evl_status fail(evl_request* raw, evl_status why, evl_bytes text) {
  ExchangeImpl* request = checked(raw);
  if (!request) return EVL_E_INVALID;
  if (!request->open()) return closed(*request, "answered a request twice");
  const evl_status known = evloom::plugin::known(why);
  request->fail(known == EVL_OK ? EVL_E_INTERNAL : known, text_of(text));
  return EVL_OK;
}

evl_ticket suspend(evl_request* raw) {
  ExchangeImpl* request = checked(raw);
  return request ? request->suspend() : 0;
}

evl_request* resume(const evl_host* host, evl_loop* loop, evl_ticket ticket) {
  InstanceImpl* instance = InstanceImpl::of(host);
  if (!instance || !loop) return nullptr;
  Core& core = instance->core();
  if (!core.scheduler.on(loop)) {
    instance->misbehaved(kind::wrong_thread, "resumed a ticket on a thread that is not its loop's");
    return nullptr;
  }
  ExchangeImpl* request = core.tickets[Loop::of(loop).index].find(ticket);
  if (!request || request->handler() != instance) return nullptr;
  request->resumed();
  return request->self();
}

// ---- stores

evl_store* find(evl_request* raw, const char* role) {
  ExchangeImpl* request = checked(raw);
  if (!request) return nullptr;
  const RouteImpl& route = request->route();
  if (!role || *role == '\0') return reinterpret_cast<evl_store*>(route.store);
  const auto found = route.stores.find(role);
  return found == route.stores.end() ? nullptr : reinterpret_cast<evl_store*>(found->second);
}

bool named(const RouteImpl& route, const StoreImpl* store) {
  if (store == route.store) return true;
  for (const auto& [role, one] : route.stores)
    if (one == store) return true;
  return false;
}

evl_status submit(evl_request* raw, evl_store* raw_store, const evl_op* ops, std::size_t count,
                  evl_store_reply reply, void* context) {
  ExchangeImpl* request = checked(raw);
  if (!request) return EVL_E_INVALID;
  InstanceImpl& handler = *request->handler();
  auto* const store = reinterpret_cast<StoreImpl*>(raw_store);
  if (!store || !named(request->route(), store) || !reply) {
    handler.misbehaved(kind::bad_argument, reply ? "submitted to a store that its route does not name"
                                                 : "submitted without a reply function");
    return EVL_E_INVALID;
  }
  if (!request->open()) return EVL_E_STATE;
  std::array<evl_op, evloom::store::kMaxOps> copies;
  if (const char* why = evloom::store::copy_operations(ops, count, copies.data())) {
    handler.misbehaved(kind::bad_argument, why);
    return EVL_E_INVALID;
  }
  return store->submit(*request, copies.data(), count, reply, context);
}

// ---- rendering

evl_status begin(evl_request* raw, std::uint32_t status, evl_rendering* rendering) {
  ExchangeImpl* request = checked(raw);
  if (!request || !rendering || rendering->size < sizeof(evl_rendering) || status < 200 || status > 599)
    return EVL_E_INVALID;
  return request->begin_rendering(status, *rendering);
}

evl_status finish(evl_request* raw) {
  ExchangeImpl* request = checked(raw);
  return request ? request->finish_rendering() : EVL_E_INVALID;
}

evl_status items(evl_request* raw, evl_rendering* rendering, const evl_result* result, evl_value_kind kind) {
  ExchangeImpl* request = checked(raw);
  if (!request || !rendering || !result || !evloom::epoch::is_list(*result, kind)) return EVL_E_INVALID;
  return request->render_list(*rendering, {result->items, result->item_count}, kind);
}

}  // namespace

const evl_request_access kRequests = {sizeof(evl_request_access),
                                      get_method,
                                      get_target,
                                      get_path,
                                      get_body,
                                      get_peer,
                                      get_loop,
                                      get_param,
                                      get_query,
                                      get_header,
                                      get_header_at,
                                      allocate,
                                      set_user,
                                      get_user,
                                      respond,
                                      fail,
                                      suspend,
                                      resume};
const evl_store_access kStores = {sizeof(evl_store_access), find, submit};
const evl_render_access kRendering = {sizeof(evl_render_access), begin, finish, items};

}  // namespace evl::testkit
