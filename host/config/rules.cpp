#include "config/rules.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/join.hpp"
#include "config/suggest.hpp"

namespace evloom::config {
namespace {

bool name_start(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }
bool name_part(char c) { return name_start(c) || (c >= '0' && c <= '9'); }

// A character of a path that needs no percent-encoding (RFC 3986, pchar, without `*` and `%`).
bool path_char(char c) {
  return name_part(c) || std::string_view("-.~!$&'()+,;=:@").find(c) != std::string_view::npos;
}

bool token_char(char c) {
  return name_part(c) || std::string_view("-.~+/").find(c) != std::string_view::npos;
}

// Names that came from the environment are known, but not to be told.
std::vector<std::string> names_to_tell(const Config& config, InstanceKind kind) {
  std::vector<std::string> names;
  for (const Instance& instance : config.instances) {
    if (instance.kind == kind && !instance.secret_name) names.push_back(instance.name);
  }
  return names;
}

bool has(const Config& config, InstanceKind kind, std::string_view name) {
  return std::any_of(config.instances.begin(), config.instances.end(), [&](const Instance& instance) {
    return instance.kind == kind && instance.name == name;
  });
}

std::string label(const Instance& instance) {
  return instance.secret_name ? "***" : in_quotes(instance.name);
}

std::string line_of(const Position& position) { return "line " + std::to_string(position.line); }

class Rules {
 public:
  Rules(const Config& config, const Node& tree, Diagnostics& diagnostics)
      : config_(config), tree_(tree), diagnostics_(diagnostics) {}

  void check() {
    listeners();
    token();
    instances();
    format_doubles();
    const Node routes = tree_.get("routes");
    for (std::size_t i = 0; i < routes.items().size(); ++i) {
      route(routes.items()[i], "routes[" + std::to_string(i) + "]");
    }
    log();
  }

 private:
  void unknown(const Node& name, const std::string& where, InstanceKind kind) {
    if (diagnostics_.full()) {
      diagnostics_.error(name.position(), "unknown name");
      return;
    }
    const std::vector<std::string> known = names_to_tell(config_, kind);
    const std::string what(to_string(kind));
    std::string hint = known.empty() ? "add it to the section `" + what + "s`" : "known: " + join(known);
    if (!name.secret()) hint = did_you_mean(name.text(), known, std::move(hint));
    diagnostics_.error(name.position(), where + ": unknown " + what + " " + show(name), std::move(hint));
  }

  void listeners() {
    std::map<std::string, Position> seen;
    const auto check = [&](const auto& place, const char* section) {
      if (place.http && place.http->port == 0) return;
      const std::string address = place.http ? place.http->to_string() : place.unix_path;
      if (address.empty()) return;
      const auto [first, fresh] = seen.try_emplace(address, place.position);
      if (fresh) return;
      diagnostics_.error(place.position, std::string(section) + ": this address is doubled",
                         "it stands already in " + line_of(first->second) + "; remove one");
    };
    for (const Listener& listener : config_.listen) check(listener, "listen");
    check(config_.admin, "admin");
  }

  // It has to fit into a header as it is (RFC 6750, b64token).
  void token() {
    const Node token = tree_.get("admin").get("token");
    const std::string_view text = token.text();
    const std::size_t end = std::min(text.find_last_not_of('=') + 1, text.size());
    if (std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), token_char)) return;
    diagnostics_.error(token.position(),
                       "admin.token: there is a character in it that cannot stand in a header",
                       "use letters, digits, '-', '.', '_', '~', '+' and '/', and '=' at the end");
  }

  // Names are unique over all kinds: the log, the metrics and `swap` know an instance by its name alone.
  void instances() {
    std::map<std::string, const Instance*> seen;
    for (const Instance& instance : config_.instances) {
      const std::vector<std::string>& modules = log_modules();
      if (std::find(modules.begin(), modules.end(), instance.name) != modules.end()) {
        diagnostics_.error(instance.position,
                           "the " + std::string(to_string(instance.kind)) + " cannot be named " +
                               label(instance) + ": a part of the host bears that name",
                           "choose a name other than " + join(modules));
      }
      const auto [first, fresh] = seen.try_emplace(instance.name, &instance);
      if (fresh || first->second->kind == instance.kind) continue;
      diagnostics_.error(instance.position,
                         "the name " + label(instance) + " of this " + std::string(to_string(instance.kind)) +
                             " is that of a " + std::string(to_string(first->second->kind)) + ", too",
                         "names are unique over handlers, stores and formats; the other one is in " +
                             line_of(first->second->position));
    }
  }

  void format_doubles() {
    std::map<std::string, Position> seen;
    for (const Instance& instance : config_.instances) {
      if (instance.kind != InstanceKind::format) continue;
      const auto [first, fresh] = seen.try_emplace(instance.name, instance.position);
      if (fresh) continue;
      diagnostics_.error(
          instance.position, "formats: the name " + label(instance) + " is doubled",
          "it stands already in " + line_of(first->second) + "; give one of them another `name`");
    }
  }

