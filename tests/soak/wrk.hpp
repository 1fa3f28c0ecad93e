// Wrk: the load generator of that name, beside the project's own: its verdict is nobody's of this project.
// The test's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "support/http_client.hpp"
#include "support/process.hpp"

namespace evloom::soak {

struct WrkResult {
  std::uint64_t requests = 0;
  std::uint64_t not_2xx = 0;
  std::uint64_t socket_errors = 0;  // connect, read, write and timeout
  std::string p99;                  // as wrk prints it
  std::string wrong;                // what it said instead
};

class Wrk {
 public:
  static bool available();

  // 64 connections from one thread on `/`, until it is stopped.
  static constexpr int kConnections = 64;
  Wrk(const test::Address& address, const std::filesystem::path& folder);
  WrkResult stop();

 private:
  std::unique_ptr<test::Process> process_;
};

// Reads what wrk prints.
WrkResult parse_wrk(const std::string& text);

}  // namespace evloom::soak
