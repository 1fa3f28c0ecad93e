#include "config/config.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/fd.hpp"
#include "config/options.hpp"
#include "config/rules.hpp"
#include "config/validate.hpp"
#include "config/yaml.hpp"

namespace evloom::config {
namespace {

LogLevel log_level(const Node& node) {
  constexpr std::string_view kLevels[] = {"trace", "debug", "info", "warn", "error", "off"};
  for (std::size_t i = 0; i < std::size(kLevels); ++i) {
    if (node.text() == kLevels[i]) return static_cast<LogLevel>(i);
  }
  return LogLevel::info;
}

Builtin builtin(const Node& node) {
  if (node.text() == "live") return Builtin::live;
  if (node.text() == "ready") return Builtin::ready;
  if (node.text() == "metrics") return Builtin::metrics;
  return Builtin::none;
}

std::size_t count(const Node& node) { return static_cast<std::size_t>(node.integer()); }

// A map without the keys that are the host's.
Node without(const Node& map, const Schema& hosts) {
  Node::Data data;
  data.type = Node::Type::map;
  data.position = map.position();
  data.is_default = map.is_default();
  for (const Entry& entry : map.entries()) {
    if (hosts.key(entry.key) == nullptr) data.entries.push_back(entry);
  }
  return Node(std::move(data));
}

// Fills a Config from the validated tree. Parts that are invalid are left out; the errors are already known.
class Reader {
 public:
  explicit Reader(const Node& tree) : tree_(tree) {}

  Config read() {
    config_.root = tree_;
    config_.threads = static_cast<unsigned>(tree_.get("threads").integer());
    for (const Node& node : tree_.get("listen").items()) listener(node);
    admin(tree_.get("admin"));
    for (const Node& node : tree_.get("plugins").get("path").items())
      config_.plugin_path.emplace_back(node.text());
    instances();
    for (const Node& node : tree_.get("routes").items()) route(node);
    limits(tree_.get("limits"));
    epochs(tree_.get("epochs"));
    config_.shutdown_timeout = tree_.get("shutdown").get("timeout").duration();
    log(tree_.get("log"));
    config_.work_threads = static_cast<unsigned>(tree_.get("work").get("threads").integer());
    std::stable_sort(config_.instances.begin(), config_.instances.end(),
                     [](const Instance& a, const Instance& b) { return a.kind < b.kind; });
    return std::move(config_);
  }

 private:
  void listener(const Node& node) {
    if (!node) return;
    Listener listener;
    listener.position = node.position();
    if (const Node http = node.get("http"); http) {
      listener.position = http.position();
      if (Result<Address> address = parse_address(http.text()); address) listener.http = std::move(*address);
    }
    if (const Node path = node.get("unix"); path) {
      listener.position = path.position();
      listener.unix_path = path.text();
    }
    listener.mode = static_cast<std::uint32_t>(node.get("mode").integer());
    listener.backlog = static_cast<int>(node.get("backlog").integer());
    config_.listen.push_back(std::move(listener));
  }

  void admin(const Node& node) {
    if (!node) return;
    Admin& admin = config_.admin;
    admin.on = true;
    admin.position = node.position();
    if (const Node http = node.get("http"); http) {
      admin.position = http.position();
      if (Result<Address> address = parse_address(http.text()); address) admin.http = std::move(*address);
    }
    if (const Node path = node.get("unix"); path) {
      admin.position = path.position();
      admin.unix_path = path.text();
    }
    admin.mode = static_cast<std::uint32_t>(node.get("mode").integer());
    admin.token = node.get("token").text();
  }

