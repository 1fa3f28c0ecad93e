// Config: one YAML file as one immutable typed value. load() gives it, or everything that is wrong with the
// file. [any] A Config is read-only and shared; whatever refers to it holds the shared_ptr.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostics.hpp"
#include "config/environment.hpp"
#include "config/node.hpp"
#include "config/scalars.hpp"

namespace evloom::config {

// Where clients connect: a TCP address or a unix socket.
struct Listener {
  Position position;
  std::optional<Address> http;  // either this
  std::string unix_path;        // or this, absolute
  std::uint32_t mode = 0;       // of the unix socket
  int backlog = 0;
};

// Where commands come in. One of the two addresses, when it is on.
struct Admin {
  bool on = false;
  Position position;
  std::optional<Address> http;
  std::string unix_path;   // absolute
  std::uint32_t mode = 0;  // of the unix socket
  std::string token;       // with http; a secret
};

enum class InstanceKind : std::uint8_t { handler, store, format };
// "handler", "store", "format".
std::string_view to_string(InstanceKind kind);

// A plugin with its options, under a name that no other instance has.
struct Instance {
  InstanceKind kind = InstanceKind::handler;
  std::string name;
  std::string plugin;        // id
  Position position;         // of the plugin's id, or of the first place that names the instance
  Node options;              // a map: what the plugin's own schema still has to validate; never of type none
  bool secret_name = false;  // the name came from the environment
  bool implied = false;      // not written down: a route or `formats` names the plugin itself

  // Stores only.
  std::chrono::nanoseconds timeout{0};
  std::uint32_t queue = 0;

  // The path of the options for messages: "stores.counters".
  std::string where() const;
};

enum class Builtin : std::uint8_t { none, live, ready, metrics };
// "none", "live", "ready", "metrics".
std::string_view to_string(Builtin builtin);

struct Route {
  Position position;  // of its path
  std::string path;   // as written: "/x", "/x/{name}", "/x/*"
  std::vector<std::string> methods;
  Builtin builtin = Builtin::none;
  // Unless builtin: names of instances. `store` may be empty; `formats` never is.
  std::string handler;
  std::string store;
  std::vector<std::pair<std::string, std::string>> stores;  // further ones: role, name
  std::vector<std::string> formats;
};

struct Limits {
  std::chrono::nanoseconds head_timeout{0};
  std::chrono::nanoseconds body_timeout{0};
  std::chrono::nanoseconds reply_timeout{0};
  std::chrono::nanoseconds send_timeout{0};
  std::chrono::nanoseconds idle_timeout{0};
  std::size_t head_bytes = 0;
  std::size_t headers = 0;
  std::size_t body_bytes = 0;
  std::size_t body_memory = 0;
  std::size_t connections = 0;
  std::size_t requests_per_connection = 0;  // 0: no limit
};

// A change goes to one loop first and is watched there.
struct Canary {
  std::uint64_t requests = 0;
  std::chrono::nanoseconds timeout{0};
  double errors_percent = 0;  // 1.0 is 1 %
  double p99_factor = 0;
};

struct Epochs {
  std::chrono::nanoseconds preflight_timeout{0};
  std::chrono::nanoseconds hold_timeout{0};
  std::chrono::nanoseconds drain_timeout{0};
  std::chrono::nanoseconds rollback_window{0};  // 0: the epoch before is not kept
  std::optional<Canary> canary;
};

enum class LogLevel : std::uint8_t { trace, debug, info, warn, error, off };
enum class LogFormat : std::uint8_t { text, json };

struct Log {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::text;
  std::string output;  // "stderr", "stdout", or an absolute path
  bool access = false;
  std::vector<std::pair<std::string, LogLevel>> modules;
};

// The parts of the host that have a log level of their own; no instance may bear such a name.
const std::vector<std::string>& log_modules();

struct Config {
  std::filesystem::path file;  // as given to load(); a name for messages in load_text()
  unsigned threads = 0;        // 0: one for each processor
  std::vector<Listener> listen;
  Admin admin;
  std::vector<std::filesystem::path> plugin_path;  // empty: the host's own folder
  std::vector<Instance> instances;  // handlers, stores, formats; each kind in the order of the file
  std::vector<Route> routes;
  Limits limits;
  Epochs epochs;
  std::chrono::nanoseconds shutdown_timeout{0};
  Log log;
  unsigned work_threads = 0;

  // What it was read from. load_text() of its name, text and folder, in the same environment, gives this
  // Config again, also in another process, and whatever has become of the file. Never null.
  std::shared_ptr<const Source> source;

  // The whole validated tree, defaults included: for `dump`.
  Node root;

  // The instance of that name, or null.
  const Instance* instance(std::string_view name) const;
};

// A Config, or at least one error. Warnings may accompany a Config.
struct [[nodiscard]] LoadResult {
  std::shared_ptr<const Config> config;
  Diagnostics diagnostics;

  bool ok() const { return config != nullptr; }
  explicit operator bool() const { return ok(); }
};

// Reads the file, which is at most kMaxFileBytes long. Blocks on the disk: never on a loop.
LoadResult load(const std::filesystem::path& file, const Environment& environment);

// The same from memory. Relative paths in it start at `base_dir`, which should be absolute.
LoadResult load_text(std::string_view name, std::string text, const std::filesystem::path& base_dir,
                     const Environment& environment);

}  // namespace evloom::config
