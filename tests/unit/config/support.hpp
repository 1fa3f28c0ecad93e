// What the tests of host/config share: loading a text, and variables that are the test's own.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "config/config.hpp"

namespace evloom::config::test {

inline Environment variables(std::map<std::string, std::string> values) {
  return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
    const auto found = values.find(std::string(name));
    if (found == values.end()) return std::nullopt;
    return found->second;
  };
}

inline LoadResult load(std::string text, std::map<std::string, std::string> values = {}) {
  return load_text("e.yaml", std::move(text), "/etc/evloom", variables(std::move(values)));
}

// The whole report, without colours.
inline std::string report(std::string text, std::map<std::string, std::string> values = {}) {
  return render(load(std::move(text), std::move(values)).diagnostics, false);
}

// A file that is valid, and ends in a line where more can be added.
inline const std::string kValid = "routes: [{path: /, handler: stats}]\n";

}  // namespace evloom::config::test
