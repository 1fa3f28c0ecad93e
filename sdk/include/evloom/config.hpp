// evl::Config: a node of an instance's options, with typed reads. A cheap handle, valid until the instance is
// destroyed.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "evloom/abi/config.h"
#include "evloom/base.hpp"

namespace evl {

// A node of an instance's options.
class Config {
 public:
  // Made by the glue.
  Config(const evl_config_reader* reader, const evl_config* node) : reader_(reader), node_(node) {}

  // Whether the option is there, by the file or by its schema's default.
  explicit operator bool() const { return node_ != nullptr; }

  // The value of a key; false when there is none.
  Config operator[](const char* key) const {
    return {reader_, node_ ? reader_->member(node_, key) : nullptr};
  }
  // Entries of a list or a map, each value with its key in the file's order.
  std::size_t size() const { return node_ ? reader_->count(node_) : 0; }
  Config at(std::size_t index) const {
    return {reader_, node_ ? reader_->at(node_, index, nullptr) : nullptr};
  }
  std::string_view key_at(std::size_t index) const {
    evl_bytes key{};
    if (node_) reader_->at(node_, index, &key);
    return view(key);
  }

  // Typed reads; throw Failure with the position when the value is absent or of another type (a schema that
  // describes the option makes both impossible).
  std::string_view text() const { return view(read<evl_bytes>(reader_->text, "a string")); }
  std::string_view path() const { return view(read<evl_bytes>(reader_->path, "a path")); }
  bool boolean() const { return read<int32_t>(reader_->boolean, "true or false") != 0; }
  std::int64_t integer() const { return read<int64_t>(reader_->integer, "a whole number"); }
  double number() const { return read<double>(reader_->number, "a number"); }
  std::uint64_t byte_size() const { return read<uint64_t>(reader_->bytes, "a size such as 64KiB"); }
  std::chrono::nanoseconds duration() const {
    return std::chrono::nanoseconds(read<int64_t>(reader_->duration, "a duration such as 250ms"));
  }

  // Refuses the value: throws Failure with "FILE:LINE:COLUMN: reason".
  [[noreturn]] void reject(const std::string& reason) const {
    char text[1024] = "";
    evl_error error{sizeof(evl_error), sizeof text, text};
    if (node_) reader_->reject(node_, &error, reason.c_str());
    throw Failure(EVL_E_INVALID, text[0] ? std::string(text) : reason);
  }

 private:
  template <typename T, typename Read>
  T read(Read function, const char* expected) const {
    T value{};
    if (!node_ || function(node_, &value) != EVL_OK) reject(std::string("expected ") + expected);
    return value;
  }

  const evl_config_reader* reader_;
  const evl_config* node_;
};

}  // namespace evl
