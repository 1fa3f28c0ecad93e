// What a process that tries plugins reports: JSON objects, a line each. Preflight and the tests of `evloom
// plugin check` read them alike. Pure; any thread. Who includes it needs nlohmann-json.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace evloom::change {

// The text of that key; empty when there is none.
inline std::string text_of(const nlohmann::json& report, const char* key) {
  const auto at = report.find(key);
  return at != report.end() && at->is_string() ? at->get<std::string>() : std::string();
}

// The texts in the list of that key.
inline std::vector<std::string> texts_of(const nlohmann::json& report, const char* key) {
  std::vector<std::string> texts;
  if (const auto list = report.find(key); list != report.end() && list->is_array())
    for (const nlohmann::json& one : *list)
      if (one.is_string()) texts.push_back(one.get<std::string>());
  return texts;
}

// Why a process that takes too long is given up.
inline std::string late_text(std::chrono::nanoseconds limit) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(limit).count();
  return "did not return within " +
         (ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms");
}

}  // namespace evloom::change