  void instances() {
    const Schema& schema = host_schema();
    for (const Entry& entry : tree_.get("handlers").entries()) {
      named(InstanceKind::handler, entry, schema.key("handlers")->values.front());
    }
    for (const Entry& entry : tree_.get("stores").entries()) {
      named(InstanceKind::store, entry, schema.key("stores")->values.front());
    }
    for (const Node& node : tree_.get("formats").items()) {
      if (node.is_scalar()) {
        implied(InstanceKind::format, node);
      } else if (const Node plugin = node.get("plugin"); plugin) {
        const Node name = node.get("name");
        if (name.type() == Node::Type::invalid) continue;
        Instance instance;
        instance.kind = InstanceKind::format;
        instance.name = name ? name.text() : plugin.text();
        instance.plugin = plugin.text();
        instance.position = name ? name.position() : plugin.position();
        instance.secret_name = name ? name.secret() : plugin.secret();
        for (const Schema& shape : schema.key("formats")->items.front().alternatives) {
          if (shape.kind == Kind::map) instance.options = without(node, shape);
        }
        config_.instances.push_back(std::move(instance));
      }
    }
  }

  void named(InstanceKind kind, const Entry& entry, const Schema& schema) {
    const Node plugin = entry.value.get("plugin");
    if (!plugin) return;
    Instance instance;
    instance.kind = kind;
    instance.name = entry.key;
    instance.plugin = plugin.text();
    instance.position = entry.position;
    instance.options = without(entry.value, schema);
    instance.timeout = entry.value.get("timeout").duration();
    instance.queue = static_cast<std::uint32_t>(entry.value.get("queue").integer());
    config_.instances.push_back(std::move(instance));
  }

  void implied(InstanceKind kind, const Node& name) {
    Instance instance;
    instance.kind = kind;
    instance.name = name.text();
    instance.plugin = name.text();
    instance.position = name.position();
    instance.secret_name = name.secret();
    Node::Data options;
    options.type = Node::Type::map;
    options.position = name.position();
    options.is_default = true;
    instance.options = Node(std::move(options));
    instance.implied = true;
    config_.instances.push_back(std::move(instance));
  }

  void route(const Node& node) {
    if (!node) return;
    Route route;
    route.position = node.get("path") ? node.get("path").position() : node.position();
    route.path = node.get("path").text();
    for (const Node& method : node.get("methods").items()) route.methods.push_back(method.text());
    route.builtin = builtin(node.get("builtin"));
    if (const Node handler = node.get("handler"); handler) {
      route.handler = handler.text();
      route.store = node.get("store").text();
      for (const Entry& entry : node.get("stores").entries())
        route.stores.emplace_back(entry.key, entry.value.text());
      for (const Node& format : node.get("formats").items()) route.formats.push_back(format.text());
      if (route.formats.empty()) {
        for (const Instance& instance : config_.instances) {
          if (instance.kind == InstanceKind::format) route.formats.push_back(instance.name);
        }
      }
      const bool known =
          std::any_of(config_.instances.begin(), config_.instances.end(), [&](const Instance& instance) {
            return instance.kind == InstanceKind::handler && instance.name == route.handler;
          });
      if (!known && tree_.get("handlers").get(route.handler).type() == Node::Type::none) {
        implied(InstanceKind::handler, handler);
      }
    }
    config_.routes.push_back(std::move(route));
  }

  void limits(const Node& node) {
    Limits& limits = config_.limits;
    limits.head_timeout = node.get("head_timeout").duration();
    limits.body_timeout = node.get("body_timeout").duration();
    limits.reply_timeout = node.get("reply_timeout").duration();
    limits.send_timeout = node.get("send_timeout").duration();
    limits.idle_timeout = node.get("idle_timeout").duration();
    limits.head_bytes = count(node.get("head_bytes"));
    limits.headers = count(node.get("headers"));
    limits.body_bytes = count(node.get("body_bytes"));
    limits.body_memory = count(node.get("body_memory"));
    limits.connections = count(node.get("connections"));
    limits.requests_per_connection = count(node.get("requests_per_connection"));
  }

