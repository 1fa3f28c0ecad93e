// Addresses of listeners and peers.
#include "http/address.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstring>
#include <string>

namespace evloom::http {
namespace {

TEST(Address, IsReadAndWrittenBack) {
  for (const char* text : {"127.0.0.1:9090", "0.0.0.0:0", "[::1]:9090", "[::]:65535", "[fe80::1:2]:80"}) {
    const Result<SocketAddress> address = parse_address(text);
    ASSERT_TRUE(address.ok()) << address.error().message;
    EXPECT_EQ(address->text(), text);
  }
  EXPECT_EQ(parse_address("127.0.0.1:9090")->port(), 9090);
  EXPECT_EQ(parse_address("127.0.0.1:9090")->family(), AF_INET);
  EXPECT_EQ(parse_address("127.0.0.1:9090")->length, sizeof(sockaddr_in));
  EXPECT_EQ(parse_address("[::1]:1")->family(), AF_INET6);
  EXPECT_EQ(parse_address("[::1]:1")->length, sizeof(sockaddr_in6));
}

TEST(Address, IsRefusedWithTheTextAndTheRemedy) {
  std::string too_long(500, '1');
  too_long += ":80";
  for (const std::string& text : {std::string(""),
                                  std::string(":80"),
                                  std::string("127.0.0.1"),
                                  std::string("127.0.0.1:"),
                                  std::string("127.0.0.1:65536"),
                                  std::string("127.0.0.1:-1"),
                                  std::string("127.0.0.1:+1"),
                                  std::string("127.0.0.1: 1"),
                                  std::string("127.0.0.1:1 "),
                                  std::string("127.1:80"),
                                  std::string("0127.0.0.1:80"),
                                  std::string("localhost:80"),
                                  std::string("*:80"),
                                  std::string("::1:80"),
                                  std::string("[::1]"),
                                  std::string("[::1]80"),
                                  std::string("[bogus]:80"),
                                  std::string("[]:80"),
                                  std::string("[127.0.0.1]:80"),
                                  std::string("ipv6:bogus"),
                                  std::string("127.0.0.1\0:80", 13),
                                  too_long}) {
    const Result<SocketAddress> address = parse_address(text);
    ASSERT_FALSE(address.ok()) << text;
    EXPECT_NE(address.error().message.find(text), std::string::npos);
    EXPECT_NE(address.error().message.find("127.0.0.1:9090"), std::string::npos);
  }
}

TEST(Address, UnixPathsHaveABound) {
  const Result<SocketAddress> address = unix_address("./run/evloom.sock");
  ASSERT_TRUE(address.ok());
  EXPECT_EQ(address->family(), AF_UNIX);
  EXPECT_EQ(address->text(), "./run/evloom.sock");
  EXPECT_TRUE(unix_address(std::string(107, 'x')).ok());
  EXPECT_FALSE(unix_address(std::string(108, 'x')).ok());
  EXPECT_FALSE(unix_address("").ok());
  EXPECT_FALSE(unix_address(std::string_view("a\0b", 3)).ok());
}

Peer peer_of(const char* text) {
  const Result<SocketAddress> address = parse_address(text);
  EXPECT_TRUE(address.ok());
  return Peer::from(address->get(), address->length);
}

TEST(Peer, IsFormattedByItsFamily) {
  EXPECT_EQ(peer_of("192.0.2.255:60310").address(), "192.0.2.255");
  EXPECT_EQ(peer_of("192.0.2.255:60310").port(), 60310);
  EXPECT_EQ(peer_of("192.0.2.255:60310").family(), Family::ipv4);
  EXPECT_EQ(peer_of("[2001:db8::1]:1").address(), "2001:db8::1");
  EXPECT_EQ(peer_of("[2001:db8::1]:1").family(), Family::ipv6);
  const Peer longest = peer_of("[2001:db80:1111:2222:3333:4444:5555:6666]:2");
  EXPECT_EQ(longest.address(), "2001:db80:1111:2222:3333:4444:5555:6666");
  EXPECT_EQ(longest.port(), 2);
}

TEST(Peer, MappedIpv4CountsAsIpv4) {
  EXPECT_EQ(peer_of("[::ffff:192.0.2.1]:7").address(), "192.0.2.1");
  EXPECT_EQ(peer_of("[::ffff:192.0.2.1]:7").family(), Family::ipv4);
  EXPECT_EQ(peer_of("[::ffff:192.0.2.1]:7").port(), 7);
}

TEST(Peer, OfAUnixSocketIsItsUser) {
  EXPECT_EQ(Peer::from_unix(1000, 7).address(), "unix:1000");
  EXPECT_EQ(Peer::from_unix(UINT32_MAX, 7).address(), "unix:4294967295");
  EXPECT_EQ(Peer::from_unix(0, 7).family(), Family::unix_socket);
  EXPECT_EQ(Peer::from_unix(0, 70'000).port(), 70'000u);
}

TEST(Peer, OfALengthThatDoesNotFitIsNone) {
  const Result<SocketAddress> address = parse_address("127.0.0.1:1");
  EXPECT_EQ(Peer::from(address->get(), sizeof(sockaddr_in) - 1).family(), Family::none);
  EXPECT_EQ(Peer::from(address->get(), 0).family(), Family::none);
  EXPECT_EQ(Peer::from(nullptr, 16).family(), Family::none);
  const Result<SocketAddress> un = unix_address("x");
  EXPECT_EQ(Peer::from(un->get(), 2).address(), "");
}

}  // namespace
}  // namespace evloom::http
