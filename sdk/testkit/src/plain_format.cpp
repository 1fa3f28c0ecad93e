#include "plain_format.hpp"

#include <cstdio>
#include <string>
#include <string_view>

#include "evloom/base.hpp"
#include "evloom/testkit/host.hpp"

namespace evl::testkit {

namespace {

// The format's words in the writer: how deep it is, and whether a list is open.
constexpr std::size_t kDepth = 0;
constexpr std::size_t kInList = 1;

evl_status put(evl_writer* out, std::string_view text) { return evl_write(out, text.data(), text.size()); }

evl_status put_value(evl_writer* out, const evl_value& value) {
  switch (value.kind) {
    case EVL_VALUE_NULL:
      return put(out, "null");
    case EVL_VALUE_BOOLEAN:
      return put(out, value.integer != 0 ? "true" : "false");
    case EVL_VALUE_INTEGER:
      return put(out, std::to_string(value.integer));
    case EVL_VALUE_NUMBER: {
      char text[32];
      return put(out,
                 {text, static_cast<std::size_t>(std::snprintf(text, sizeof text, "%.17g", value.number))});
    }
    default:
      return put(out, view(value.text));
  }
}

evl_status put_name(evl_writer* out, const evl_field* field, std::string_view after) {
  for (std::uint64_t i = 0; i < out->scratch[kDepth]; ++i)
    if (const evl_status status = put(out, "  "); status != EVL_OK) return status;
  if (const evl_status status = put(out, view(field->name)); status != EVL_OK) return status;
  return put(out, after);
}

evl_status begin(void*, void*, evl_writer*) { return EVL_OK; }

evl_status field(void*, void*, evl_writer* out, const evl_field* field, const evl_value* value) {
  if (const evl_status status = put_name(out, field, " = "); status != EVL_OK) return status;
  if (const evl_status status = put_value(out, *value); status != EVL_OK) return status;
  return put(out, "\n");
}

evl_status list(void*, void*, evl_writer* out, const evl_field* field) {
  out->scratch[kInList] = 1;
  return put_name(out, field, ":");
}

evl_status record(void*, void*, evl_writer* out, const evl_field* field) {
  const evl_status status = put_name(out, field, " {\n");
  ++out->scratch[kDepth];
  return status;
}

evl_status items(void*, void*, evl_writer* out, const evl_value* values, std::size_t count) {
  const auto* raw = reinterpret_cast<const char*>(values);
  for (std::size_t i = 0; i < count; ++i) {
    if (const evl_status status = put(out, " "); status != EVL_OK) return status;
    const evl_status status = put_value(out, *reinterpret_cast<const evl_value*>(raw + i * values->size));
    if (status != EVL_OK) return status;
  }
  return EVL_OK;
}

evl_status end(void*, void*, evl_writer* out) {
  if (out->scratch[kInList] != 0) {
    out->scratch[kInList] = 0;
    return put(out, "\n");
  }
  if (out->scratch[kDepth] == 0) return EVL_OK;  // of the whole
  --out->scratch[kDepth];
  evl_field brace = {sizeof(evl_field), 0, bytes("}"), {}, {}};
  return put_name(out, &brace, "\n");
}

}  // namespace

const evl_format kPlainFormat = {
    sizeof(evl_format), 0, Host::plain_type, begin, field, list, record, items, end};

}  // namespace evl::testkit
