#include "config/validate.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "config/scalars.hpp"
#include "config/suggest.hpp"

namespace evloom::config {
namespace {

std::string list_words(const std::vector<std::string>& words, std::string_view last) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i != 0) out += i + 1 == words.size() ? std::string(last) : ", ";
    out += in_quotes(words[i]);
  }
  return out;
}

class Validator {
 public:
  Validator(Diagnostics& diagnostics, const Position& root) : diagnostics_(diagnostics) {
    if (root.source) base_dir_ = root.source->base_dir();
  }

  Node visit(const Schema& schema, const Node& node, const std::string& where) {
    if (node.type() == Node::Type::invalid) return node;
    switch (schema.kind) {
      case Kind::any:
        return placed(node);
      case Kind::one_of:
        return one_of(schema, node, where);
      case Kind::map:
        return node.is_map() ? map(schema, node, where) : wrong_type(schema, node, where);
      case Kind::list:
        return node.is_list() ? list(schema, node, where) : wrong_type(schema, node, where);
      default:
        return node.is_scalar() ? scalar(schema, node, where) : wrong_type(schema, node, where);
    }
  }

 private:
  static std::string label(const std::string& where) { return where.empty() ? std::string() : where + ": "; }
  static std::string inside(const std::string& where) {
    return where.empty() ? std::string() : " in " + where;
  }
  static std::string child(const std::string& where, const std::string& key) {
    return where.empty() ? key : where + "." + key;
  }

  static Node invalid(const Node& node) {
    Node::Data data;
    data.type = Node::Type::invalid;
    data.position = node.position();
    return Node(std::move(data));
  }

  // A default stands where the map stands that lacks it.
  void place(Node::Data& data) const {
    if (default_at_ == nullptr) return;
    data.position = *default_at_;
    data.position.length = 0;
    data.is_default = true;
  }
  Node placed(const Node& node) const {
    if (default_at_ == nullptr || node.type() == Node::Type::none) return node;
    Node::Data data = node.data();
    place(data);
    return Node(std::move(data));
  }

  Node fail(const Node& node, std::string message, std::string hint = {}) {
    // A hint may repeat the value.
    diagnostics_.error(node.position(), std::move(message), node.secret() ? std::string() : std::move(hint));
    return invalid(node);
  }

  Node wrong_type(const Schema& schema, const Node& node, const std::string& where, std::string hint = {}) {
    if (node.type() == Node::Type::null && hint.empty()) hint = "write a value, or remove the key";
    return fail(node, label(where) + "expected " + expectation(schema) + ", found " + describe(node),
                std::move(hint));
  }

  Node one_of(const Schema& schema, const Node& node, const std::string& where) {
    for (const Schema& alternative : schema.alternatives) {
      if ((alternative.kind == Kind::map && node.is_map()) ||
          (alternative.kind == Kind::list && node.is_list()) ||
          (is_scalar(alternative.kind) && node.is_scalar())) {
        return visit(alternative, node, where);
      }
    }
    return wrong_type(schema, node, where);
  }

  Node list(const Schema& schema, const Node& node, const std::string& where) {
    const auto size = static_cast<std::int64_t>(node.items().size());
    if ((schema.min && size < *schema.min) || (schema.max && size > *schema.max)) {
      return fail(node, label(where) + "expected " + expectation(schema) + ", found " + std::to_string(size));
    }
    Node::Data data = node.data();
    data.kind = Kind::list;
    place(data);
    for (std::size_t i = 0; i < data.items.size(); ++i) {
      if (schema.items.empty()) break;
      data.items[i] = visit(schema.items.front(), data.items[i], where + "[" + std::to_string(i) + "]");
    }
    return Node(std::move(data));
  }

