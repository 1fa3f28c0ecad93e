// Resolver: turns a host name into addresses on one of the host's worker threads, since getaddrinfo may block
// for seconds. One look-up at a time; the loop's thread, but for the look-up itself.
#pragma once

#include <string>
#include <vector>

#include "evloom/host.hpp"

namespace evloom::plugins::redis {

class Resolver {
 public:
  using Done = void (*)(void* context);

  Resolver(evl::Host host, evl::Loop loop) : host_(host), loop_(loop) {}
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  // A look-up under way ends on its own, and nobody is called.
  ~Resolver();

  // Calls `done(context)` later on the loop; false when too much work is waiting. Not while it is busy.
  bool start(const std::string& name, Done done, void* context);
  bool busy() const { return lookup_ != nullptr; }

  // What the last look-up gave: literals, in the order of the resolver; empty: see error().
  const std::vector<std::string>& addresses() const { return addresses_; }
  const std::string& error() const { return error_; }

 private:
  struct Lookup;
  static void ended(evl_work* work, evl_loop* loop);

  evl::Host host_;
  evl::Loop loop_;
  Lookup* lookup_ = nullptr;  // owns itself: it may outlive this object
  Done done_ = nullptr;
  void* context_ = nullptr;
  std::vector<std::string> addresses_;
  std::string error_;
};

}  // namespace evloom::plugins::redis
