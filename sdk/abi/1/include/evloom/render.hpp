// evl::Rendering: how a handler describes its answer, for whatever format was chosen. [loop] throughout.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "evloom/abi/format.h"
#include "evloom/request.hpp"

namespace evl {

// Values; see evl_value_kind.
inline evl_value value_of(evl_value_kind kind) {
  evl_value value{};
  value.size = sizeof value;
  value.kind = kind;
  return value;
}
inline evl_value null() { return value_of(EVL_VALUE_NULL); }
inline evl_value boolean(bool truth) {
  evl_value value = value_of(EVL_VALUE_BOOLEAN);
  value.integer = truth ? 1 : 0;
  return value;
}
inline evl_value integer(std::int64_t number) {
  evl_value value = value_of(EVL_VALUE_INTEGER);
  value.integer = number;
  return value;
}
inline evl_value number(double real) {
  evl_value value = value_of(EVL_VALUE_NUMBER);
  value.number = real;
  return value;
}
inline evl_value text(std::string_view string) {
  evl_value value = value_of(EVL_VALUE_TEXT);
  value.text = bytes(string);
  return value;
}
inline evl_value digits(std::string_view decimal) {
  evl_value value = value_of(EVL_VALUE_DIGITS);
  value.text = bytes(decimal);
  return value;
}

// What a value is called: for machines, for people, and (optionally) a sentence that says it all.
struct Field {
  std::string_view name;
  std::string_view label;
  std::string_view sentence = {};

  evl_field raw() const { return {sizeof(evl_field), 0, bytes(name), bytes(label), bytes(sentence)}; }
};

// Begun by the constructor, sent by finish(). A failure of the format is remembered and makes the answer a
// 500.
class Rendering {
 public:
  Rendering(Request& request, std::uint32_t status) : request_(request) {
    raw_.size = sizeof raw_;
    status_ = request.interfaces().render->begin(request.raw(), status, &raw_);
    if (status_ != EVL_OK) throw Failure(status_, "the rendering could not begin");
  }

  Rendering& field(const Field& field, const evl_value& value) {
    const evl_field f = field.raw();
    return then(raw_.format->field(raw_.instance, raw_.slot, raw_.writer, &f, &value));
  }
  Rendering& list(const Field& field) {
    const evl_field f = field.raw();
    return then(raw_.format->list(raw_.instance, raw_.slot, raw_.writer, &f));
  }
  Rendering& record(const Field& field) {
    const evl_field f = field.raw();
    return then(raw_.format->record(raw_.instance, raw_.slot, raw_.writer, &f));
  }
  Rendering& items(std::span<const evl_value> values) {
    return then(raw_.format->items(raw_.instance, raw_.slot, raw_.writer, values.data(), values.size()));
  }
  Rendering& end() { return then(raw_.format->end(raw_.instance, raw_.slot, raw_.writer)); }

  // Sends the answer; a completion of the request.
  evl_status finish() {
    if (status_ != EVL_OK) return request_.fail(status_, "the answer could not be rendered");
    return request_.interfaces().render->finish(request_.raw());
  }

 private:
  Rendering& then(evl_status status) {
    if (status_ == EVL_OK) status_ = status;
    return *this;
  }

  Request request_;
  evl_rendering raw_{};
  evl_status status_;
};

}  // namespace evl
