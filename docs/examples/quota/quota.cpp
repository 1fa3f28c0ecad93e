// quota: a handler with coroutines that works on two stores. Each client address may ask so many times
// without a pause; how often it has asked stands in the route's store, what it may ask in the store of the
// role "limits", where others write it. Routes name both:
//
//   - { path: /, handler: quota, store: counters, stores: { limits: settings } }
//
// Each co_await lets the loop do other things until the store has answered. The coroutine's memory is that of
// the request; when the client goes away meanwhile, the co_await throws, and nothing of it is left.
#include <charconv>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "evloom/task.hpp"

namespace {

class Quota {
 public:
  static constexpr bool renders = true;

  Quota(evl::Host, evl::Config options)
      : limit_(options["limit"].integer()),
        pause_(std::chrono::duration_cast<std::chrono::milliseconds>(options["pause"].duration()).count()) {}

  evl::Task<> on_request(evl::Request& request) const {
    evl::Store counters(request), limits(request, "limits");
    const std::string_view who = request.peer().address;

    const std::int64_t limit = co_await limit_of(limits, key(request, "limit:", who));
    const std::string_view count = key(request, "count:", who);
    // Both in one submit: a client that goes in between cannot leave a count that never ends.
    const auto [asked, there] = co_await counters.all(evl::incr(count), evl::expire(count, pause_));

    evl::Rendering answer(request, asked > limit ? 429 : 200);
    answer.field({"asked", "Asked"}, evl::integer(asked));
    answer.field({"limit", "Limit"}, evl::integer(limit));
    answer.finish();
  }

 private:
  // A coroutine of its own. What it is given out by the store is valid until the next co_await.
  evl::Task<std::int64_t> limit_of(evl::Store& limits, std::string_view key) const {
    std::int64_t limit = limit_;
    if (!limits) co_return limit;  // its route names no such store
    const auto text = co_await limits.get(key);
    if (text) std::from_chars(text->data(), text->data() + text->size(), limit);
    co_return limit;
  }

  static std::string_view key(evl::Request& request, std::string_view what, std::string_view who) {
    return request.keep(std::string(what).append(who));
  }

  const std::int64_t limit_;
  const std::int64_t pause_;  // milliseconds
};

}  // namespace

EVL_HANDLER_PLUGIN(Quota, "quota", "1.0.0", "Counts what each address may ask", "MIT", EVL_HOST_STORE, R"({
  "type": "object",
  "properties": {
    "limit": { "type": "integer", "minimum": 1, "default": 100,
               "description": "Requests of one address without a pause, unless the store of limits has another number." },
    "pause": { "type": "string", "format": "duration", "minimum": "1s", "default": "1m",
                "description": "An address that asks nothing for so long begins anew." }
  }
})");
