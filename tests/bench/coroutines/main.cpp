// The same handler in C, in C++ with callbacks and as a coroutine, each with three submits one after the
// other, in a host of the test kit: how often a request asks the heap for memory, and what the coroutine
// costs.
//
// Without arguments it judges allocations, which are exact, and reports the time of a few rounds. With
// `--rounds N --requests M` it measures longer; with `--most PERCENT` it fails when the coroutine's median is
// more than that above the C handler's.
#include <dlfcn.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "evloom/testkit.hpp"

namespace {

// Every allocation of this process: operator new comes by here, too. One thread.
bool counting = false;
std::size_t allocations = 0;

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}

// Whether an allocation is seen at all.
bool counter_works() {
  counting = true;
  delete new std::string(100, 'x');  // two: the object and its text
  counting = false;
  return std::exchange(allocations, 0) == 2;
}

using namespace evl::testkit;

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

struct Handler {
  std::string name;
  Exchange* exchange = nullptr;
  std::vector<double> times = {};
};

void serve(Host& host, Exchange& exchange, std::size_t requests) {
  for (std::size_t i = 0; i < requests; ++i) {
    exchange.again();
    host.run();
  }
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::size_t number_after(int count, char** words, const char* name, std::size_t otherwise) {
  for (int i = 1; i + 1 < count; ++i)
    if (std::strcmp(words[i], name) == 0) return std::strtoull(words[i + 1], nullptr, 10);
  return otherwise;
}

}  // namespace

extern "C" void* malloc(std::size_t size) {
  allocations += counting ? 1 : 0;
  return __libc_malloc(size);
}
extern "C" void* calloc(std::size_t count, std::size_t size) {
  allocations += counting ? 1 : 0;
  return __libc_calloc(count, size);
}
extern "C" void* realloc(void* memory, std::size_t size) {
  allocations += counting ? 1 : 0;
  return __libc_realloc(memory, size);
}
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) {
  allocations += counting ? 1 : 0;
  return __libc_memalign(alignment, size);
}

int main(int count, char** words) {
  const std::size_t rounds = number_after(count, words, "--rounds", 21);
  const std::size_t requests = number_after(count, words, "--requests", 5000);
  const std::size_t most = number_after(count, words, "--most", 0);

  Host host;
  Store& store = host.store();
  std::vector<Handler> handlers = {{"in_c"}, {"in_callbacks"}, {"in_coroutine"}};
  for (Handler& handler : handlers) {
    const std::filesystem::path file = std::filesystem::path(COROUTINE_PLUGINS) / (handler.name + ".so");
    host.route("/" + handler.name, host.start(Plugin::file(file)), {.store = &store});
    handler.exchange = &host.send({.target = "/" + handler.name});
    host.run();
  }
  bool good = counter_works();
  if (!good) std::printf("allocations are not counted\n");
  for (const Handler& handler : handlers) {
    serve(host, *handler.exchange, 1000);  // until everything has the size that it needs
    const std::string body = handler.exchange->answer().body;
    counting = true;
    serve(host, *handler.exchange, 1000);
    counting = false;
    const std::size_t found = std::exchange(allocations, 0);
    std::printf("%-14s %zu allocations in 1000 requests; the last answer is %s", handler.name.c_str(), found,
                body.c_str());
    good = good && found == 0 && body.starts_with("nobody ");
  }

  for (std::size_t round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < handlers.size(); ++i) {
      Handler& handler = handlers[(i + round) % handlers.size()];  // nobody is always first
      const double begin = cpu_seconds();
      serve(host, *handler.exchange, requests);
      handler.times.push_back((cpu_seconds() - begin) / static_cast<double>(requests));
    }
  }
  const auto ratio = [&](const Handler& one, const Handler& other) {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < rounds; ++i) ratios.push_back(one.times[i] / other.times[i]);
    return median(ratios);
  };
  for (const Handler& handler : handlers) {
    std::printf("%-14s %.0f ns a request (median of %zu rounds of %zu), %.3f of in_c\n", handler.name.c_str(),
                median(handler.times) * 1e9, rounds, requests, ratio(handler, handlers[0]));
  }
  const double coroutine = ratio(handlers[2], handlers[0]);
  if (most != 0 && coroutine > 1 + static_cast<double>(most) / 100) {
    std::printf("the coroutine is more than %zu %% above the C handler\n", most);
    good = false;
  }
  host.stop();
  if (!host.complaints().empty()) {
    std::printf("%s", host.complaints().c_str());
    good = false;
  }
  return good ? 0 : 1;
}
