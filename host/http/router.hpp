// Router: from path and method to the number of a route. Built once on the control thread, immutable
// afterwards, then read by every loop at the same time; it owns copies of its patterns. A match visits each
// node at most once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "http/method.hpp"

namespace evloom::http {

inline constexpr size_t kMaxRouteSegments = 32;
inline constexpr size_t kMaxRouteParams = 8;

// One route as configured. Patterns: "/exact/path", "/users/{id}/posts" (a parameter is one whole, non-empty
// segment),
// "/files/*" (everything below /files/, and /files/ itself). Patterns are compared with decoded, normalised
// paths.
struct RouteSpec {
  std::string pattern;
  MethodSet methods;
  uint32_t value = 0;
};

enum class MatchOutcome : uint8_t {
  matched,
  not_found,           // 404
  method_not_allowed,  // 405, with `allow`
  not_implemented,     // 501: a method that the host has no name for
  server_options,      // `OPTIONS *`: 204, with `allow`
};

struct RouteParam {
  std::string_view name;   // owned by the router
  std::string_view value;  // part of the path
};

struct Match {
  MatchOutcome outcome = MatchOutcome::not_found;
  uint32_t value = 0;           // matched: RouteSpec::value
  std::string_view allow = {};  // owned by the router
  std::string_view rest = {};   // matched by "/*": what stands in its place, part of the path
  std::span<const RouteParam> params() const { return {param_array.data(), param_count}; }

  size_t param_count = 0;
  std::array<RouteParam, kMaxRouteParams> param_array;  // only the first param_count are meant
};

class Router {
 public:
  Router() = default;

  // Fails, naming the pattern and the remedy, on a malformed pattern, on an empty method set and on two
  // routes that would answer the same request. [control]
  static Result<Router> build(std::span<const RouteSpec> routes);

  // `path` is decoded and normalised, or "*". An exact pattern outranks one with parameters, which outranks
  // "/*"; among parameters the leftmost literal segment wins, among "/*" the longest. The pattern is chosen
  // by the path alone, then the method is looked up in it. GET routes also serve HEAD. [any]
  Match match(Method method, std::string_view path) const;

  // What some route serves: the Allow of `OPTIONS *`.
  std::string_view allow_all() const { return allow_all_; }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  struct Endpoint {
    std::string pattern;  // of the route that made it, for messages
    std::array<uint32_t, kMethodCount> value;
    MethodSet methods;
    std::string allow;
    std::vector<std::pair<std::string, uint32_t>> params;  // name, index of its segment
    uint32_t fixed_segments = 0;                           // before "/*"
  };
  struct Node {
    std::vector<std::pair<std::string, uint32_t>> children;  // sorted by segment
    uint32_t param_child = kNone;
    uint32_t endpoint = kNone;       // the pattern ends here
    uint32_t wild_endpoint = kNone;  // the pattern goes on with "/*"
  };
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  struct Search;

  Status add(const RouteSpec& spec);
  void finish();
  void search(Search& search, uint32_t node, size_t depth) const;
  Match answer(const Endpoint& endpoint, Method method) const;

  std::unordered_map<std::string, uint32_t, TextHash, std::equal_to<>> exact_;  // path to endpoint
  std::vector<Endpoint> endpoints_;
  std::vector<Node> nodes_;
  MethodSet all_methods_;
  std::string allow_all_;
};

}  // namespace evloom::http
