// "evloom.host.request/1". [loop]
#include <array>
#include <cstring>
#include <memory>
#include <string>

#include "epoch/services.hpp"
#include "epoch/services/check.hpp"
#include "http/reply.hpp"
#include "http/target.hpp"

namespace evloom::epoch {

namespace {

constexpr std::size_t kMaxReplyHeaders = 64;
constexpr std::size_t kMaxAlignment = 64;

// ---- reading ---------------------------------------------------------------------------------------------

evl_bytes get_method(const evl_request* raw) {
  const Request* request = checked(raw);
  return request ? bytes(request->exchange().head().method_text()) : evl_bytes{};
}

evl_bytes get_target(const evl_request* raw) {
  const Request* request = checked(raw);
  return request ? bytes(request->exchange().head().target()) : evl_bytes{};
}

evl_bytes get_path(const evl_request* raw) {
  const Request* request = checked(raw);
  return request ? bytes(request->path()) : evl_bytes{};
}

evl_bytes get_body(const evl_request* raw) {
  const Request* request = checked(raw);
  return request ? bytes(request->exchange().body()) : evl_bytes{};
}

void get_peer(const evl_request* raw, evl_peer* peer) {
  const Request* request = checked(raw);
  if (!request || !peer || peer->size < sizeof(evl_peer)) return;
  const http::Peer& from = request->exchange().peer();
  peer->family = from.family() == http::Family::ipv4   ? EVL_PEER_IPV4
                 : from.family() == http::Family::ipv6 ? EVL_PEER_IPV6
                                                       : EVL_PEER_UNIX;
  peer->address = bytes(from.address());
  peer->port = from.port();
}

evl_loop* get_loop(const evl_request* raw) {
  const Request* request = checked(raw);
  return request ? &request->host().loop() : nullptr;
}

evl_status get_param(const evl_request* raw, evl_bytes name, evl_bytes* value) {
  const Request* request = checked(raw);
  if (!request || !value) return EVL_E_INVALID;
  for (const http::RouteParam& param : request->params()) {
    if (param.name != view(name)) continue;
    *value = bytes(param.value);
    return EVL_OK;
  }
  return EVL_E_NOT_FOUND;
}

evl_status get_query(const evl_request* raw, evl_bytes name, evl_bytes* value) {
  const Request* request = checked(raw);
  if (!request || !value) return EVL_E_INVALID;
  http::QueryReader reader(request->query(), request->exchange().arena());
  std::string_view key, text;
  while (reader.next(key, text)) {
    if (key != view(name)) continue;
    *value = bytes(text);
    return EVL_OK;
  }
  return reader.refusal() ? EVL_E_INVALID : EVL_E_NOT_FOUND;
}

evl_status get_header_at(const evl_request* raw, std::size_t index, evl_header* header) {
  const Request* request = checked(raw);
  if (!request || !header) return EVL_E_INVALID;
  const http::Head& head = request->exchange().head();
  if (index >= head.header_count()) return EVL_E_NOT_FOUND;
  const http::Header found = head.header(index);
  *header = {bytes(found.name), bytes(found.value)};
  return EVL_OK;
}

evl_status get_header(const evl_request* raw, evl_bytes name, evl_bytes* value) {
  const Request* request = checked(raw);
  if (!request || !value) return EVL_E_INVALID;
  evl_header header{};
  const evl_status status = get_header_at(raw, request->exchange().head().find(view(name)), &header);
  if (status == EVL_OK) *value = header.value;
  return status;
}

void* allocate(evl_request* raw, std::size_t size, std::size_t alignment) {
  Request* request = checked(raw);
  if (!request) return nullptr;
  if (alignment == 0 || alignment > kMaxAlignment || (alignment & (alignment - 1)) != 0) {
    request->handler().misbehaved(plugin::Misbehaviour::bad_argument,
                                  "asked for memory of an alignment that is none");
    return nullptr;
  }
  return request->exchange().arena().allocate(size, alignment);
}

void set_user(evl_request* raw, void* user) {
  if (Request* request = checked(raw)) request->user = user;
}

void* get_user(const evl_request* raw) {
  const Request* request = checked(raw);
  return request ? request->user : nullptr;
}

// ---- answering -------------------------------------------------------------------------------------------

evl_status refuse_header(const Request& request, std::string_view name, http::HeaderVerdict verdict) {
  std::string text = "set the response header '" + std::string(name.substr(0, 64)) + "', ";
  switch (verdict) {
    case http::HeaderVerdict::bad_name:
      text += "whose name is no token";
      break;
    case http::HeaderVerdict::bad_value:
      text += "whose value has a line end or another control character";
      break;
    default:
      text += "which is the host's own";
      break;
  }
  request.handler().misbehaved(plugin::Misbehaviour::bad_argument, text);
  return EVL_E_INVALID;
}

// A body that the plugin lends to the host. The instance stays, and its code, until the bytes are given back.
struct Lent {
  plugin::Instance& owner;
  std::uint32_t loop;
  void (*release)(void*);
  void* context;

