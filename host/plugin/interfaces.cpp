#include "plugin/interfaces.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace evloom::plugin {

namespace {

using Field = InterfaceRule::Field;

constexpr Field kHandlerFields[] = {{"on_request", offsetof(evl_handler, on_request)}};
constexpr Field kStoreFields[] = {{"submit", offsetof(evl_store_backend, submit)},
                                  {"health", offsetof(evl_store_backend, health)}};
constexpr Field kFormatFields[] = {{"media_type", offsetof(evl_format, media_type)},
                                   {"begin", offsetof(evl_format, begin)},
                                   {"field", offsetof(evl_format, field)},
                                   {"list", offsetof(evl_format, list)},
                                   {"record", offsetof(evl_format, record)},
                                   {"items", offsetof(evl_format, items)},
                                   {"end", offsetof(evl_format, end)}};
constexpr Field kStateFields[] = {{"accepts", offsetof(evl_state, accepts)},
                                  {"save", offsetof(evl_state, save)},
                                  {"load", offsetof(evl_state, load)}};

// The first size ends with the last field of version 1, whatever is appended later.
constexpr InterfaceRule kRules[] = {
    {EVL_HANDLER, offsetof(evl_handler, on_finish) + sizeof(void*), sizeof(evl_handler), kHandlerFields},
    {EVL_STORE, offsetof(evl_store_backend, health) + sizeof(void*), sizeof(evl_store_backend), kStoreFields},
    {EVL_FORMAT, offsetof(evl_format, end) + sizeof(void*), sizeof(evl_format), kFormatFields},
    {EVL_STATE, offsetof(evl_state, load) + sizeof(void*), sizeof(evl_state), kStateFields},
};

}  // namespace

const InterfaceRule* interface_rule(std::string_view id) {
  const auto rule =
      std::find_if(std::begin(kRules), std::end(kRules), [&](const auto& r) { return id == r.id; });
  return rule == std::end(kRules) ? nullptr : rule;
}

Status copy_table(const InterfaceRule& rule, const void* table, void* to) {
  std::uint32_t size = 0;
  std::memcpy(&size, table, sizeof size);
  if (size < rule.first_size) {
    return Error{"its table for " + std::string(rule.id) + " is too small (" + std::to_string(size) +
                 " bytes, " + std::to_string(rule.first_size) + " at least)"};
  }
  std::memset(to, 0, rule.size);
  std::memcpy(to, table, std::min<std::size_t>(size, rule.size));
  for (const Field& field : rule.required) {
    const void* pointer = nullptr;
    std::memcpy(&pointer, static_cast<const char*>(to) + field.offset, sizeof pointer);
    if (!pointer) return Error{"its table for " + std::string(rule.id) + " lacks " + field.name};
  }
  return {};
}

}  // namespace evloom::plugin
