// A format as a class:
//
//   struct Csv {
//     static constexpr const char* media_type = "text/csv; charset=utf-8";
//     Csv(evl::Host, evl::Config);
//     void begin(evl::Writer);
//     void field(evl::Writer, const evl_field&, const evl_value&);
//     void list(evl::Writer, const evl_field&);
//     void record(evl::Writer, const evl_field&);
//     void items(evl::Writer, std::span<const evl_value>);
//     void end(evl::Writer);
//   };
//   EVL_FORMAT_PLUGIN(Csv, "csv", "1.0.0", "...", "MIT", "{}");
#pragma once

#include <charconv>
#include <span>
#include <string_view>

#include "evloom/abi/format.h"
#include "evloom/plugin.hpp"

namespace evl {

// Appends to the answer; throws Failure when it grows too large. [loop]
class Writer {
 public:
  explicit Writer(evl_writer* writer) : writer_(writer) {}

  void operator()(std::string_view text) {
    const evl_status status = evl_write(writer_, text.data(), text.size());
    if (status != EVL_OK) throw Failure(status, "the answer is too large");
  }
  void operator()(char one) { (*this)(std::string_view(&one, 1)); }
  void operator()(std::int64_t number) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    (*this)(std::string_view(digits, static_cast<std::size_t>(end - digits)));
  }

  // Four words of the format's own, zero at begin, for what must be remembered between two calls.
  std::uint64_t& scratch(std::size_t index) { return writer_->scratch[index]; }

 private:
  evl_writer* writer_;
};

template <typename T>
struct Table<T, evl_format> {
  static constexpr const char* id() { return EVL_FORMAT; }

  static const evl_format* get() {
    static constexpr evl_format table = {
        sizeof(evl_format),
        0,
        T::media_type,
        [](void* instance, void* slot, evl_writer* writer) -> evl_status {
          return guarded(nullptr, [&] { receiver<T>(instance, slot).begin(Writer(writer)); });
        },
        [](void* instance, void* slot, evl_writer* writer, const evl_field* field,
           const evl_value* value) -> evl_status {
          return guarded(nullptr, [&] { receiver<T>(instance, slot).field(Writer(writer), *field, *value); });
        },
        [](void* instance, void* slot, evl_writer* writer, const evl_field* field) -> evl_status {
          return guarded(nullptr, [&] { receiver<T>(instance, slot).list(Writer(writer), *field); });
        },
        [](void* instance, void* slot, evl_writer* writer, const evl_field* field) -> evl_status {
          return guarded(nullptr, [&] { receiver<T>(instance, slot).record(Writer(writer), *field); });
        },
        [](void* instance, void* slot, evl_writer* writer, const evl_value* values,
           std::size_t count) -> evl_status {
          return guarded(nullptr, [&] {
            receiver<T>(instance, slot).items(Writer(writer), {values, count});
          });
        },
        [](void* instance, void* slot, evl_writer* writer) -> evl_status {
          return guarded(nullptr, [&] { receiver<T>(instance, slot).end(Writer(writer)); });
        }};
    return &table;
  }
};

}  // namespace evl

// OPTIONS is a JSON Schema.
#define EVL_FORMAT_PLUGIN(CLASS, ID, VERSION, DESCRIPTION, LICENCE, OPTIONS) \
  EVL_PLUGIN(ID, VERSION, DESCRIPTION, LICENCE, EVL_FORMAT, "", OPTIONS, (&evl::create<CLASS, evl_format>))