  void epochs(const Node& node) {
    Epochs& epochs = config_.epochs;
    epochs.preflight_timeout = node.get("preflight_timeout").duration();
    epochs.hold_timeout = node.get("hold_timeout").duration();
    epochs.drain_timeout = node.get("drain_timeout").duration();
    epochs.rollback_window = node.get("rollback_window").duration();
    const Node canary = node.get("canary");
    if (!canary) return;
    epochs.canary = {.requests = static_cast<std::uint64_t>(canary.get("requests").integer()),
                     .timeout = canary.get("timeout").duration(),
                     .errors_percent = canary.get("errors").number(),
                     .p99_factor = canary.get("p99").number()};
  }

  void log(const Node& node) {
    config_.log.level = log_level(node.get("level"));
    config_.log.format = node.get("format").text() == "json" ? LogFormat::json : LogFormat::text;
    config_.log.output = node.get("output").text();
    config_.log.access = node.get("access").boolean();
    for (const Entry& entry : node.get("modules").entries()) {
      config_.log.modules.emplace_back(entry.key, log_level(entry.value));
    }
  }

  const Node& tree_;
  Config config_;
};

// The file's bytes, one more than the limit at most.
Result<std::string> read_file(const std::filesystem::path& file) {
  const auto failure = [&](const char* what) {
    return Error{std::string(what) + ": " + std::strerror(errno)};  // NOLINT(concurrency-mt-unsafe)
  };
  const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return failure("cannot open the file");
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return failure("cannot look at the file");
  if (S_ISDIR(status.st_mode)) return Error{"this is a folder, not a file"};
  std::string text;
  char buffer[16384];
  while (text.size() <= kMaxFileBytes) {
    const ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure("cannot read the file");
    if (got == 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

}  // namespace

std::string_view to_string(InstanceKind kind) {
  switch (kind) {
    case InstanceKind::handler:
      return "handler";
    case InstanceKind::store:
      return "store";
    case InstanceKind::format:
      return "format";
  }
  return "instance";
}

std::string_view to_string(Builtin builtin) {
  switch (builtin) {
    case Builtin::none:
      break;
    case Builtin::live:
      return "live";
    case Builtin::ready:
      return "ready";
    case Builtin::metrics:
      return "metrics";
  }
  return "none";
}

std::string Instance::where() const { return std::string(to_string(kind)) + "s." + name; }

const std::vector<std::string>& log_modules() {
  static const std::vector<std::string> modules = {"main", "epoch", "change", "admin",
                                                   "http", "log",   "access"};
  return modules;
}

const Instance* Config::instance(std::string_view name) const {
  for (const Instance& candidate : instances) {
    if (candidate.name == name) return &candidate;
  }
  return nullptr;
}

LoadResult load_text(std::string_view name, std::string text, const std::filesystem::path& base_dir,
                     const Environment& environment) {
  LoadResult result;
  const auto source = std::make_shared<const Source>(std::string(name), std::move(text), base_dir);
  Node tree = parse_yaml(source, result.diagnostics);
  if (tree.type() == Node::Type::invalid) return result;
  if (tree.type() == Node::Type::null) {
    // An empty file lacks what is required, like an empty map.
    Node::Data empty;
    empty.type = Node::Type::map;
    empty.position = tree.position();
    tree = Node(std::move(empty));
  }
  tree = substitute(tree, environment, result.diagnostics);
  tree = validate(host_schema(), tree, result.diagnostics);
  Config config = Reader(tree).read();
  config.file = name;
  config.source = source;
  check_rules(config, tree, result.diagnostics);
  if (!result.diagnostics.has_errors()) result.config = std::make_shared<const Config>(std::move(config));
  return result;
}

LoadResult load(const std::filesystem::path& file, const Environment& environment) {
  Result<std::string> text = read_file(file);
  if (!text) {
    LoadResult result;
    const auto source = std::make_shared<const Source>(file.string(), std::string(), std::filesystem::path());
    result.diagnostics.error({source, 0, 0, 0}, text.error().message);
    return result;
  }
  std::error_code ignored;
  const std::filesystem::path absolute = std::filesystem::absolute(file, ignored);
  return load_text(file.string(), std::move(*text), absolute.parent_path().lexically_normal(), environment);
}

}  // namespace evloom::config