  Node map(const Schema& schema, const Node& node, const std::string& where) {
    const auto size = static_cast<std::int64_t>(node.entries().size());
    if (schema.max && size > *schema.max) {
      return fail(node, label(where) + "expected " + expectation(schema) + ", found " + std::to_string(size));
    }
    Node::Data data = node.data();
    data.kind = Kind::map;
    place(data);
    std::set<std::string, std::less<>> meant;  // keys that an unknown one was probably meant to be
    for (Entry& entry : data.entries) {
      if (const Schema* known = schema.key(entry.key)) {
        if (!known->deprecated.empty() && default_at_ == nullptr) {
          diagnostics_.warning(entry.position, child(where, entry.key) + " is deprecated", known->deprecated);
        }
        entry.value = visit(*known, entry.value, child(where, entry.key));
      } else if (!schema.values.empty()) {
        if (const auto fault = name_fault(entry.key)) {
          diagnostics_.error(entry.position, label(where) + in_quotes(entry.key) + " is not a name", *fault);
          entry.value = invalid(entry.value);
        } else {
          entry.value = visit(schema.values.front(), entry.value, child(where, entry.key));
        }
      } else if (!schema.open) {
        const std::vector<std::string> names =
            diagnostics_.full() ? std::vector<std::string>() : schema.key_names();
        diagnostics_.error(entry.position, "unknown key " + in_quotes(entry.key) + inside(where),
                           did_you_mean(entry.key, names,
                                        names.empty() ? "no key is known here"
                                                      : "known here: " + list_words(names, " and ")));
        meant.emplace(closest(entry.key, names));
        entry.value = invalid(entry.value);
      }
    }
    relations(schema, node, where, meant);
    for (const Schema& key : schema.keys) {
      if (node.get(key.name).type() != Node::Type::none) continue;
      if (key.required) {
        if (meant.contains(key.name)) continue;
        diagnostics_.error(data.position, "missing key " + in_quotes(key.name) + inside(where),
                           "add " + key.name + ": " + (key.example.empty() ? "..." : key.example));
      } else if (key.needs.empty() || node.get(key.needs).type() != Node::Type::none) {
        fill(key, child(where, key.name), data);
      }
    }
    return Node(std::move(data));
  }

  // Which keys need or exclude each other.
  void relations(const Schema& schema, const Node& node, const std::string& where,
                 const std::set<std::string, std::less<>>& meant) {
    const Entry* chosen = nullptr;
    for (const Entry& entry : node.entries()) {
      const Schema* known = schema.key(entry.key);
      if (known != nullptr && !known->needs.empty() && node.get(known->needs).type() == Node::Type::none &&
          !meant.contains(known->needs)) {
        diagnostics_.error(entry.position,
                           child(where, entry.key) + " goes only with the key " + in_quotes(known->needs),
                           "remove it, or add " + in_quotes(known->needs));
      }
      if (known != nullptr && !known->together.empty() &&
          node.get(known->together).type() == Node::Type::none && !meant.contains(known->together)) {
        diagnostics_.error(
            entry.position,
            child(where, entry.key) + " goes only together with the key " + in_quotes(known->together),
            "add " + in_quotes(known->together));
      }
      if (std::find(schema.exactly_one.begin(), schema.exactly_one.end(), entry.key) ==
          schema.exactly_one.end()) {
        continue;
      }
      if (chosen != nullptr) {
        diagnostics_.error(entry.position,
                           label(where) + "the keys " + in_quotes(chosen->key) + " and " +
                               in_quotes(entry.key) + " exclude each other",
                           "remove one of them");
      }
      chosen = &entry;
    }
    const bool misspelt = std::any_of(schema.exactly_one.begin(), schema.exactly_one.end(),
                                      [&](const std::string& key) { return meant.contains(key); });
    if (!schema.exactly_one.empty() && chosen == nullptr && !misspelt) {
      diagnostics_.error(default_at_ != nullptr ? *default_at_ : node.position(),
                         "missing one of the keys " + list_words(schema.exactly_one, " or ") + inside(where));
    }
  }

  // Adds the default of an absent key. A map without one gets the defaults of its keys, unless it needs any.
  void fill(const Schema& key, const std::string& where, Node::Data& data) {
    Node value = key.fallback;
    if (!value && key.kind == Kind::map && !key.optional && key.exactly_one.empty() &&
        std::none_of(key.keys.begin(), key.keys.end(), [](const Schema& inner) { return inner.required; })) {
      Node::Data empty;
      empty.type = Node::Type::map;
      value = Node(std::move(empty));
    }
    if (!value) return;
    const Position at = data.position;
    const Position* const outer = default_at_;
    if (outer == nullptr) default_at_ = &at;
    value = visit(key, value, where);
    default_at_ = outer;
    data.entries.push_back({key.name, at, std::move(value)});
  }