  void route(const Node& route, const std::string& where) {
    if (!route) return;
    if (const Node path = route.get("path"); path) {
      const std::string fault = route_path_fault(path.text());
      if (!fault.empty()) {
        diagnostics_.error(path.position(), where + ".path: " + show(path) + " is not the path of a route",
                           path.secret() ? std::string() : fault);
      } else {
        doubles(route, path, where);
      }
    }
    if (const Node store = route.get("store"); store) known_store(store, where + ".store");
    for (const Entry& entry : route.get("stores").entries())
      if (entry.value) known_store(entry.value, where + ".stores." + entry.key);
    std::set<std::string> offered;
    for (const Node& format : route.get("formats").items()) {
      if (!format) continue;
      if (!has(config_, InstanceKind::format, format.text())) {
        if (formats_whole()) unknown(format, where + ".formats", InstanceKind::format);
      } else if (!offered.insert(format.text()).second) {
        diagnostics_.error(format.position(), where + ".formats: " + show(format) + " is doubled",
                           "remove one");
      }
    }
  }

  void known_store(const Node& store, const std::string& where) {
    if (!has(config_, InstanceKind::store, store.text()) && !broken("stores", store.text()))
      unknown(store, where, InstanceKind::store);
  }

  // An instance that has errors of its own was left out: its name is not unknown.
  bool broken(std::string_view section, std::string_view name) const {
    const Node map = tree_.get(section);
    return map.type() == Node::Type::invalid || map.get(name).type() != Node::Type::none;
  }
  bool formats_whole() const {
    const Node list = tree_.get("formats");
    return list.is_list() && std::all_of(list.items().begin(), list.items().end(),
                                         [](const Node& item) { return static_cast<bool>(item); });
  }

  void doubles(const Node& route, const Node& path, const std::string& where) {
    std::set<std::string> own;
    for (const Node& method : route.get("methods").items()) {
      if (!method) continue;
      if (!own.insert(method.text()).second) {
        diagnostics_.error(method.position(), where + ".methods: " + show(method) + " is doubled",
                           "remove one");
        continue;
      }
      const auto [first, fresh] =
          served_.try_emplace(method.text() + " " + route_path_shape(path.text()), path.position());
      if (fresh) continue;
      diagnostics_.error(path.position(),
                         where + ".path: " + show(path) + " is already routed for " + method.text(),
                         "the other route is in " + line_of(first->second));
    }
  }

  void log() {
    std::vector<std::string> known = log_modules();
    for (const Instance& instance : config_.instances) {
      if (!instance.secret_name) known.push_back(instance.name);
    }
    for (const Entry& entry : tree_.get("log").get("modules").entries()) {
      if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
      if (config_.instance(entry.key) != nullptr) continue;
      if (broken("stores", entry.key) || broken("handlers", entry.key) || !formats_whole()) continue;
      diagnostics_.error(entry.position, "log.modules: unknown module " + in_quotes(entry.key),
                         did_you_mean(entry.key, known, "known: " + join(known)));
    }
  }

  const Config& config_;
  const Node& tree_;
  Diagnostics& diagnostics_;
  std::map<std::string, Position> served_;  // "GET /x" -> its route
};

}  // namespace

std::string route_path_fault(std::string_view path) {
  if (!path.starts_with('/')) return "a path begins with \"/\"";
  std::set<std::string_view> names;
  for (std::size_t at = 1; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view segment = path.substr(at, end - at);
    const bool last = end == path.size();
    at = end + 1;
    if (segment.empty() && !last) return "two slashes in a row never match: requests are normalised first";
    if (segment == "." || segment == "..")
      return "\".\" and \"..\" never match: requests are normalised first";
    if (segment == "*") {
      if (!last) return "\"*\" stands for all that follows, so only at the end";
      continue;
    }
    if (segment.starts_with('{')) {
      const std::string_view name = segment.substr(1, segment.size() - 1 - (segment.ends_with('}') ? 1 : 0));
      const bool good = segment.ends_with('}') && !name.empty() && name_start(name.front()) &&
                        std::all_of(name.begin(), name.end(), name_part);
      if (!good) return "a parameter is a whole segment, such as \"/{name}\", of letters, digits and '_'";
      if (!names.insert(name).second) return "two parameters have the name " + in_quotes(name);
      continue;
    }
    for (const char c : segment) {
      if (c == '*') return "\"*\" must be a segment of its own: \"/x/*\"";
      if (c == '{' || c == '}') return "a parameter must be a segment of its own: \"/x/{name}\"";
      if (c == '?' || c == '#') return "a path ends before the query";
      if (c == '%') return "write the character itself: requests are decoded before they are matched";
      if (!path_char(c) && (static_cast<unsigned char>(c) < 0x80U))
        return "the character " + in_quotes({&c, 1}) + " cannot stand in a path";
    }
  }
  return {};
}

std::string route_path_shape(std::string_view path) {
  std::string shape;
  bool inside = false;
  for (const char c : path) {
    if (c == '{') inside = true;
    if (!inside || c == '{' || c == '}') shape += c;
    if (c == '}') inside = false;
  }
  return shape;
}

void check_rules(const Config& config, const Node& tree, Diagnostics& diagnostics) {
  Rules(config, tree, diagnostics).check();
}

}  // namespace evloom::config
