// "evloom.host.config/1": an instance's options. An evl_config is a config::Node of a tree that the instance
// holds; the tree never changes, so any thread may read it.
#include "evloom/abi/config.h"

#include <charconv>
#include <filesystem>
#include <limits>
#include <string>

#include "evloom/base.hpp"

#include "config/node.hpp"
#include "plugin/services/config.hpp"

namespace evloom::plugin {

namespace {

using config::Kind;
using config::Node;

const Node* node_of(const evl_config* node) { return reinterpret_cast<const Node*>(node); }
const evl_config* handle(const Node& node) {
  return node ? reinterpret_cast<const evl_config*>(&node) : nullptr;
}

evl_config_kind kind(const evl_config* config) noexcept {
  const Node* const node = node_of(config);
  if (!node) return EVL_CONFIG_NULL;
  return node->is_map()      ? EVL_CONFIG_MAP
         : node->is_list()   ? EVL_CONFIG_LIST
         : node->is_scalar() ? EVL_CONFIG_SCALAR
                             : EVL_CONFIG_NULL;
}

const evl_config* member(const evl_config* config, const char* key) noexcept {
  const Node* const node = node_of(config);
  if (!node || !key) return nullptr;
  for (const config::Entry& entry : node->entries())
    if (entry.key == key) return handle(entry.value);
  return nullptr;
}

size_t count(const evl_config* config) noexcept {
  const Node* const node = node_of(config);
  if (!node) return 0;
  return node->is_map() ? node->entries().size() : node->items().size();
}

const evl_config* at(const evl_config* config, size_t index, evl_bytes* key) noexcept {
  const Node* const node = node_of(config);
  if (!node || index >= count(config)) return nullptr;
  if (!node->is_map()) return handle(node->items()[index]);
  const config::Entry& entry = node->entries()[index];
  if (key) *key = evl::bytes(entry.key);
  return handle(entry.value);
}

// The checks that all typed reads share.
template <typename Value, typename Read>
evl_status read(const evl_config* config, Value* value, Read take) noexcept {
  const Node* const node = node_of(config);
  if (!node) return EVL_E_NOT_FOUND;
  if (!value) return EVL_E_INVALID;
  if (!node->is_scalar()) return EVL_E_TYPE;
  return take(*node) ? EVL_OK : EVL_E_TYPE;
}

evl_status text(const evl_config* config, evl_bytes* value) noexcept {
  return read(config, value, [&](const Node& node) {
    *value = evl::bytes(node.text());
    return true;
  });
}

// The schema says nothing about a node of Kind::any: it is what YAML makes of it.
evl_status boolean(const evl_config* config, int32_t* value) noexcept {
  return read(config, value, [&](const Node& node) {
    if (node.kind() == Kind::boolean) {
      *value = node.boolean() ? 1 : 0;
    } else if (node.kind() == Kind::any && config::resolve(node) == config::Resolved::boolean) {
      *value = node.text()[0] == 't' || node.text()[0] == 'T' ? 1 : 0;
    } else {
      return false;
    }
    return true;
  });
}

template <typename Number>
bool parse(const std::string& text, Number& value) {
  Number parsed{};
  const char* const begin = text.data() + (text.size() > 1 && text[0] == '+' ? 1 : 0);
  const auto result = std::from_chars(begin, text.data() + text.size(), parsed);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return false;
  value = parsed;
  return true;
}

evl_status integer(const evl_config* config, int64_t* value) noexcept {
  return read(config, value, [&](const Node& node) {
    if (node.kind() == Kind::integer || node.kind() == Kind::mode) {
      *value = node.integer();
      return true;
    }
    return node.kind() == Kind::any && config::resolve(node) == config::Resolved::integer &&
           parse(node.text(), *value);
  });
}

evl_status number(const evl_config* config, double* value) noexcept {
  return read(config, value, [&](const Node& node) {
    if (node.kind() == Kind::number) {
      *value = node.number();
      return true;
    }
    if (node.kind() == Kind::integer) {
      *value = static_cast<double>(node.integer());
      return true;
    }
    const auto resolved = config::resolve(node);
    return node.kind() == Kind::any &&
           (resolved == config::Resolved::number || resolved == config::Resolved::integer) &&
           parse(node.text(), *value);
  });
}

evl_status duration(const evl_config* config, int64_t* nanoseconds) noexcept {
  return read(config, nanoseconds, [&](const Node& node) {
    if (node.kind() != Kind::duration) return false;
    *nanoseconds = node.integer();
    return true;
  });
}

evl_status bytes(const evl_config* config, uint64_t* value) noexcept {
  return read(config, value, [&](const Node& node) {
    if (node.kind() != Kind::size && node.kind() != Kind::integer) return false;
    if (node.integer() < 0) return false;
    *value = static_cast<uint64_t>(node.integer());
    return true;
  });
}

evl_status path(const evl_config* config, evl_bytes* value) noexcept {
  return read(config, value, [&](const Node& node) {
    if (node.kind() != Kind::path) return false;
    *value = evl::bytes(node.text());
    return true;
  });
}

evl_status reject(const evl_config* config, evl_error* error, const char* reason) noexcept {
  const Node* const node = node_of(config);
  const std::string why = reason && reason[0] ? reason : "the plugin refuses this value";
  const std::string place = node ? node->position().to_string() : std::string();
  evl_error_set(error, (place.empty() ? why : place + ": " + why).c_str());
  return EVL_E_INVALID;
}

}  // namespace

const evl_config_reader kConfigService = {sizeof(evl_config_reader),
                                          &kind,
                                          &member,
                                          &count,
                                          &at,
                                          &text,
                                          &boolean,
                                          &integer,
                                          &number,
                                          &duration,
                                          &bytes,
                                          &path,
                                          &reject};

}  // namespace evloom::plugin
