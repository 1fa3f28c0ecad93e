// text: an answer for people, one line a value.
//
//   label = value            a field ("sentence" alone when it has one)
//   label:                   a list: every item is followed by a blank, also the last
//   item item item
//   label:                   a record: its fields, indented by two
//     label = value
#include <cmath>

#include "evloom/format_plugin.hpp"
#include "evloom/utf8.hpp"

namespace {

// scratch[0]: how many lists and records are open; scratch[1]: a bit for each, set for a list.
constexpr std::size_t kDepth = 0;
constexpr std::size_t kLists = 1;
constexpr std::uint64_t kMaxDepth = 8;

bool plain(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7F) return false;
  return true;
}

// A control character would forge a line of the answer: it is written as \n or \x1b.
void put_odd_text(evl::Writer& out, std::string_view text) {
  while (!text.empty()) {
    const auto c = static_cast<unsigned char>(text[0]);
    const std::size_t length = evl::utf8_length(text);
    if (length == 0) {
      out(evl::kReplacement);
    } else if (c == '\n' || c == '\r' || c == '\t') {
      out('\\');
      out(c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
    } else if (c < 0x20 || c == 0x7F) {
      constexpr char kHex[] = "0123456789abcdef";
      const char escaped[] = {'\\', 'x', kHex[c >> 4], kHex[c & 15]};
      out(std::string_view(escaped, sizeof escaped));
    } else {
      out(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

void put_text(evl::Writer& out, std::string_view text) { plain(text) ? out(text) : put_odd_text(out, text); }

void put_value(evl::Writer& out, const evl_value& value) {
  switch (value.kind) {
    case EVL_VALUE_BOOLEAN:
      return out(value.integer != 0 ? "true" : "false");
    case EVL_VALUE_INTEGER:
      return out(value.integer);
    case EVL_VALUE_NUMBER:
      return out(value.number);
    case EVL_VALUE_TEXT:
    case EVL_VALUE_DIGITS:
      return put_text(out, evl::view(value.text));
    default:
      return out("-");
  }
}

class Text {
 public:
  static constexpr const char* media_type = "text/plain; charset=utf-8";

  Text(evl::Host, evl::Config) {}

  void begin(evl::Writer) const {}

  void field(evl::Writer out, const evl_field& field, const evl_value& value) const {
    indent(out);
    if (field.sentence.size != 0) {
      put_text(out, evl::view(field.sentence));
    } else {
      put_label(out, field);
      out(" = ");
      put_value(out, value);
    }
    out('\n');
  }

  void list(evl::Writer out, const evl_field& field) const {
    open(out, field, true);
    indent(out, out.scratch(kDepth) - 1);
  }

  void record(evl::Writer out, const evl_field& field) const { open(out, field, false); }

  void items(evl::Writer out, evl::Values values) const {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const evl_value& value = values[i];
      const std::string_view text = evl::view(value.text);
      if ((value.kind == EVL_VALUE_DIGITS || value.kind == EVL_VALUE_TEXT) && plain(text)) {
        char* at = out.reserve(text.size() + 1);
        if (!text.empty()) memcpy(at, text.data(), text.size());
        at[text.size()] = ' ';
        out.advance(text.size() + 1);
      } else {
        put_value(out, value);
        out(' ');
      }
    }
  }

  void end(evl::Writer out) const {
    std::uint64_t& depth = out.scratch(kDepth);
    if (depth == 0) return;  // the whole answer
    --depth;
    if ((out.scratch(kLists) >> depth & 1) != 0) out('\n');
  }

 private:
  static void indent(evl::Writer& out) { indent(out, out.scratch(kDepth)); }
  static void indent(evl::Writer& out, std::uint64_t depth) {
    for (; depth != 0; --depth) out("  ");
  }

  static void put_label(evl::Writer& out, const evl_field& field) {
    put_text(out, evl::view(field.label.size != 0 ? field.label : field.name));
  }

  static void open(evl::Writer& out, const evl_field& field, bool is_list) {
    std::uint64_t& depth = out.scratch(kDepth);
    if (depth == kMaxDepth) throw evl::Failure(EVL_E_LIMIT, "the answer is nested too deeply");
    indent(out);
    put_label(out, field);
    out(":\n");
    const std::uint64_t bit = std::uint64_t{1} << depth;
    out.scratch(kLists) = is_list ? out.scratch(kLists) | bit : out.scratch(kLists) & ~bit;
    ++depth;
  }
};

}  // namespace

EVL_FORMAT_PLUGIN(Text, "text", "1.0.0", "Plain text for people, one line a value", "MIT",
                  R"({ "type": "object" })");
