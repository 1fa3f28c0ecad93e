// Addresses: what a listener binds and who a peer is, as text and back. No names are ever resolved.
// Pure values with fixed buffers, any thread, no heap but for error messages.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace evloom::http {

// Where to listen or whom to call, ready for bind and connect.
struct SocketAddress {
  sockaddr_storage storage = {};
  socklen_t length = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
  // Of IPv4 and IPv6; 0 for a unix address.
  uint16_t port() const;
  // "127.0.0.1:9090", "[::1]:9090" or the path of a unix address.
  std::string text() const;
};

// "127.0.0.1:9090" or "[::1]:9090": a numeric address and a port, 0 to 65535 in digits. [any]
Result<SocketAddress> parse_address(std::string_view text);

// The address of a unix socket; fails on a path that is empty, too long (107 bytes) or has a NUL in it. [any]
Result<SocketAddress> unix_address(std::string_view path);

enum class Family : uint8_t { none, ipv4, ipv6, unix_socket };

// The other end of a connection.
class Peer {
 public:
  Peer() = default;
  // Of IPv4 and IPv6; an IPv4 address inside of IPv6 (::ffff:a.b.c.d) is taken for IPv4. `none` for all
  // others and for lengths that do not fit the family.
  static Peer from(const sockaddr* address, socklen_t length);
  // The text is "unix:<uid>", the port the number of the process.
  static Peer from_unix(uid_t uid, uint32_t pid);

  Family family() const { return family_; }
  // The address alone, such as "127.0.0.1" or "::1"; lives in this Peer, ends in a NUL. Empty for `none`.
  std::string_view address() const { return {text_.data(), size_}; }
  uint32_t port() const { return port_; }

 private:
  std::array<char, 46> text_ = {};
  uint8_t size_ = 0;
  Family family_ = Family::none;
  uint32_t port_ = 0;
};

}  // namespace evloom::http
