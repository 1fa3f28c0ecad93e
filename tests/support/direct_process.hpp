// Direct: the published technique (tests/bench/direct.cpp) as a running program, to hold evloom against.
#pragma once

#include <cstdint>

#include "support/http_client.hpp"
#include "support/process.hpp"

namespace evloom::test {

class Direct {
 public:
  // Returns once it accepts connections.
  explicit Direct(int redis_port, int threads = 2);
  Address address() const { return {"127.0.0.1", port_}; }
  Process& process() { return process_; }

 private:
  std::uint16_t port_;
  Process process_;
};

}  // namespace evloom::test
