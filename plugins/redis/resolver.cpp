#include "redis/resolver.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace evloom::plugins::redis {
namespace {

constexpr std::size_t kMaxAddresses = 16;

// Fills `addresses`, or gives the reason. [worker]
const char* resolve(const std::string& name, std::vector<std::string>& addresses) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  const int failed = ::getaddrinfo(name.c_str(), nullptr, &hints, &raw);
  if (failed != 0) return ::gai_strerror(failed);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> found(raw, &::freeaddrinfo);
  for (const addrinfo* at = raw; at && addresses.size() < kMaxAddresses; at = at->ai_next) {
    char text[NI_MAXHOST];
    if (::getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0)
      continue;
    if (std::find(addresses.begin(), addresses.end(), text) == addresses.end()) addresses.emplace_back(text);
  }
  return addresses.empty() ? "it has no address" : nullptr;
}

}  // namespace

struct Resolver::Lookup : evl_work {
  Resolver* owner = nullptr;  // the loop's; null when it has gone
  std::string name;
  std::vector<std::string> addresses;
  std::string error;

  static void look_up(evl_work* work) {
    auto* self = static_cast<Lookup*>(work);
    try {
      if (const char* reason = resolve(self->name, self->addresses)) self->error = reason;
    } catch (const std::exception&) {
      self->addresses.clear();
    }
  }
};

Resolver::~Resolver() {
  if (lookup_) lookup_->owner = nullptr;
}

bool Resolver::start(const std::string& name, Done done, void* context) {
  auto lookup = std::make_unique<Lookup>();
  static_cast<evl_work&>(*lookup) = {{}, &Lookup::look_up, &Resolver::ended};
  lookup->owner = this;
  lookup->name = name;
  done_ = done;
  context_ = context;
  const auto& interfaces = host_.interfaces();
  if (interfaces.work->submit(interfaces.host, loop_.raw(), lookup.get()) != EVL_OK) return false;
  lookup_ = lookup.release();
  return true;
}

void Resolver::ended(evl_work* work, evl_loop*) {
  const std::unique_ptr<Lookup> lookup(static_cast<Lookup*>(work));
  Resolver* self = lookup->owner;
  if (!self) return;
  self->lookup_ = nullptr;
  self->addresses_ = std::move(lookup->addresses);
  self->error_ = std::move(lookup->error);
  self->done_(self->context_);
}

}  // namespace evloom::plugins::redis
