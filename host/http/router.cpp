// Building of the route tree and the search in it.
#include "http/router.hpp"

#include <algorithm>

#include "http/chars.hpp"

namespace evloom::http {

namespace {

Error bad_pattern(std::string_view pattern, std::string_view why) {
  return {"route \"" + std::string(pattern) + "\": " + std::string(why)};
}

bool is_param_name(std::string_view name) {
  if (name.empty() || is_digit(name.front())) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return c == '_' || is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
  });
}

struct Pattern {
  std::vector<std::string_view> segments;                // "/a/" has two, the second empty; "/*" is left out
  std::vector<std::pair<std::string, uint32_t>> params;  // name, segment
  bool wild = false;
};

Result<Pattern> parse_pattern(std::string_view text) {
  Pattern pattern;
  if (!text.starts_with('/')) return bad_pattern(text, "a path begins with '/'");
  if (text.find_first_of("?#") != std::string_view::npos) {
    return bad_pattern(text, "a route is a path alone; leave out the '?' or '#' and what follows");
  }
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at + 1;
    const size_t end = std::min(text.find('/', begin), text.size());
    const std::string_view segment = text.substr(begin, end - begin);
    const bool last = end == text.size();
    at = end;
    if (segment == "*" && last) {
      pattern.wild = true;
      break;
    }
    if (segment.empty() && !last) return bad_pattern(text, "it has an empty segment; write single slashes");
    if (segment == "." || segment == "..")
      return bad_pattern(text, "\".\" and \"..\" never arrive; write the path out");
    if (segment.find('*') != std::string_view::npos) {
      return bad_pattern(text, "'*' stands alone as the last segment, as in \"/files/*\"");
    }
    const size_t percent = segment.find('%');
    if (percent != std::string_view::npos)
      return bad_pattern(text, "paths are compared decoded; write the character itself");
    if (segment.find_first_of("{}") != std::string_view::npos) {
      const bool whole = segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
      const std::string_view name = whole ? segment.substr(1, segment.size() - 2) : std::string_view{};
      if (!is_param_name(name)) {
        return bad_pattern(
            text, "a parameter is a whole segment with a name of letters, digits and '_', as in \"{id}\"");
      }
      for (const auto& [other, index] : pattern.params) {
        if (other == name) return bad_pattern(text, "two parameters have one name; rename one");
      }
      pattern.params.emplace_back(name, static_cast<uint32_t>(pattern.segments.size()));
    }
    pattern.segments.push_back(segment);
  }
  if (pattern.segments.size() > kMaxRouteSegments)
    return bad_pattern(text, "it has more than 32 segments; shorten it");
  if (pattern.params.size() > kMaxRouteParams)
    return bad_pattern(text, "it has more than 8 parameters; use fewer");
  return pattern;
}

}  // namespace

// One path on its way through the tree.
struct Router::Search {
  // One more than a pattern has: a longer path than that matches nothing but "/*".
  std::array<std::string_view, kMaxRouteSegments + 1> segments;
  size_t count = 0;
  uint32_t found = kNone;
  uint32_t wild = kNone;
  size_t wild_depth = 0;
};

Result<Router> Router::build(std::span<const RouteSpec> routes) {
  Router router;
  router.nodes_.emplace_back();
  for (const RouteSpec& spec : routes) {
    if (Status added = router.add(spec); !added) return added.error();
  }
  router.finish();
  return router;
}

