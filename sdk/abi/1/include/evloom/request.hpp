// evl::Request: what a handler may ask a request, and how it answers. A cheap handle on the loop that owns
// the request, valid until on_finish; the text it gives out lives as long.
#pragma once

#include <cstdint>
#include <new>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "evloom/host.hpp"

namespace evl {

// The other end of the connection; see evl_peer.
struct Peer {
  evl_peer_family family;
  std::string_view address;
  std::uint32_t port;
};

class Request {
 public:
  Request(const HostInterfaces* interfaces, evl_request* request)
      : interfaces_(interfaces), request_(request) {}

  std::string_view method() const { return view(api().method(request_)); }
  std::string_view target() const { return view(api().target(request_)); }
  std::string_view path() const { return view(api().path(request_)); }
  std::string_view body() const { return view(api().body(request_)); }
  Peer peer() const {
    evl_peer peer{};
    peer.size = sizeof peer;
    api().peer(request_, &peer);
    return {peer.family, view(peer.address), peer.port};
  }
  Loop loop() const { return {interfaces_, api().loop(request_)}; }

  std::optional<std::string_view> param(std::string_view name) const { return find(api().param, name); }
  std::optional<std::string_view> query(std::string_view name) const { return find(api().query, name); }
  std::optional<std::string_view> header(std::string_view name) const { return find(api().header, name); }

  // An object in the request's arena; it must not need a destructor. Throws std::bad_alloc.
  template <typename T, typename... Args>
  T* make(Args&&... args) {
    static_assert(std::is_trivially_destructible_v<T>, "the arena runs no destructors");
    return new (allocate(sizeof(T), alignof(T))) T{std::forward<Args>(args)...};
  }
  // `text`, copied into the arena.
  std::string_view keep(std::string_view text) {
    if (text.empty()) return {};
    char* copy = static_cast<char*>(allocate(text.size(), 1));
    memcpy(copy, text.data(), text.size());
    return {copy, text.size()};
  }
  void* allocate(std::size_t size, std::size_t alignment) {
    void* memory = api().allocate(request_, size, alignment);
    if (!memory) throw std::bad_alloc();
    return memory;
  }

  void set_user(void* user) { api().set_user(request_, user); }
  void* user() const { return api().user(request_); }

  // Answers; the host copies `body`. EVL_OK, or see evl_request_access::respond.
  evl_status respond(std::uint32_t status, std::string_view media_type, std::string_view body) {
    evl_response response{};
    response.size = sizeof response;
    response.status = status;
    response.media_type = bytes(media_type);
    response.body = bytes(body);
    return api().respond(request_, &response);
  }
  evl_status respond(const evl_response& response) { return api().respond(request_, &response); }
  evl_status text(std::uint32_t status, std::string_view body) {
    return respond(status, "text/plain; charset=utf-8", body);
  }
  // Answers with the status code that fits `why`.
  evl_status fail(evl_status why, std::string_view reason) {
    return api().fail(request_, why, bytes(reason));
  }

  evl_ticket suspend() { return api().suspend(request_); }

  evl_request* raw() const { return request_; }
  const HostInterfaces& interfaces() const { return *interfaces_; }

 private:
  const evl_request_access& api() const { return *interfaces_->request; }
  std::optional<std::string_view> find(evl_status (*get)(const evl_request*, evl_bytes, evl_bytes*),
                                       std::string_view name) const {
    evl_bytes value{};
    if (get(request_, bytes(name), &value) != EVL_OK) return std::nullopt;
    return view(value);
  }

  const HostInterfaces* interfaces_;
  evl_request* request_;
};

}  // namespace evl