  Node scalar(const Schema& schema, const Node& node, const std::string& where) {
    Node::Data data = node.data();
    data.kind = schema.kind;
    if (schema.secret) data.secret = true;  // the valid one; a report shows the line of a faulty one anyway
    place(data);
    if (std::find(schema.words.begin(), schema.words.end(), node.text()) != schema.words.end()) {
      data.kind = Kind::choice;
      return Node(std::move(data));
    }
    const Resolved resolved = node.substituted() ? Resolved::string : resolve(node);
    const auto parsed = [&](Result<std::int64_t> value) {
      if (!value) return wrong_type(schema, node, where, value.error().message);
      if ((schema.min && *value < *schema.min) || (schema.max && *value > *schema.max)) {
        return fail(node, label(where) + show(node) + " is out of range; expected " + expectation(schema));
      }
      data.integer = *value;
      return Node(std::move(data));
    };
    switch (schema.kind) {
      case Kind::integer:
        if (resolved == Resolved::string && !node.substituted()) {
          return wrong_type(schema, node, where, parse_integer(node.text()) ? "write it without quotes" : "");
        }
        return parsed(parse_integer(node.text()));
      case Kind::duration:
        return parsed(parse_duration(node.text()));
      case Kind::size:
        return parsed(parse_size(node.text()));
      case Kind::mode:
        return parsed(parse_mode(node.text()));
      case Kind::number:
        return number(schema, node, where, std::move(data));
      case Kind::percent:
        return fraction(schema, node, where, std::move(data), parse_percent(node.text()));
      case Kind::factor:
        return fraction(schema, node, where, std::move(data), parse_factor(node.text()));
      case Kind::boolean:
        return boolean(schema, node, where, std::move(data));
      case Kind::choice:
        return wrong_type(schema, node, where, did_you_mean(node.text(), schema.words));
      default:
        break;
    }
    if (resolved != Resolved::string) {
      return wrong_type(schema, node, where, "put it in quotes: " + in_quotes(node.text()));
    }
    return text(schema, node, where, std::move(data));
  }

  Node number(const Schema& schema, const Node& node, const std::string& where, Node::Data data) {
    const Result<double> value = parse_number(node.text());
    if (!value || (!node.plain() && !node.substituted())) {
      return wrong_type(schema, node, where, value ? "write it without quotes" : "");
    }
    return fraction(schema, node, where, std::move(data), value);
  }

  // number, percent, factor
  Node fraction(const Schema& schema, const Node& node, const std::string& where, Node::Data data,
                const Result<double>& value) {
    if (!value) return wrong_type(schema, node, where, value.error().message);
    if ((schema.min_number && *value < *schema.min_number) ||
        (schema.max_number && *value > *schema.max_number)) {
      return fail(node, label(where) + show(node) + " is out of range; expected " + expectation(schema));
    }
    data.number = *value;
    return Node(std::move(data));
  }

  Node boolean(const Schema& schema, const Node& node, const std::string& where, Node::Data data) {
    const std::string& text = node.text();
    const bool bare = node.plain() || node.substituted();
    if (bare && (text == "true" || text == "True" || text == "TRUE")) {
      data.integer = 1;
      return Node(std::move(data));
    }
    if (bare && (text == "false" || text == "False" || text == "FALSE")) return Node(std::move(data));
    std::string hint;
    if (!bare && (text == "true" || text == "false")) hint = "write it without quotes";
    if (text == "yes" || text == "on" || text == "y") hint = "write true";
    if (text == "no" || text == "off" || text == "n") hint = "write false";
    return wrong_type(schema, node, where, std::move(hint));
  }

  // string, name, address, path
  Node text(const Schema& schema, const Node& node, const std::string& where, Node::Data data) {
    const auto fault = [&](std::string hint) {
      return fail(node, label(where) + show(node) + " is not " + expectation(schema), std::move(hint));
    };
    if (schema.kind == Kind::name) {
      if (const auto why = name_fault(data.text)) return fault(*why);
    } else if (schema.kind == Kind::address) {
      const Result<Address> address = parse_address(data.text);
      if (!address) return fault(address.error().message);
      data.integer = address->port;
    } else if (schema.kind == Kind::path) {
      if (data.text.empty()) return fault("a path cannot be empty");
      data.text = (base_dir_ / data.text).lexically_normal().string();
    }
    const auto size = static_cast<std::int64_t>(data.text.size());
    if ((schema.min && size < *schema.min) || (schema.max && size > *schema.max)) {
      return fail(node, label(where) + show(node) + " has " + std::to_string(size) + " bytes" +
                            (schema.kind == Kind::path ? " once made absolute" : "") + "; expected " +
                            expectation(schema));
    }
    return Node(std::move(data));
  }

  Diagnostics& diagnostics_;
  std::filesystem::path base_dir_;
  const Position* default_at_ = nullptr;
};

}  // namespace

Node validate(const Schema& schema, const Node& node, Diagnostics& diagnostics, std::string_view where) {
  return Validator(diagnostics, node.position()).visit(schema, node, std::string(where));
}

}  // namespace evloom::config