Status Router::add(const RouteSpec& spec) {
  Result<Pattern> parsed = parse_pattern(spec.pattern);
  if (!parsed) return parsed.error();
  const Pattern& pattern = *parsed;
  if (spec.methods.empty()) return bad_pattern(spec.pattern, "it names no method; name one, such as GET");

  uint32_t* place = nullptr;
  if (pattern.params.empty() && !pattern.wild) {
    place = &exact_.try_emplace(spec.pattern, kNone).first->second;
  } else {
    uint32_t node = 0;
    for (size_t i = 0; i < pattern.segments.size(); ++i) {
      const bool param = std::any_of(pattern.params.begin(), pattern.params.end(),
                                     [&](const auto& entry) { return entry.second == i; });
      const auto fresh = static_cast<uint32_t>(nodes_.size());
      uint32_t next = fresh;
      if (param) {
        if (nodes_[node].param_child == kNone) nodes_[node].param_child = fresh;
        next = nodes_[node].param_child;
      } else {
        auto& children = nodes_[node].children;
        const auto at =
            std::lower_bound(children.begin(), children.end(), pattern.segments[i],
                             [](const auto& child, std::string_view name) { return child.first < name; });
        if (at != children.end() && at->first == pattern.segments[i]) {
          next = at->second;
        } else {
          children.emplace(at, pattern.segments[i], fresh);
        }
      }
      if (next == fresh) nodes_.emplace_back();
      node = next;
    }
    place = pattern.wild ? &nodes_[node].wild_endpoint : &nodes_[node].endpoint;
  }

  if (*place == kNone) {
    *place = static_cast<uint32_t>(endpoints_.size());
    Endpoint& made = endpoints_.emplace_back();
    made.pattern = spec.pattern;
    made.value.fill(kNone);
    made.params = pattern.params;
    made.fixed_segments = static_cast<uint32_t>(pattern.segments.size());
  }
  Endpoint& endpoint = endpoints_[*place];
  if (endpoint.params != pattern.params) {
    return bad_pattern(spec.pattern,
                       "it is \"" + endpoint.pattern + "\" with other names; use the same names in both");
  }
  for (size_t i = 0; i < kMethodCount; ++i) {
    if (!spec.methods.has(static_cast<Method>(i))) continue;
    if (endpoint.methods.has(static_cast<Method>(i))) {
      return bad_pattern(spec.pattern,
                         std::string(method_name(static_cast<Method>(i))) +
                             " is routed twice; remove one of the routes or the method from it");
    }
    endpoint.value[i] = spec.value;
  }
  endpoint.methods.add(spec.methods);
  return {};
}

void Router::finish() {
  for (Endpoint& endpoint : endpoints_) {
    if (endpoint.methods.has(Method::get) && !endpoint.methods.has(Method::head)) {
      endpoint.methods.add(Method::head);
      endpoint.value[static_cast<size_t>(Method::head)] = endpoint.value[static_cast<size_t>(Method::get)];
    }
    endpoint.allow = endpoint.methods.allow();
    all_methods_.add(endpoint.methods);
  }
  allow_all_ = all_methods_.allow();
}

Match Router::match(Method method, std::string_view path) const {
  Match none;
  if (method == Method::other) {
    none.outcome = MatchOutcome::not_implemented;
    return none;
  }
  if (const auto exact = exact_.find(path); exact != exact_.end())
    return answer(endpoints_[exact->second], method);
  if (path == "*" && method == Method::options) {
    none.outcome = MatchOutcome::server_options;
    none.allow = allow_all_;
    return none;
  }
  if (nodes_.empty() || !path.starts_with('/')) return none;

  Search state;
  for (size_t at = 0; at < path.size() && state.count < state.segments.size();) {
    const size_t end = std::min(path.find('/', at + 1), path.size());
    state.segments[state.count++] = path.substr(at + 1, end - at - 1);
    at = end;
  }
  search(state, 0, 0);
  const uint32_t chosen = state.found != kNone ? state.found : state.wild;
  if (chosen == kNone) return none;

  const Endpoint& endpoint = endpoints_[chosen];
  Match match = answer(endpoint, method);
  if (match.outcome != MatchOutcome::matched) return match;
  for (const auto& [name, index] : endpoint.params) {
    match.param_array[match.param_count++] = {name, state.segments[index]};
  }
  if (state.found == kNone) {
    const char* const begin = state.segments[endpoint.fixed_segments].data();
    match.rest = {begin, static_cast<size_t>(path.data() + path.size() - begin)};
  }
  return match;
}

// Tries the literal segment before the parameter. A node is reached by one way only, so it is visited at most
// once.
void Router::search(Search& state, uint32_t index, size_t depth) const {
  const Node& node = nodes_[index];
  if (depth == state.count) {
    state.found = node.endpoint;
    return;
  }
  if (node.wild_endpoint != kNone && (state.wild == kNone || depth > state.wild_depth)) {
    state.wild = node.wild_endpoint;
    state.wild_depth = depth;
  }
  const std::string_view segment = state.segments[depth];
  const auto child =
      std::lower_bound(node.children.begin(), node.children.end(), segment,
                       [](const auto& entry, std::string_view name) { return entry.first < name; });
  if (child != node.children.end() && child->first == segment) search(state, child->second, depth + 1);
  if (state.found == kNone && node.param_child != kNone && !segment.empty()) {
    search(state, node.param_child, depth + 1);
  }
}

Match Router::answer(const Endpoint& endpoint, Method method) const {
  Match match;
  if (endpoint.methods.has(method)) {
    match.outcome = MatchOutcome::matched;
    match.value = endpoint.value[static_cast<size_t>(method)];
  } else {
    match.outcome = MatchOutcome::method_not_allowed;
    match.allow = endpoint.allow;
  }
  return match;
}

}  // namespace evloom::http
