// Addresses to text and back, by inet_pton and inet_ntop alone.
#include "http/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <charconv>
#include <cstddef>
#include <cstring>

namespace evloom::http {

namespace {

Error bad_address(std::string_view text, std::string_view why) {
  return {
      "address \"" + std::string(text) + "\": " + std::string(why) +
      "; write a numeric address and a port, such as \"127.0.0.1:9090\", \"0.0.0.0:80\" or \"[::1]:9090\""};
}

bool parse_port(std::string_view text, uint16_t& port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return !text.empty() && error == std::errc{} && end == text.data() + text.size();
}

bool parse_number(int family, std::string_view host, void* to) {
  char copy[INET6_ADDRSTRLEN];
  if (host.size() >= sizeof copy || host.find('\0') != std::string_view::npos) return false;
  std::memcpy(copy, host.data(), host.size());
  copy[host.size()] = '\0';
  return ::inet_pton(family, copy, to) == 1;
}

// sockaddr_storage is only ever read and written by copies of the exact type.
template <typename T>
T load(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <typename T>
void store(SocketAddress& address, const T& value, size_t length = sizeof(T)) {
  std::memcpy(&address.storage, &value, sizeof value);
  address.length = static_cast<socklen_t>(length);
}

}  // namespace

Result<SocketAddress> parse_address(std::string_view text) {
  const bool v6 = text.starts_with('[');
  const size_t colon = v6 ? text.find("]:") : text.rfind(':');
  if (colon == std::string_view::npos) return bad_address(text, "the port is missing");
  const std::string_view host = v6 ? text.substr(1, colon - 1) : text.substr(0, colon);
  uint16_t port = 0;
  if (!parse_port(text.substr(colon + (v6 ? 2 : 1)), port)) {
    return bad_address(text, "the port is not a number from 0 to 65535");
  }
  SocketAddress address;
  if (v6) {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    if (!parse_number(AF_INET6, host, &in.sin6_addr)) return bad_address(text, "this is no IPv6 address");
    store(address, in);
  } else {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    if (host.find(':') != std::string_view::npos)
      return bad_address(text, "an IPv6 address stands in brackets");
    if (!parse_number(AF_INET, host, &in.sin_addr)) {
      return bad_address(text, "this is no numeric address, and names are not resolved");
    }
    store(address, in);
  }
  return address;
}

Result<SocketAddress> unix_address(std::string_view path) {
  sockaddr_un un{};
  un.sun_family = AF_UNIX;
  if (path.empty()) return Error{"unix socket: the path is empty; give the path of a file"};
  if (path.size() >= sizeof un.sun_path || path.find('\0') != std::string_view::npos) {
    return Error{"unix socket \"" + std::string(path) + "\": a path may have " +
                 std::to_string(sizeof un.sun_path - 1) + " bytes and no NUL; choose a shorter one"};
  }
  std::memcpy(un.sun_path, path.data(), path.size());
  SocketAddress address;
  store(address, un, offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return address;
}

uint16_t SocketAddress::port() const {
  if (family() == AF_INET) return ntohs(load<sockaddr_in>(&storage).sin_port);
  if (family() == AF_INET6) return ntohs(load<sockaddr_in6>(&storage).sin6_port);
  return 0;
}

std::string SocketAddress::text() const {
  char host[INET6_ADDRSTRLEN] = "";
  if (family() == AF_INET) {
    const auto in = load<sockaddr_in>(&storage);
    ::inet_ntop(AF_INET, &in.sin_addr, host, sizeof host);
    return std::string(host) + ":" + std::to_string(port());
  }
  if (family() == AF_INET6) {
    const auto in = load<sockaddr_in6>(&storage);
    ::inet_ntop(AF_INET6, &in.sin6_addr, host, sizeof host);
    return "[" + std::string(host) + "]:" + std::to_string(port());
  }
  if (family() == AF_UNIX) {
    const auto un = load<sockaddr_un>(&storage);
    return {un.sun_path, ::strnlen(un.sun_path, sizeof un.sun_path)};
  }
  return {};
}

Peer Peer::from(const sockaddr* address, socklen_t length) {
  Peer peer;
  if (address == nullptr || length < sizeof(sa_family_t)) return peer;
  const auto family = load<sa_family_t>(address);
  sockaddr_in v4{};
  if (family == AF_INET && length >= sizeof v4) {
    v4 = load<sockaddr_in>(address);
    peer.family_ = Family::ipv4;
  } else if (family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    const auto v6 = load<sockaddr_in6>(address);
    peer.port_ = ntohs(v6.sin6_port);
    if (!IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      peer.family_ = Family::ipv6;
      ::inet_ntop(AF_INET6, &v6.sin6_addr, peer.text_.data(), peer.text_.size());
      peer.size_ = static_cast<uint8_t>(std::strlen(peer.text_.data()));
      return peer;
    }
    std::memcpy(&v4.sin_addr, v6.sin6_addr.s6_addr + 12, 4);
    v4.sin_port = v6.sin6_port;
    peer.family_ = Family::ipv4;
  } else {
    return peer;
  }
  peer.port_ = ntohs(v4.sin_port);
  ::inet_ntop(AF_INET, &v4.sin_addr, peer.text_.data(), static_cast<socklen_t>(peer.text_.size()));
  peer.size_ = static_cast<uint8_t>(std::strlen(peer.text_.data()));
  return peer;
}

Peer Peer::from_unix(uid_t uid, uint32_t pid) {
  Peer peer;
  peer.port_ = pid;
  peer.family_ = Family::unix_socket;
  constexpr std::string_view kPrefix = "unix:";
  std::memcpy(peer.text_.data(), kPrefix.data(), kPrefix.size());
  char* const end = peer.text_.data() + peer.text_.size() - 1;
  peer.size_ = static_cast<uint8_t>(std::to_chars(peer.text_.data() + kPrefix.size(), end, uid).ptr -
                                    peer.text_.data());
  return peer;
}

}  // namespace evloom::http
