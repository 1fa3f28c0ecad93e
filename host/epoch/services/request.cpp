// "evloom.host.request/1" of this host; its checks are in request_table.hpp. [loop]
#include <memory>

#include "epoch/services.hpp"
#include "epoch/services/check.hpp"
#include "epoch/services/request_table.hpp"

namespace evloom::epoch {

namespace {

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

struct RequestSide {
  using Request = epoch::Request;

  static Request* checked(evl_request* raw) { return epoch::checked(raw); }

  static std::string_view method(const Request& request) { return request.exchange().head().method_text(); }
  static std::string_view target(const Request& request) { return request.exchange().head().target(); }
  static std::string_view body(const Request& request) { return request.exchange().body(); }
  static void peer(const Request& request, evl_peer& peer) {
    const http::Peer& from = request.exchange().peer();
    peer.family = from.family() == http::Family::ipv4   ? EVL_PEER_IPV4
                  : from.family() == http::Family::ipv6 ? EVL_PEER_IPV6
                                                        : EVL_PEER_UNIX;
    peer.address = bytes(from.address());
    peer.port = from.port();
  }
  static evl_loop* loop(const Request& request) { return &request.host().loop(); }
  static std::size_t header_count(const Request& request) { return request.exchange().head().header_count(); }
  static http::Header header(const Request& request, std::size_t index) {
    return request.exchange().head().header(index);
  }
  static std::size_t find_header(const Request& request, std::string_view name) {
    return request.exchange().head().find(name);
  }
  static Arena& arena(const Request& request) { return request.exchange().arena(); }
  static void* allocate(Request& request, std::size_t size, std::size_t alignment) {
    return arena(request).allocate(size, alignment);
  }

  static void answer(Request& request, const evl_response& response, std::span<const http::Header> headers) {
    http::Reply reply;
    reply.status = static_cast<std::uint16_t>(response.status);
    reply.content_type = view(response.media_type);
    reply.headers = headers;
    reply.body.bytes = view(response.body);
    if (response.release) {
      const std::uint32_t loop = request.host().loop().index();
      request.handler().pin(loop);
      request.exchange().set_lender(&request.handler());
      reply.body.release = &Lent::give_back;
      reply.body.context = new Lent{request.handler(), loop, response.release, response.release_context};
    }
    request.answer(reply);
  }

  static plugin::Instance* instance(const evl_host* host) { return plugin::Instance::of(host); }
  static bool on_loop(plugin::Instance&, evl_loop* loop) { return loop::Loop::current() == loop; }
  static evl_request* resume(plugin::Instance& instance, evl_loop* raw, evl_ticket ticket) {
    auto& loop = *static_cast<loop::Loop*>(raw);
    if (!loop.context()) return nullptr;  // no request has come yet
    return LoopHost::of(loop).resume(instance, ticket);
  }
};

}  // namespace

const evl_request_access kRequestAccess = RequestTable<RequestSide>::kTable;

}  // namespace evloom::epoch
