// oldest_format: a format by the C++ layer of the oldest headers; one line for each name and each value.
#include "evloom/format_plugin.hpp"

namespace {

struct Lines {
  static constexpr const char* media_type = "text/x-lines";
  Lines(evl::Host, evl::Config) {}

  void begin(evl::Writer out) const { out("begin\n"); }
  void field(evl::Writer out, const evl_field& field, const evl_value& value) const {
    name(out, field);
    put(out, value);
  }
  void list(evl::Writer out, const evl_field& field) const { name(out, field); }
  void record(evl::Writer out, const evl_field& field) const { name(out, field); }
  void items(evl::Writer out, evl::Values values) const {
    for (std::size_t i = 0; i < values.size(); ++i) put(out, values[i]);
  }
  void end(evl::Writer out) const { out("end\n"); }

 private:
  static void name(evl::Writer& out, const evl_field& field) {
    out(evl::view(field.name));
    out('\n');
  }
  static void put(evl::Writer& out, const evl_value& value) {
    if (value.kind == EVL_VALUE_INTEGER || value.kind == EVL_VALUE_BOOLEAN) out(value.integer);
    if (value.kind == EVL_VALUE_TEXT || value.kind == EVL_VALUE_DIGITS) out(evl::view(value.text));
    out('\n');
  }
};

}  // namespace

EVL_FORMAT_PLUGIN(Lines, "oldest_format", "1.0.0", "A test", "MIT", "{}");
