// A format as a class:
//
//   struct Csv {
//     static constexpr const char* media_type = "text/csv; charset=utf-8";
//     Csv(evl::Host, evl::Config);
//     void begin(evl::Writer);
//     void field(evl::Writer, const evl_field&, const evl_value&);
//     void list(evl::Writer, const evl_field&);
//     void record(evl::Writer, const evl_field&);
//     void items(evl::Writer, evl::Values);
//     void end(evl::Writer);
//   };
//   EVL_FORMAT_PLUGIN(Csv, "csv", "1.0.0", "...", "MIT", "{}");
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
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
  void operator()(std::int64_t number) { decimal(number); }
  // The shortest decimal that reads back as the same number; "inf" and "nan" where it is not finite.
  void operator()(double number) { decimal(number); }

  // Room for `size` bytes at the end of the answer, not initialised; advance() says how many were written
  // there.
  char* reserve(std::size_t size) {
    if (static_cast<std::size_t>(writer_->limit - writer_->cursor) < size) {
      const evl_status status = writer_->grow(writer_, size);
      if (status != EVL_OK) throw Failure(status, "the answer is too large");
    }
    return writer_->cursor;
  }
  void advance(std::size_t size) { writer_->cursor += size; }

  // Four words of the format's own, zero at begin, for what must be remembered between two calls.
  std::uint64_t& scratch(std::size_t index) { return writer_->scratch[index]; }

 private:
  template <typename Number>
  void decimal(Number number) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    (*this)(std::string_view(digits, static_cast<std::size_t>(end - digits)));
  }

  evl_writer* writer_;
};

// Items of a list: an array whose maker may know a larger evl_value than we do.
class Values {
 public:
  Values(const evl_value* first, std::size_t count)
      : first_(reinterpret_cast<const char*>(first)), stride_(count != 0 ? first->size : 0), count_(count) {}

  std::size_t size() const { return count_; }
  const evl_value& operator[](std::size_t index) const {
    return *reinterpret_cast<const evl_value*>(first_ + index * stride_);
  }

 private:
  const char* first_;
  std::size_t stride_;
  std::size_t count_;
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
          return guarded(nullptr,
                         [&] { receiver<T>(instance, slot).items(Writer(writer), Values(values, count)); });
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
