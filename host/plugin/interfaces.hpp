// The interfaces that plugins offer and the host uses ("evloom.handler/1", ...): how large the first version
// of each table is and which functions must be there. Pure data and checks; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "evloom/abi/format.h"
#include "evloom/abi/handler.h"
#include "evloom/abi/state.h"
#include "evloom/abi/store.h"

#include "base/result.hpp"

namespace evloom::plugin {

// The id that belongs to a table type.
template <typename Table>
inline constexpr const char* kInterfaceId = nullptr;
template <>
inline constexpr const char* kInterfaceId<evl_handler> = EVL_HANDLER;
template <>
inline constexpr const char* kInterfaceId<evl_store_backend> = EVL_STORE;
template <>
inline constexpr const char* kInterfaceId<evl_format> = EVL_FORMAT;
template <>
inline constexpr const char* kInterfaceId<evl_state> = EVL_STATE;

struct InterfaceRule {
  struct Field {
    const char* name;
    std::size_t offset;  // of a pointer that must not be null
  };
  const char* id;
  std::size_t first_size;  // of the table in version 1
  std::size_t size;        // of the table as this host knows it
  std::span<const Field> required;
};

// Null for an id that this host does not know.
const InterfaceRule* interface_rule(std::string_view id);

// Copies a plugin's table to `to` (rule.size bytes): what it does not have yet is zero, what it has beyond
// ours is left out. Fails with the reason when it is smaller than version 1 or lacks a required function.
Status copy_table(const InterfaceRule& rule, const void* table, void* to);

}  // namespace evloom::plugin
