// The options of an instance, checked: where the server is, how to log in, how long to wait. Immutable once
// read; every loop reads the same ones.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "evloom/config.hpp"

namespace evloom::plugins::redis {

struct Options {
  std::string host;  // a name or an address; not used with `unix_path`
  std::uint16_t port = 0;
  std::string unix_path;  // empty: TCP
  std::string user;
  std::string password;
  bool login = false;  // whether AUTH is sent
  std::int64_t database = 0;
  std::chrono::nanoseconds connect_timeout{};  // from connect() to the last reply of the handshake
  std::chrono::nanoseconds command_timeout{};  // of a submit, from the call to its last reply
  std::chrono::nanoseconds backoff_min{};
  std::chrono::nanoseconds backoff_max{};
  std::size_t max_reply = 0;  // bytes that the replies to one submit may take

  bool plain = false;  // no transactions, no WATCH

  // "127.0.0.1:6379", "[::1]:6379" or "unix:/run/redis.sock", for log lines.
  std::string name() const;
};

// Checks what the schema cannot say; throws evl::Failure with the place of what is wrong. [control]
Options read_options(const evl::Config& config);

// True for an IPv4 or IPv6 literal, which needs no resolving.
bool is_numeric(const std::string& host);

}  // namespace evloom::plugins::redis
