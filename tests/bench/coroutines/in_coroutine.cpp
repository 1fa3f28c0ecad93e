// The handler of the benchmark as a coroutine: three submits, one after the other.
#include <cstdio>

#include "evloom/task.hpp"

namespace {

struct InCoroutine {
  InCoroutine(evl::Host, evl::Config) {}

  evl::Task<> on_request(evl::Request& request) const {
    const evl::Store store(request);
    const std::int64_t total = co_await store.incr("total");
    const auto [mine, seen] = co_await store.all(evl::incr("mine"), evl::set_size("seen"));
    const std::string_view name = (co_await store.get("name")).value_or("nobody");
    char body[128];
    const int size = std::snprintf(body, sizeof body, "%.*s %lld %lld %lld\n", static_cast<int>(name.size()),
                                   name.data(), static_cast<long long>(total), static_cast<long long>(mine),
                                   static_cast<long long>(seen));
    request.text(200, {body, static_cast<std::size_t>(size)});
  }
};

EVL_HANDLER_PLUGIN(InCoroutine, "in_coroutine", "1.0.0", "Three submits, as a coroutine", "MIT",
                   EVL_HOST_STORE, "{}");

}  // namespace
