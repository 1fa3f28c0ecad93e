// oldest_render: a handler by the C++ layer of the oldest headers, that renders what its store says.
#include "evloom/handler.hpp"

namespace {

struct Render {
  static constexpr bool renders = true;
  Render(evl::Host, evl::Config) {}

  void on_request(evl::Request& request) const {
    const evl_bytes member{"two", 3};
    evl::Store store(request);
    const evl_status status = store.submit(
        {evl::incr("render:total"), evl::set_add("render:set", {&member, 1}), evl::set_read("render:set")},
        [](evl::Request& r, const evl::Results& results) {
          if (results.status() != EVL_OK) return void(r.fail(results.status(), "not counted"));
          evl::Rendering answer(r, 200);
          answer.field({"total", "Total"}, evl::integer(results[0].integer));
          answer.list({"set", "Set"});
          for (std::size_t i = 0; i < results[2].item_count; ++i) {
            const evl_value item = evl::text(evl::view(results[2].items[i]));
            answer.items({&item, 1});
          }
          answer.end();
          answer.finish();
        });
    if (status != EVL_OK) request.fail(status, "not counted");
  }
};

}  // namespace

EVL_HANDLER_PLUGIN(Render, "oldest_render", "1.0.0", "A test", "MIT", EVL_HOST_STORE, "{}");
