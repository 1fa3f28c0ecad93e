// "evloom.host.request/1" for any host that has requests: what its functions check, and what they say to
// whoever calls them wrongly. `Side` is the host: its requests and how they are answered, all static; this
// one has services/request.cpp, the SDK's test kit the other. [loop]
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "evloom/abi/request.h"

#include "epoch/services/rules.hpp"
#include "http/reply.hpp"
#include "http/router.hpp"
#include "http/target.hpp"

namespace evloom::epoch {

inline constexpr std::size_t kMaxReplyHeaders = 64;
inline constexpr std::size_t kMaxAlignment = 64;

template <typename Side>
class RequestTable {
  using Request = typename Side::Request;

  static const Request* checked(const evl_request* raw) {
    return Side::checked(const_cast<evl_request*>(raw));
  }

  // ---- reading -------------------------------------------------------------------------------------------

  static evl_bytes get_method(const evl_request* raw) {
    const Request* request = checked(raw);
    return request ? bytes(Side::method(*request)) : evl_bytes{};
  }

  static evl_bytes get_target(const evl_request* raw) {
    const Request* request = checked(raw);
    return request ? bytes(Side::target(*request)) : evl_bytes{};
  }

  static evl_bytes get_path(const evl_request* raw) {
    const Request* request = checked(raw);
    return request ? bytes(request->path()) : evl_bytes{};
  }

  static evl_bytes get_body(const evl_request* raw) {
    const Request* request = checked(raw);
    return request ? bytes(Side::body(*request)) : evl_bytes{};
  }

  static void get_peer(const evl_request* raw, evl_peer* peer) {
    const Request* request = checked(raw);
    if (request && peer && peer->size >= sizeof(evl_peer)) Side::peer(*request, *peer);
  }

  static evl_loop* get_loop(const evl_request* raw) {
    const Request* request = checked(raw);
    return request ? Side::loop(*request) : nullptr;
  }

  static evl_status get_param(const evl_request* raw, evl_bytes name, evl_bytes* value) {
    const Request* request = checked(raw);
    if (!request) return unusable(raw);
    if (!value) return EVL_E_INVALID;
    for (const http::RouteParam& param : request->params()) {
      if (param.name != view(name)) continue;
      *value = bytes(param.value);
      return EVL_OK;
    }
    return EVL_E_NOT_FOUND;
  }

  static evl_status get_query(const evl_request* raw, evl_bytes name, evl_bytes* value) {
    const Request* request = checked(raw);
    if (!request) return unusable(raw);
    if (!value) return EVL_E_INVALID;
    http::QueryReader reader(request->query(), Side::arena(*request));
    std::string_view key, text;
    while (reader.next(key, text)) {
      if (key != view(name)) continue;
      *value = bytes(text);
      return EVL_OK;
    }
    return reader.refusal() ? EVL_E_INVALID : EVL_E_NOT_FOUND;
  }

  static evl_status get_header_at(const evl_request* raw, std::size_t index, evl_header* header) {
    const Request* request = checked(raw);
    if (!request) return unusable(raw);
    if (!header) return EVL_E_INVALID;
    if (index >= Side::header_count(*request)) return EVL_E_NOT_FOUND;
    const http::Header found = Side::header(*request, index);
    *header = {bytes(found.name), bytes(found.value)};
    return EVL_OK;
  }

  static evl_status get_header(const evl_request* raw, evl_bytes name, evl_bytes* value) {
    const Request* request = checked(raw);
    if (!request) return unusable(raw);
    if (!value) return EVL_E_INVALID;
    evl_header header{};
    const evl_status status = get_header_at(raw, Side::find_header(*request, view(name)), &header);
    if (status == EVL_OK) *value = header.value;
    return status;
  }

  static void* allocate(evl_request* raw, std::size_t size, std::size_t alignment) {
    Request* request = Side::checked(raw);
    if (!request) return nullptr;
    if (alignment == 0 || alignment > kMaxAlignment || (alignment & (alignment - 1)) != 0) {
      request->handler().misbehaved(Misbehaviour::bad_argument,
                                    "asked for memory of an alignment that is none");
      return nullptr;
    }
    return Side::allocate(*request, size, alignment);
  }

  static void set_user(evl_request* raw, void* user) {
    if (Request* request = Side::checked(raw)) request->user = user;
  }

  static void* get_user(const evl_request* raw) {
    const Request* request = checked(raw);
    return request ? request->user : nullptr;
  }

  // ---- answering -----------------------------------------------------------------------------------------

  static evl_status refuse(const Request& request, std::string_view why) {
    request.handler().misbehaved(Misbehaviour::bad_argument, why);
    return EVL_E_INVALID;
  }

  static evl_status refuse_header(const Request& request, std::string_view name,
                                  http::HeaderVerdict verdict) {
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
    return refuse(request, text);
  }

  static evl_status respond(evl_request* raw, const evl_response* response) {
    Request* request = Side::checked(raw);
    if (!request) return unusable(raw);
    if (!response || response->size < sizeof(evl_response)) return EVL_E_INVALID;
    if (!request->open()) return closed(*request, "respond");
    if (response->status < 200 || response->status > 599)
      return refuse(*request, "answered with a status that is not 200 to 599");
    if (response->header_count > kMaxReplyHeaders || (response->header_count != 0 && !response->headers))
      return refuse(*request, "answered with more than 64 headers");
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

    Side::answer(*request, *response, std::span(headers.data(), response->header_count));
    return EVL_OK;
  }

  static evl_status fail(evl_request* raw, evl_status why, evl_bytes text) {
    Request* request = Side::checked(raw);
    if (!request) return unusable(raw);
    if (!request->open()) return closed(*request, "fail");
    const evl_status known = plugin::known(why);
    request->fail(known == EVL_OK ? EVL_E_INTERNAL : known, view(text));
    return EVL_OK;
  }

  static evl_ticket suspend(evl_request* raw) {
    Request* request = Side::checked(raw);
    return request ? request->suspend() : 0;
  }

  static evl_request* resume(const evl_host* host, evl_loop* loop, evl_ticket ticket) {
    auto* const instance = Side::instance(host);
    if (!instance || !loop) return nullptr;
    if (!Side::on_loop(*instance, loop)) {
      instance->misbehaved(Misbehaviour::wrong_thread, "resumed a ticket on a thread that is not its loop's");
      return nullptr;
    }
    return Side::resume(*instance, loop, ticket);
  }

 public:
  static constexpr evl_request_access kTable = {sizeof(evl_request_access),
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
};

}  // namespace evloom::epoch
