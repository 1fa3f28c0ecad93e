#include "config/node.hpp"

#include <algorithm>
#include <cstdio>

namespace evloom::config {
namespace {

const std::string kNoText;
const Position kNoPosition;

bool digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool looks_like_integer(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0o")) {
    return text.size() > 2 && std::all_of(text.begin() + 2, text.end(), [](char c) {
             return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
           });
  }
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return digits(text);
}

bool looks_like_number(std::string_view text) {
  if (text == ".nan" || text == ".NaN" || text == ".NAN") return true;
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (text == ".inf" || text == ".Inf" || text == ".INF") return true;
  bool digit = false;
  std::size_t at = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) digit = true;
  if (at < text.size() && text[at] == '.') ++at;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) digit = true;
  if (!digit) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    return digits(text.substr(at));
  }
  return at == text.size();
}

Resolved resolve_text(std::string_view text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL")
    return Resolved::null;
  if (text == "true" || text == "True" || text == "TRUE") return Resolved::boolean;
  if (text == "false" || text == "False" || text == "FALSE") return Resolved::boolean;
  if (looks_like_integer(text)) return Resolved::integer;
  if (looks_like_number(text)) return Resolved::number;
  return Resolved::string;
}

// `text` shortened and escaped as in_quotes() does it, without the quotes.
std::string bare(std::string_view text) {
  const std::string with = in_quotes(text);
  return with.substr(1, with.size() - 2);
}

// `text` as a double-quoted YAML scalar on one line.
std::string yaml_quoted(std::string_view text) {
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const auto byte = static_cast<unsigned char>(c);
    if (text.substr(at, 2) == "${") {
      out += "$$";  // so that it is not taken for a variable
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20U || byte == 0x7FU) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\x%02x", static_cast<unsigned>(byte));
      out += escape;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

bool safe_plain(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '/' || c == '.';
  }) && text.front() != '-';
}

std::string yaml_scalar(const Node& node) {
  if (node.secret()) return "\"***\"";
  const bool text = node.kind() == Kind::string || !node.plain();
  if (safe_plain(node.text()) && (!text || resolve_text(node.text()) == Resolved::string)) return node.text();
  return yaml_quoted(node.text());
}

void write(const Node& node, std::size_t indent, bool in_list, std::string& out) {
  if (node.is_map() && !node.entries().empty()) {
    bool first = true;
    for (const Entry& entry : node.entries()) {
      if (!(first && in_list)) out.append(indent, ' ');
      first = false;
      out += safe_plain(entry.key) && resolve_text(entry.key) == Resolved::string ? entry.key
                                                                                  : yaml_quoted(entry.key);
      const bool block = (entry.value.is_map() && !entry.value.entries().empty()) ||
                         (entry.value.is_list() && !entry.value.items().empty());
      out += block ? ":\n" : ": ";
      write(entry.value, indent + 2, false, out);
    }
  } else if (node.is_list() && !node.items().empty()) {
    bool first = true;
    for (const Node& item : node.items()) {
      if (!(first && in_list)) out.append(indent, ' ');
      first = false;
      out += "- ";
      write(item, indent + 2, true, out);
    }
  } else {
    switch (node.type()) {
      case Node::Type::map:
        out += "{}";
        break;
      case Node::Type::list:
        out += "[]";
        break;
      case Node::Type::scalar:
        out += yaml_scalar(node);
        break;
      default:
        out += "null";
        break;
    }
    out += "\n";
  }
}

}  // namespace

Node::Node(Data data) {
  data.weight = 1;
  data.height = 1;
  const auto count = [&](const Node& child) {
    data.weight += child.weight();
    data.height = std::max(data.height, child.height() + 1);
  };
  for (const Node& item : data.items) count(item);
  for (const Entry& entry : data.entries) count(entry.value);
  data_ = std::make_shared<const Data>(std::move(data));
}

Node::Type Node::type() const { return data_ ? data_->type : Type::none; }

const Position& Node::position() const { return data_ ? data_->position : kNoPosition; }

const std::string& Node::text() const { return data_ ? data_->text : kNoText; }

std::span<const Node> Node::items() const {
  return data_ ? std::span<const Node>(data_->items) : std::span<const Node>();
}

std::span<const Entry> Node::entries() const {
  return data_ ? std::span<const Entry>(data_->entries) : std::span<const Entry>();
}

Node Node::get(std::string_view key) const {
  for (const Entry& entry : entries()) {
    if (entry.key == key) return entry.value;
  }
  return {};
}

bool Node::equal(const Node& other) const {
  if (same(other)) return true;
  if (type() != other.type() || text() != other.text() || items().size() != other.items().size() ||
      entries().size() != other.entries().size()) {
    return false;
  }
  for (std::size_t i = 0; i < items().size(); ++i) {
    if (!items()[i].equal(other.items()[i])) return false;
  }
  return std::all_of(entries().begin(), entries().end(),
                     [&](const Entry& entry) { return entry.value.equal(other.get(entry.key)); });
}

Resolved resolve(const Node& scalar) {
  if (scalar.type() == Node::Type::null) return Resolved::null;
  return scalar.plain() ? resolve_text(scalar.text()) : Resolved::string;
}

std::string show(const Node& node) {
  if (node.secret()) return "***";
  if (!node.is_scalar()) return describe(node);
  return resolve(node) == Resolved::string ? in_quotes(node.text()) : bare(node.text());
}

std::string describe(const Node& node) {
  switch (node.type()) {
    case Node::Type::map:
      return "a map";
    case Node::Type::list:
      return "a list";
    case Node::Type::scalar:
      break;
    default:
      return "nothing";
  }
  if (node.secret()) return "*** (from the environment)";
  if (node.substituted()) return in_quotes(node.text());
  switch (resolve(node)) {
    case Resolved::null:
      return "nothing";
    case Resolved::boolean:
      return node.text();
    case Resolved::integer:
      return "the integer " + bare(node.text());
    case Resolved::number:
      return "the number " + bare(node.text());
    case Resolved::string:
      break;
  }
  return "the string " + in_quotes(node.text());
}

std::string dump(const Node& node) {
  std::string out;
  write(node, 0, false, out);
  return out;
}

}  // namespace evloom::config
