// Fields: the values of the admin API's JSON, however much of it a host of another version gives. What is
// absent or of another type counts as empty; control characters never reach a terminal. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

namespace evloom::cli {

using Json = nlohmann::ordered_json;

// The text, line breaks kept.
inline std::string text_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_string()) return {};
  auto text = found->get<std::string>();
  for (char& c : text)
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f) c = '?';
  return text;
}

// Its first line.
inline std::string line_at(const Json& json, const char* key) {
  const std::string text = text_at(json, key);
  return text.substr(0, text.find('\n'));
}

inline std::int64_t number_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number() ? found->get<std::int64_t>() : 0;
}

inline bool flag_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_boolean() && found->get<bool>();
}

// A list or an object; empty when there is none.
inline Json list_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_array() ? *found : Json::array();
}
inline Json object_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_object() ? *found : Json::object();
}

// A list of texts or numbers, in one line.
inline std::string joined_at(const Json& json, const char* key, const char* between = " ") {
  std::string all;
  for (const Json& item : list_at(json, key)) {
    if (!all.empty()) all += between;
    all += item.is_string() ? text_at(Json{{"item", item}}, "item") : item.dump();
  }
  return all;
}

}  // namespace evloom::cli
