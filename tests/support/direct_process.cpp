#include "support/direct_process.hpp"

#include <stdexcept>
#include <string>

namespace evloom::test {

Direct::Direct(int redis_port, int threads)
    : port_(unused_port()),
      process_({.command = {DIRECT_BINARY, "--port", std::to_string(port_), "--redis-port",
                            std::to_string(redis_port), "--threads", std::to_string(threads)}}) {
  const bool up = wait_until(milliseconds(10000), [&] {
    try {
      connect_to(address());
      return true;
    } catch (const std::runtime_error&) {
      return false;
    }
  });
  if (!up) throw std::runtime_error("direct does not listen on port " + std::to_string(port_));
}

}  // namespace evloom::test
