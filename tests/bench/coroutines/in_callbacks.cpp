// The handler of the benchmark in C++ with replies as functions: three submits, one inside the other.
#include <cstdio>

#include "evloom/handler.hpp"
#include "evloom/store.hpp"

namespace {

struct InCallbacks {
  InCallbacks(evl::Host, evl::Config) {}

  void on_request(evl::Request& request) const {
    const evl_status status =
        evl::Store(request).submit({evl::incr("total")}, [](evl::Request& r, const evl::Results& results) {
          if (results.status() != EVL_OK) return failed(r, results.status());
          mine(r, results[0].integer);
        });
    if (status != EVL_OK) failed(request, status);
  }

 private:
  static void failed(evl::Request& request, evl_status status) { request.fail(status, "the store failed"); }

  static void mine(evl::Request& request, std::int64_t total) {
    const evl_status status = evl::Store(request).submit(
        {evl::incr("mine"), evl::set_size("seen")}, [total](evl::Request& r, const evl::Results& results) {
          if (results.status() != EVL_OK) return failed(r, results.status());
          name(r, total, results[0].integer, results[1].integer);
        });
    if (status != EVL_OK) failed(request, status);
  }

  static void name(evl::Request& request, std::int64_t total, std::int64_t mine, std::int64_t seen) {
    const evl_status status = evl::Store(request).submit(
        {evl::get("name")}, [total, mine, seen](evl::Request& r, const evl::Results& results) {
          if (results.status() != EVL_OK) return failed(r, results.status());
          const std::string_view name =
              results[0].item_count != 0 ? evl::view(results[0].items[0]) : std::string_view("nobody");
          char body[128];
          const int size = std::snprintf(
              body, sizeof body, "%.*s %lld %lld %lld\n", static_cast<int>(name.size()), name.data(),
              static_cast<long long>(total), static_cast<long long>(mine), static_cast<long long>(seen));
          r.text(200, {body, static_cast<std::size_t>(size)});
        });
    if (status != EVL_OK) failed(request, status);
  }
};

EVL_HANDLER_PLUGIN(InCallbacks, "in_callbacks", "1.0.0", "Three submits, as callbacks", "MIT", EVL_HOST_STORE,
                   "{}");

}  // namespace
