// csv: a format. An answer becomes lines as RFC 4180 has them: `name,value`; a list one line, its name and
// then its items; a record a line with its name alone, its fields below it, and an empty line at its end.
//
// One object serves all loops, for many answers at a time. What has to be remembered between two calls of one
// answer goes into its scratch words, which are zero at its beginning.
#include <cstdint>
#include <string_view>

#include "evloom/format_plugin.hpp"

namespace {

class Csv {
 public:
  static constexpr const char* media_type = "text/csv; charset=utf-8";

  Csv(evl::Host, evl::Config options) : separator_(options["separator"].text().front()) {}

  void begin(evl::Writer) const {}
  void field(evl::Writer out, const evl_field& field, const evl_value& value) const {
    text(out, evl::view(field.name));
    out(separator_);
    put(out, value);
    out(kEnd);
  }
  void list(evl::Writer out, const evl_field& field) const {
    text(out, evl::view(field.name));
    out.scratch(kDepth) += 1;
  }
  void record(evl::Writer out, const evl_field& field) const {
    text(out, evl::view(field.name));
    out(kEnd);
    out.scratch(kDepth) += 1;
  }
  void items(evl::Writer out, evl::Values values) const {
    for (std::size_t i = 0; i < values.size(); ++i) {
      out(separator_);
      put(out, values[i]);
    }
  }
  // Of the innermost list or record, and at last of the answer.
  void end(evl::Writer out) const {
    std::uint64_t& depth = out.scratch(kDepth);
    if (depth == 0) return;
    --depth;
    out(kEnd);
  }

 private:
  enum : std::size_t { kDepth };
  static constexpr std::string_view kEnd = "\r\n";

  void put(evl::Writer& out, const evl_value& value) const {
    switch (value.kind) {
      case EVL_VALUE_BOOLEAN:
        return out(value.integer != 0 ? std::string_view("true") : std::string_view("false"));
      case EVL_VALUE_INTEGER:
        return out(value.integer);
      case EVL_VALUE_NUMBER:
        return out(value.number);
      case EVL_VALUE_DIGITS:
        return out(evl::view(value.text));
      case EVL_VALUE_TEXT:
        return text(out, evl::view(value.text));
      default:
        return;  // nothing, or a kind that this format does not know
    }
  }

  // In quotes when it has to be, each quote in it doubled.
  void text(evl::Writer& out, std::string_view text) const {
    const char special[] = {separator_, '"', '\r', '\n', '\0'};
    if (text.find_first_of(special) == std::string_view::npos) return out(text);
    out('"');
    for (const char c : text) {
      if (c == '"') out('"');
      out(c);
    }
    out('"');
  }

  const char separator_;
};

}  // namespace

EVL_FORMAT_PLUGIN(Csv, "csv", "1.0.0", "Comma-separated values", "MIT", R"({
  "type": "object",
  "properties": {
    "separator": { "type": "string", "enum": [",", ";", "\t"], "default": ",", "description": "Between two cells." }
  }
})");
