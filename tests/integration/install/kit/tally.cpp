#include <string>

#include "evloom/task.hpp"

struct Tally {
  Tally(evl::Host, evl::Config options) : key(options["key"].text()) {}

  struct PerLoop {
    PerLoop(Tally& its_tally, evl::Loop) : tally(its_tally) {}

    evl::Task<> on_request(evl::Request& request) {
      const evl::Store store(request);
      request.text(200, std::to_string(co_await store.incr(tally.key)) + "\n");
    }

    Tally& tally;
  };

  std::string key;
};

EVL_HANDLER_PLUGIN(Tally, "tally", "1.0.0", "Counts its requests", "MIT", EVL_HOST_STORE, R"({
  "type": "object",
  "properties": { "key": { "type": "string", "default": "tally", "description": "Key of the counter." } }
})");
