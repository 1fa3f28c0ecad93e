#include "config/options.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "config/scalars.hpp"

namespace evloom::config {
namespace {

// Rows of one section stand together, in the order of the reference page.
constexpr Option kOptions[] = {
    {.at = "", .kind = Kind::map, .doc = "One file configures one host."},

    {.at = "threads",
     .kind = Kind::integer,
     .fallback = "auto",
     .min = "1",
     .max = "256",
     .words = "auto",
     .example = "4",
     .doc =
         "Threads that serve requests, each with its own event loop. `auto`: one for each processor that the "
         "process may use."},

    // What clients connect to.
    {.at = "listen",
     .kind = Kind::list,
     .fallback = "[{http: \"127.0.0.1:9090\"}]",
     .min = "1",
     .max = "64",
     .doc = "Where the host accepts connections. Each entry has either `http` or `unix`."},
    {.at = "listen[]", .kind = Kind::map, .exactly_one = "http|unix", .doc = "One listener."},
    {.at = "listen[].http",
     .kind = Kind::address,
     .example = "\"127.0.0.1:9090\"",
     .doc = "TCP address. Port 0 takes a free port. `0.0.0.0` is every IPv4 address of the machine, `[::]` "
            "every "
            "IPv6 one."},
    {.at = "listen[].unix",
     .kind = Kind::path,
     .max = "107",
     .example = "../run/http.sock",
     .doc = "Unix socket to create."},
    {.at = "listen[].mode",
     .kind = Kind::mode,
     .fallback = "\"0660\"",
     .needs = "unix",
     .example = "\"0600\"",
     .doc = "Permissions of the unix socket, octal."},
    {.at = "listen[].backlog",
     .kind = Kind::integer,
     .fallback = "1024",
     .min = "1",
     .max = "65535",
     .doc = "Connections that the kernel keeps waiting to be accepted, for each thread."},

    {.at = "plugins", .kind = Kind::map, .doc = "Where plugin files are."},
    {.at = "plugins.path",
     .kind = Kind::list,
     .fallback = "[]",
     .max = "64",
     .example = "[../my-plugins]",
     .doc =
         "Folders that are searched for plugins, in this order. Empty: the folder of the host's own plugins, "
         "`../lib/evloom/plugins` seen from the program."},
    {.at = "plugins.path[]", .kind = Kind::path, .doc = "A folder."},

    // Instances: a plugin and its options, under a name. Names are unique over all three kinds.
    {.at = "handlers",
     .kind = Kind::map,
     .max = "1024",
     .doc = "Handlers, under names that routes use. A route may also name a plugin itself; then it runs with "
            "the "
            "defaults of its options."},
    {.at = "handlers.*",
     .kind = Kind::map,
     .open = true,
     .doc = "A handler. The plugin's own options stand beside `plugin`."},
    {.at = "handlers.*.plugin",
     .kind = Kind::name,
     .example = "stats",
     .required = true,
     .doc = "Id of the plugin."},

    {.at = "stores", .kind = Kind::map, .max = "1024", .doc = "Stores, under names that routes use."},
    {.at = "stores.*",
     .kind = Kind::map,
     .open = true,
     .doc = "A store. The plugin's own options stand beside these."},
    {.at = "stores.*.plugin",
     .kind = Kind::name,
     .example = "memory",
     .required = true,
     .doc = "Id of the plugin."},
    {.at = "stores.*.timeout",
     .kind = Kind::duration,
     .fallback = "2s",
     .min = "1ms",
     .max = "1h",
     .doc = "The longest that a request waits for the store; past it the answer is 503."},
    {.at = "stores.*.queue",
     .kind = Kind::integer,
     .fallback = "4096",
     .min = "1",
     .max = "1048576",
     .doc = "Requests on one thread that may wait for the store; one more is answered with 503 at once."},

    {.at = "formats",
     .kind = Kind::list,
     .fallback = "[text, json]",
     .min = "1",
     .max = "64",
     .doc =
         "Formats that an answer may have, the preferred one first: the name of a plugin, or a map with its "
         "options. A client chooses with the header `Accept`."},
    {.at = "formats[]", .kind = Kind::one_of, .doc = "A format."},
    {.at = "formats[]<name>",
     .kind = Kind::name,
     .example = "text",
     .doc = "Id of the plugin, which runs with the defaults of its options."},
    {.at = "formats[]<map>",
     .kind = Kind::map,
     .open = true,
     .doc = "A format with options. The plugin's own options stand beside these."},
    {.at = "formats[]<map>.plugin",
     .kind = Kind::name,
     .example = "json",
     .required = true,
     .doc = "Id of the plugin."},
    {.at = "formats[]<map>.name",
     .kind = Kind::name,
     .example = "pretty",
     .doc = "Name that routes use; without it the plugin's id."},

    // What is served where.
    {.at = "routes",
     .kind = Kind::list,
     .min = "1",
     .max = "4096",
     .example = "[{path: \"/\", handler: stats}]",
     .required = true,
     .doc = "What is served where. Each entry has either `handler` or `builtin`."},
    {.at = "routes[]", .kind = Kind::map, .exactly_one = "handler|builtin", .doc = "One route."},
    {.at = "routes[].path",
     .kind = Kind::string,
     .min = "1",
     .max = "1024",
     .example = "\"/hello\"",
     .required = true,
     .doc = "Path to match: `/x` exactly, `/x/{name}` with any one segment, `/x/*` with anything below. An "
            "exact "
            "match wins over a segment, a segment over the longest `*`."},
    {.at = "routes[].methods",
     .kind = Kind::list,
     .fallback = "[GET]",
     .min = "1",
     .max = "16",
     .doc = "Methods to serve. `GET` also serves `HEAD`; any other method is answered with 405."},
    {.at = "routes[].methods[]",
     .kind = Kind::choice,
     .words = "GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS",
     .doc = "A method."},
    {.at = "routes[].handler",
     .kind = Kind::name,
     .example = "stats",
     .doc = "A name from `handlers`, or the id of a plugin."},
    {.at = "routes[].store",
     .kind = Kind::name,
     .needs = "handler",
     .example = "counters",
     .doc = "A name from `stores`: the store that the handler works on."},
    {.at = "routes[].formats",
     .kind = Kind::list,
     .min = "1",
     .max = "64",
     .needs = "handler",
     .example = "[json]",
     .doc = "Names from `formats` that this route offers, the preferred one first. Without it: all."},
    {.at = "routes[].formats[]", .kind = Kind::name, .example = "text", .doc = "A name from `formats`."},
    {.at = "routes[].builtin",
     .kind = Kind::choice,
     .words = "live|ready|metrics",
     .doc = "An answer of the host itself. `live`: 200 while the process runs; `ready`: 200 while it can "
            "serve, else "
            "503; `metrics`: counters in the text format of Prometheus."},

    // What one client may take. A limit of time runs for each connection on its own.
    {.at = "limits", .kind = Kind::map, .doc = "What a client may take before it is cut off."},
    {.at = "limits.head_timeout",
     .kind = Kind::duration,
     .fallback = "10s",
     .min = "100ms",
     .max = "1h",
     .doc = "From the first byte of a request to the end of its head; past it 408."},
    {.at = "limits.body_timeout",
     .kind = Kind::duration,
     .fallback = "30s",
     .min = "100ms",
     .max = "24h",
     .doc = "From the end of the head to the end of the body; past it 408."},
    {.at = "limits.reply_timeout",
     .kind = Kind::duration,
     .fallback = "5s",
     .min = "100ms",
     .max = "24h",
     .doc = "From the whole request to its answer; past it the handler is told to stop and the client gets "
            "503."},
    {.at = "limits.send_timeout",
     .kind = Kind::duration,
     .fallback = "30s",
     .min = "100ms",
     .max = "24h",
     .doc = "In each such time a client has to read 16 KiB of an answer, or its rest; else it is closed."},
    {.at = "limits.idle_timeout",
     .kind = Kind::duration,
     .fallback = "60s",
     .min = "100ms",
     .max = "24h",
     .doc = "The longest that a connection stays open between two requests."},
    {.at = "limits.head_bytes",
     .kind = Kind::size,
     .fallback = "16KiB",
     .min = "1KiB",
     .max = "60KiB",
     .doc = "Size of a request's head; a larger one is answered with 431, a longer target with 414."},
    {.at = "limits.headers",
     .kind = Kind::integer,
     .fallback = "100",
     .min = "1",
     .max = "128",
     .doc = "Headers of a request; more are answered with 431."},
    {.at = "limits.body_bytes",
     .kind = Kind::size,
     .fallback = "1MiB",
     .min = "0",
     .max = "1GiB",
     .doc = "Size of a request's body; a larger one is answered with 413."},
    {.at = "limits.body_memory",
     .kind = Kind::size,
     .fallback = "256MiB",
     .min = "1MiB",
     .max = "1024GiB",
     .doc = "Request bodies in memory at once, over all connections; past it 503."},
    {.at = "limits.connections",
     .kind = Kind::integer,
     .fallback = "10000",
     .min = "1",
     .max = "1000000",
     .doc = "Connections open at once, over all threads; further ones are answered with 503, or closed."},
    {.at = "limits.requests_per_connection",
     .kind = Kind::integer,
     .fallback = "0",
     .min = "0",
     .max = "2147483647",
     .doc = "Requests after which a connection is closed. 0: no limit."},

    {.at = "shutdown", .kind = Kind::map, .doc = "How the host stops."},
    {.at = "shutdown.timeout",
     .kind = Kind::duration,
     .fallback = "10s",
     .min = "0s",
     .max = "1h",
     .doc = "Time that requests under way get after SIGTERM; then their connections are closed."},

    {.at = "log", .kind = Kind::map, .doc = "What the host writes about itself."},
    {.at = "log.level",
     .kind = Kind::choice,
     .fallback = "info",
     .words = "trace|debug|info|warn|error|off",
     .doc = "The least grave line that is written."},
    {.at = "log.format",
     .kind = Kind::choice,
     .fallback = "text",
     .words = "text|json",
     .doc = "`text` for people, `json` for programs: one object a line."},
    {.at = "log.output",
     .kind = Kind::path,
     .fallback = "stderr",
     .words = "stderr|stdout",
     .example = "../run/evloom.log",
     .doc = "Where to: a stream, or a file to append to."},
    {.at = "log.access", .kind = Kind::boolean, .fallback = "false", .doc = "A line for every request."},
    {.at = "log.modules",
     .kind = Kind::map,
     .max = "4096",
     .doc = "Levels of single modules, over `log.level`. A module is a part of the host (`main`, "
            "`epoch`, `http`, `log`, `access`) or the name of a handler, store or format."},
    {.at = "log.modules.*",
     .kind = Kind::choice,
     .words = "trace|debug|info|warn|error|off",
     .doc = "Level of this module."},

    {.at = "work", .kind = Kind::map, .doc = "The pool for work that blocks, which plugins may hand over."},
    {.at = "work.threads",
     .kind = Kind::integer,
     .fallback = "2",
     .min = "1",
     .max = "64",
     .doc = "Threads of the pool."},
};

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t bar = std::min(text.find('|'), text.size());
    words.emplace_back(text.substr(0, bar));
    text.remove_prefix(std::min(bar + 1, text.size()));
  }
  return words;
}

