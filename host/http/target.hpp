// What a request target means: its path decoded and normalised, its query as pairs.
// Pure, any thread; a text that needs no change comes out as a view of the input, else it is made in the
// given arena.
#pragma once

#include <string_view>

#include "base/arena.hpp"
#include "http/status.hpp"

namespace evloom::http {

struct Target {
  std::string_view path;   // still encoded
  std::string_view query;  // still encoded, without the '?'; empty (never null) when there is none
};

// Cuts an origin-form target at its first '?'. [any]
Target split_target(std::string_view target);

struct PathResult {
  Refusal refusal = {};
  std::string_view path = {};  // begins with '/'
};

// Decodes %XX (so that %2F is a separator like any other '/'), merges repeated '/', resolves "." and "..".
// 400 for a broken %XX, for %00, for a path that climbs above the root or does not begin with '/'; 503 when
// the arena is full. An empty path is "/". The result lives as long as `path` and the arena's allocations.
// [any]
PathResult normalize_path(std::string_view path, Arena& arena);

// Walks through the pairs of a query: "a=1&b" is (a, 1), (b, ""). Empty pairs are passed over.
class QueryReader {
 public:
  QueryReader(std::string_view query, Arena& arena) : rest_(query), arena_(arena) {}

  // Puts the next pair, decoded ('+' is a space), into name and value, neither ever null; false at the end or
  // when the query is refused, see refusal().
  bool next(std::string_view& name, std::string_view& value);
  // 400 for a broken %XX or %00; 503 when the arena is full.
  const Refusal& refusal() const { return refusal_; }

 private:
  bool decode(std::string_view& text);

  std::string_view rest_;
  Arena& arena_;
  Refusal refusal_;
};

// Calls visit(name, value) for each pair; the refusal is set when the query ends in a broken one. [any]
template <typename Visit>
Refusal for_each_pair(std::string_view query, Arena& arena, Visit&& visit) {
  QueryReader reader(query, arena);
  std::string_view name, value;
  while (reader.next(name, value)) visit(name, value);
  return reader.refusal();
}

}  // namespace evloom::http