  static void give_back(void* self) {
    std::unique_ptr<Lent> lent(static_cast<Lent*>(self));
    lent->owner.call("release", [&] { lent->release(lent->context); });
    lent->owner.unpin(lent->loop);
  }
};

evl_status respond(evl_request* raw, const evl_response* response) {
  Request* request = checked(raw);
  if (!request || !response || response->size < sizeof(evl_response)) return EVL_E_INVALID;
  if (!request->open()) return closed(*request, "respond");
  if (response->status < 200 || response->status > 599) {
    request->handler().misbehaved(plugin::Misbehaviour::bad_argument,
                                  "answered with a status that is not 200 to 599");
    return EVL_E_INVALID;
  }
  if (response->header_count > kMaxReplyHeaders || (response->header_count != 0 && !response->headers)) {
    request->handler().misbehaved(plugin::Misbehaviour::bad_argument, "answered with more than 64 headers");
    return EVL_E_INVALID;
  }
  std::array<http::Header, kMaxReplyHeaders> headers;
  for (std::size_t i = 0; i < response->header_count; ++i) {
    headers[i] = {view(response->headers[i].name), view(response->headers[i].value)};
    const http::HeaderVerdict verdict = http::check_reply_header(headers[i].name, headers[i].value);
    if (verdict != http::HeaderVerdict::good) return refuse_header(*request, headers[i].name, verdict);
  }
  const std::string_view media_type = view(response->media_type);
  if (!media_type.empty() &&
      http::check_reply_header("x-media-type", media_type) != http::HeaderVerdict::good)
    return refuse_header(*request, "content-type", http::HeaderVerdict::bad_value);

  http::Reply reply;
  reply.status = static_cast<std::uint16_t>(response->status);
  reply.content_type = media_type;
  reply.headers = std::span(headers.data(), response->header_count);
  reply.body.bytes = view(response->body);
  if (response->release) {
    const std::uint32_t loop = request->host().loop().index();
    request->handler().pin(loop);
    request->exchange().set_lender(&request->handler());
    reply.body.release = &Lent::give_back;
    reply.body.context = new Lent{request->handler(), loop, response->release, response->release_context};
  }
  request->answer(reply);
  return EVL_OK;
}

evl_status fail(evl_request* raw, evl_status why, evl_bytes text) {
  Request* request = checked(raw);
  if (!request) return EVL_E_INVALID;
  if (!request->open()) return closed(*request, "fail");
  request->fail(plugin::known(why) == EVL_OK ? EVL_E_INTERNAL : plugin::known(why), view(text));
  return EVL_OK;
}

evl_ticket suspend(evl_request* raw) {
  Request* request = checked(raw);
  return request ? request->suspend() : 0;
}

evl_request* resume(const evl_host* host, evl_loop* raw_loop, evl_ticket ticket) {
  plugin::Instance* instance = plugin::Instance::of(host);
  auto* loop = static_cast<loop::Loop*>(raw_loop);
  if (!instance || !loop) return nullptr;
  if (loop::Loop::current() != loop) {
    instance->misbehaved(plugin::Misbehaviour::wrong_thread,
                         "resumed a ticket on a thread that is not its loop's");
    return nullptr;
  }
  if (!loop->context()) return nullptr;  // no request has come yet
  return LoopHost::of(*loop).resume(*instance, ticket);
}

}  // namespace

const evl_request_access kRequestAccess = {sizeof(evl_request_access),
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

}  // namespace evloom::epoch
