#include "admin/bodies.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>

#include <nlohmann/json.hpp>

namespace evloom::admin {

namespace {

using Body = nlohmann::json;
using Keys = std::initializer_list<std::string_view>;

std::string in_quotes(std::string_view text) { return '"' + std::string(text) + '"'; }

std::string listed(Keys keys) {
  if (keys.size() == 0) return "this request takes no keys";
  std::string text = "there are ";
  for (const std::string_view key : keys) text += (text.back() == ' ' ? "" : ", ") + in_quotes(key);
  return text;
}

// An object with no other keys than these.
Result<Body> read_object(std::string_view body, Keys keys) {
  if (body.empty()) return Body::object();
  Body json = Body::parse(body, nullptr, false);
  if (json.is_discarded()) return Error{"the body is not JSON"};
  if (!json.is_object()) return Error{"the body must be a JSON object"};
  for (const auto& [key, value] : json.items())
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      return Error{"unknown key " + in_quotes(key) + ": " + listed(keys)};
  return json;
}

Result<bool> flag(const Body& json, const char* key, bool fallback) {
  const auto found = json.find(key);
  if (found == json.end()) return fallback;
  if (!found->is_boolean()) return Error{in_quotes(key) + " must be true or false"};
  return found->get<bool>();
}

Result<std::string> text(const Body& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end()) return Error{in_quotes(key) + " is missing"};
  if (!found->is_string()) return Error{in_quotes(key) + " must be a string"};
  auto value = found->get<std::string>();
  if (value.empty()) return Error{in_quotes(key) + " must not be empty"};
  if (value.find('\0') != std::string::npos) return Error{in_quotes(key) + " must not hold a NUL"};
  return value;
}

}  // namespace

Result<change::Command> read_reload(std::string_view body) {
  const auto json = read_object(body, {"discard_swaps"});
  if (!json) return json.error();
  const auto discard = flag(*json, "discard_swaps", false);
  if (!discard) return discard.error();
  return change::Command(change::ReloadCommand{*discard});
}

Result<change::Command> read_swap(std::string_view body) {
  const auto json = read_object(body, {"instance", "file"});
  if (!json) return json.error();
  auto instance = text(*json, "instance");
  if (!instance) return instance.error();
  auto file = text(*json, "file");
  if (!file) return file.error();
  if (file->front() != '/') return Error{"\"file\" must be an absolute path of the host's machine"};
  return change::Command(change::SwapCommand{std::move(*instance), std::move(*file)});
}

Result<change::Command> read_rollback(std::string_view body) {
  const auto json = read_object(body, {});
  if (!json) return json.error();
  return change::Command(change::RollbackCommand{});
}

Result<change::Command> read_drain(std::string_view body) {
  const auto json = read_object(body, {"on"});
  if (!json) return json.error();
  const auto on = flag(*json, "on", true);
  if (!on) return on.error();
  return change::Command(change::DrainCommand{*on});
}

Result<change::Command> read_plan(std::string_view query) {
  if (query.empty() || query == "discard_swaps=false") return change::Command(change::PlanCommand{false});
  if (query == "discard_swaps=true") return change::Command(change::PlanCommand{true});
  return Error{"unknown query " + in_quotes(query) + ": there is discard_swaps=true or false"};
}

}  // namespace evloom::admin
