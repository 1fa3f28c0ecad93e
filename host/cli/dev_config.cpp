#include "cli/dev_config.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>

#include "evloom/abi/format.h"
#include "evloom/abi/handler.h"
#include "evloom/abi/store.h"

#include "base/join.hpp"

namespace evloom::cli {

namespace {

// Nobody goes back to the epoch before: the file has changed.
constexpr const char* kHead = R"(# Made by `evloom dev`, for as long as it runs.
threads: 2
listen: [{{ http: "127.0.0.1:{}" }}]
admin: {{ unix: "{}", mode: "0600" }}
epochs: {{ rollback_window: 0s, drain_timeout: 5s }}
)";

constexpr const char* kHandler = R"(stores: {{ memory: {{ plugin: memory }} }}
formats: [text, json]
routes:
  - {{ path: "/", handler: {0}, store: memory, methods: [GET, POST, PUT, PATCH, DELETE] }}
  - {{ path: "/*", handler: {0}, store: memory, methods: [GET, POST, PUT, PATCH, DELETE] }}
)";

constexpr const char* kStore = R"(stores: {{ {0}: {{ plugin: {0} }} }}
formats: [text, json]
routes:
  - {{ path: "/", handler: stats, store: {0} }}
)";

constexpr const char* kFormat = R"(stores: {{ memory: {{ plugin: memory }} }}
formats: [{}]
routes:
  - {{ path: "/", handler: stats, store: memory }}
)";

}  // namespace

Result<std::string> dev_config(const plugin::PluginFacts& facts, std::uint16_t port,
                               const std::filesystem::path& admin) {
  const auto offers = [&facts](std::string_view id) {
    return std::find(facts.interfaces.begin(), facts.interfaces.end(), id) != facts.interfaces.end();
  };
  const std::string head = fmt::format(kHead, port, admin.string());
  if (offers(EVL_HANDLER)) return head + fmt::format(kHandler, facts.id);
  if (offers(EVL_STORE)) return head + fmt::format(kStore, facts.id);
  if (offers(EVL_FORMAT)) {
    std::string formats = facts.id;  // the first one answers clients without a preference
    for (const char* own : {"text", "json"})
      if (facts.id != own) formats += std::string(", ") + own;
    return head + fmt::format(kFormat, formats);
  }
  return Error{
      "plugin '" + facts.id + "' offers " + (facts.interfaces.empty() ? "nothing" : join(facts.interfaces)) +
      ": `evloom dev` serves handlers, stores and formats; name one of these in EVL_PLUGIN's INTERFACES"};
}

}  // namespace evloom::cli
