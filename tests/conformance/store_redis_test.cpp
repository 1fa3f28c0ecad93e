// The redis backend against the store contract: over TCP, over IPv6, over a unix socket with a user, a
// password and another database.
#include <csignal>

#include "conformance/store_contract.hpp"
#include "support/redis_server.hpp"

namespace evloom::test {
namespace {

// A host ignores it, as every server must.
const auto kNoSigpipe = std::signal(SIGPIPE, SIG_IGN);

StoreSetup over_tcp(const char* address) {
  RedisOptions options;
  options.address = address;
  auto server = std::make_shared<RedisServer>(options);
  return {{EVLOOM_PLUGIN_DIR "/redis.so", {{"host", address}, {"port", std::to_string(server->port())}}},
          server};
}

StoreSetup over_a_socket_with_a_login() {
  RedisOptions options;
  options.tcp = false;
  options.unix_socket = true;
  options.config = {"user counter on >word ~* +@all"};
  auto server = std::make_shared<RedisServer>(options);
  return {{EVLOOM_PLUGIN_DIR "/redis.so",
           {{"unix", server->socket()}, {"user", "counter"}, {"password", "word"}, {"database", "5"}}},
          server};
}

INSTANTIATE_TEST_SUITE_P(
    Redis, StoreContract,
    ::testing::Values(StoreCase{"tcp", [] { return over_tcp("127.0.0.1"); }, EVL_STORE_SHARED},
                      StoreCase{"ipv6", [] { return over_tcp("::1"); }, EVL_STORE_SHARED},
                      StoreCase{"unix", &over_a_socket_with_a_login, EVL_STORE_SHARED}),
    store_case_name);

}  // namespace
}  // namespace evloom::test