// A bound in the notation of the row's kind. The table is part of the program: a bad one is a bug.
std::int64_t bound(Kind kind, std::string_view text) {
  const Result<std::int64_t> value = kind == Kind::duration ? parse_duration(text)
                                     : kind == Kind::size   ? parse_size(text)
                                                            : parse_integer(text);
  return value.ok() ? *value : 0;
}

Schema leaf(const Option& option) {
  Schema schema;
  schema.kind = option.kind;
  schema.doc = option.doc;
  schema.example = option.example;
  schema.default_text = option.fallback;
  schema.required = option.required;
  schema.open = option.open;
  schema.needs = option.needs;
  schema.words = split_words(option.words);
  schema.exactly_one = split_words(option.exactly_one);
  if (!option.min.empty()) schema.min = bound(option.kind, option.min);
  if (!option.max.empty()) schema.max = bound(option.kind, option.max);
  return schema;
}

// Goes down the path of a row, and adds its schema at the end.
void insert(Schema& root, const Option& option) {
  Schema* at = &root;
  std::string_view rest = option.at;
  while (!rest.empty()) {
    std::vector<Schema>* place = nullptr;
    std::string_view name;
    if (rest.starts_with("[]")) {
      place = &at->items;
      rest.remove_prefix(2);
    } else if (rest.starts_with('<')) {
      place = &at->alternatives;
      name = rest.substr(1, rest.find('>') - 1);
      rest.remove_prefix(name.size() + 2);
    } else {
      if (rest.starts_with('.')) rest.remove_prefix(1);
      name = rest.substr(0, rest.find_first_of(".[<"));
      rest.remove_prefix(name.size());
      place = name == "*" ? &at->values : &at->keys;
      if (name == "*") name = {};
    }
    Schema* found = nullptr;
    for (Schema& child : *place) {
      if (child.name == name) found = &child;
    }
    if (found == nullptr) {
      Schema fresh = leaf(option);
      fresh.name = name;
      found = &place->emplace_back(std::move(fresh));
    }
    at = found;
  }
}

}  // namespace

std::span<const Option> host_options() { return kOptions; }

const Schema& host_schema() {
  static const Schema schema = [] {
    Schema root = leaf(kOptions[0]);
    for (const Option& option : host_options().subspan(1)) insert(root, option);
    if (const Status status = fill_defaults(root); !status) {
      std::fprintf(stderr, "evloom: table of options: %s\n", status.error().message.c_str());
      std::abort();
    }
    return root;
  }();
  return schema;
}

}  // namespace evloom::config
