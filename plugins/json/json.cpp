// json: an answer for programs: one JSON object, keyed by the fields' names.
#include <cmath>

#include "evloom/format_plugin.hpp"
#include "evloom/utf8.hpp"

namespace {

// scratch[0]: how many lists and records are open within the object; scratch[1]: a bit for each level, set
// for a list; scratch[2]: a bit for each level, set when something stands in it. Level 0 is the object.
constexpr std::size_t kDepth = 0;
constexpr std::size_t kLists = 1;
constexpr std::size_t kFilled = 2;
constexpr std::uint64_t kMaxDepth = 8;

// May stand between quotes as it is.
bool plain(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7F || c == '"' ||
        c == '\\')
      return false;
  return true;
}

// A whole number as JSON writes it: no leading zero, no "-0".
bool canonical(std::string_view digits) {
  if (!digits.empty() && digits[0] == '-') {
    digits.remove_prefix(1);
    if (!digits.empty() && digits[0] == '0') return false;
  }
  if (digits.empty() || (digits[0] == '0' && digits.size() > 1)) return false;
  for (const char c : digits)
    if (c < '0' || c > '9') return false;
  return true;
}

void put_escape(evl::Writer& out, unsigned char c) {
  constexpr char kHex[] = "0123456789abcdef";
  const char* const short_form = c == '"'    ? "\\\""
                                 : c == '\\' ? "\\\\"
                                 : c == '\n' ? "\\n"
                                 : c == '\r' ? "\\r"
                                 : c == '\t' ? "\\t"
                                 : c == '\b' ? "\\b"
                                 : c == '\f' ? "\\f"
                                             : nullptr;
  if (short_form) return out(short_form);
  const char escaped[] = {'\\', 'u', '0', '0', kHex[c >> 4], kHex[c & 15]};
  out(std::string_view(escaped, sizeof escaped));
}

void put_odd_text(evl::Writer& out, std::string_view text) {
  while (!text.empty()) {
    const auto c = static_cast<unsigned char>(text[0]);
    const std::size_t length = evl::utf8_length(text);
    if (length == 0) {
      out(evl::kReplacement);
    } else if (c < 0x20 || c == '"' || c == '\\' || c == 0x7F) {
      put_escape(out, c);
    } else {
      out(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

void put_text(evl::Writer& out, std::string_view text) {
  out('"');
  plain(text) ? out(text) : put_odd_text(out, text);
  out('"');
}

void put_number(evl::Writer& out, double number) {
  if (!std::isfinite(number)) return out("null");
  out(number);
}

void put_value(evl::Writer& out, const evl_value& value) {
  switch (value.kind) {
    case EVL_VALUE_BOOLEAN:
      return out(value.integer != 0 ? "true" : "false");
    case EVL_VALUE_INTEGER:
      return out(value.integer);
    case EVL_VALUE_NUMBER:
      return put_number(out, value.number);
    case EVL_VALUE_TEXT:
      return put_text(out, evl::view(value.text));
    case EVL_VALUE_DIGITS:
      return canonical(evl::view(value.text)) ? out(evl::view(value.text))
                                              : put_text(out, evl::view(value.text));
    default:
      return out("null");
  }
}

class Json {
 public:
  static constexpr const char* media_type = "application/json";

  Json(evl::Host, evl::Config options) : pretty_(options["pretty"].boolean()) {}

  void begin(evl::Writer out) const { out('{'); }

  void field(evl::Writer out, const evl_field& field, const evl_value& value) const {
    key(out, field);
    put_value(out, value);
  }

  void list(evl::Writer out, const evl_field& field) const { open(out, field, true); }
  void record(evl::Writer out, const evl_field& field) const { open(out, field, false); }

  void items(evl::Writer out, evl::Values values) const {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const evl_value& value = values[i];
      const std::string_view text = evl::view(value.text);
      next(out);
      if (value.kind == EVL_VALUE_DIGITS && canonical(text)) {
        out(text);
      } else {
        put_value(out, value);
      }
    }
  }

  void end(evl::Writer out) const {
    std::uint64_t& depth = out.scratch(kDepth);
    const std::uint64_t bit = std::uint64_t{1} << depth;
    const bool is_list = (out.scratch(kLists) & bit) != 0;
    const bool outermost = depth == 0;
    if (!outermost) --depth;
    if (pretty_ && (out.scratch(kFilled) & bit) != 0) new_line(out, outermost ? 0 : depth + 1);
    out(is_list ? ']' : '}');
    if (outermost) out('\n');
  }

 private:
  static void new_line(evl::Writer& out, std::uint64_t indent) {
    out('\n');
    for (; indent != 0; --indent) out("  ");
  }

  // What stands between two entries of one level, and before the first.
  void next(evl::Writer& out) const {
    const std::uint64_t depth = out.scratch(kDepth);
    const std::uint64_t bit = std::uint64_t{1} << depth;
    if ((out.scratch(kFilled) & bit) != 0) out(',');
    out.scratch(kFilled) |= bit;
    if (pretty_) new_line(out, depth + 1);
  }

  void key(evl::Writer& out, const evl_field& field) const {
    next(out);
    put_text(out, evl::view(field.name));
    out(pretty_ ? ": " : ":");
  }

  void open(evl::Writer& out, const evl_field& field, bool is_list) const {
    std::uint64_t& depth = out.scratch(kDepth);
    if (depth == kMaxDepth) throw evl::Failure(EVL_E_LIMIT, "the answer is nested too deeply");
    key(out, field);
    ++depth;
    const std::uint64_t bit = std::uint64_t{1} << depth;
    out.scratch(kLists) = is_list ? out.scratch(kLists) | bit : out.scratch(kLists) & ~bit;
    out.scratch(kFilled) &= ~bit;
    out(is_list ? '[' : '{');
  }

  const bool pretty_;
};

}  // namespace

EVL_FORMAT_PLUGIN(Json, "json", "1.0.0", "JSON for programs", "MIT", R"({
  "type": "object",
  "properties": {
    "pretty": { "type": "boolean", "default": false, "description": "Indent it, one entry a line." }
  }
})");
