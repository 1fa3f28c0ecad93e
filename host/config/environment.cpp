#include "config/environment.hpp"

#include <cstdlib>

namespace evloom::config {
namespace {

constexpr std::size_t kMaxScalar = std::size_t{1} << 16;
constexpr std::size_t kMaxTotal = std::size_t{1} << 24;

bool name_start(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }
bool name_part(char c) { return name_start(c) || (c >= '0' && c <= '9'); }

// Follows the "${" of one scalar through the file: more exact than the place of the scalar. Only forward, so
// that a text full of them is read once.
class Cursor {
 public:
  explicit Cursor(const Node& node) : position_(node.position()) {
    if (!position_.source) return;
    find(position_.source->offset(position_.line, position_.byte));
  }

  Position position(std::size_t length) const {
    Position position = position_;
    if (found_) position.length = static_cast<std::uint32_t>(length);
    return position;
  }

  void next() {
    if (found_) find(position_.source->offset(position_.line, position_.byte) + 2);
  }

 private:
  void find(std::size_t from) {
    const std::size_t at = position_.source->text().find("${", from);
    found_ = at != std::string::npos;
    if (!found_) return;
    while (at > position_.source->offset(position_.line, 0) + position_.source->line(position_.line).size()) {
      ++position_.line;
    }
    position_.byte = static_cast<std::uint32_t>(at - position_.source->offset(position_.line, 0));
  }

  Position position_;
  bool found_ = false;
};

class Substitution {
 public:
  Substitution(const Environment& environment, Diagnostics& diagnostics)
      : environment_(environment), diagnostics_(diagnostics) {}

  Node visit(const Node& node) {
    switch (node.type()) {
      case Node::Type::scalar:
        return scalar(node);
      case Node::Type::list: {
        Node::Data data = node.data();
        bool changed = false;
        for (Node& item : data.items) changed |= replace(item);
        return changed ? Node(std::move(data)) : node;
      }
      case Node::Type::map: {
        Node::Data data = node.data();
        bool changed = false;
        for (Entry& entry : data.entries) changed |= replace(entry.value);
        return changed ? Node(std::move(data)) : node;
      }
      default:
        return node;
    }
  }

 private:
  bool replace(Node& node) {
    Node fresh = visit(node);
    const bool changed = !fresh.same(node);
    node = std::move(fresh);
    return changed;
  }

  Node scalar(const Node& node) {
    const std::string& text = node.text();
    if (text.find("${") == std::string::npos) return node;
    Node::Data data = node.data();
    data.text.clear();
    Cursor cursor(node);
    bool bad = false;
    const auto fail = [&](std::size_t length, std::string message, std::string hint) {
      diagnostics_.error(cursor.position(length), std::move(message), std::move(hint));
      bad = true;
    };
    for (std::size_t at = 0; at < text.size();) {
      if (data.text.size() > kMaxScalar) break;
      if (text.compare(at, 3, "$${") == 0) {
        data.text += "${";
        cursor.next();
        at += 3;
        continue;
      }
      if (text.compare(at, 2, "${") != 0) {
        data.text += text[at++];
        continue;
      }
      std::size_t end = at + 2;
      while (end < text.size() && name_part(text[end])) ++end;
      const std::string name = text.substr(at + 2, end - at - 2);
      const bool has_default = text.compare(end, 2, ":-") == 0;
      std::size_t close = end;
      std::string fallback;
      if (has_default) {
        close = text.find('}', end + 2);
        if (close != std::string::npos) fallback = text.substr(end + 2, close - end - 2);
      }
      if (name.empty() || !name_start(name.front()) || close >= text.size() || text[close] != '}' ||
          fallback.find("${") != std::string::npos) {
        fail(2, "malformed environment variable",
             "write ${NAME} or ${NAME:-default}; for a literal ${ write $${");
        break;
      }
      const std::optional<std::string> value = environment_(name);
      // As in a shell, ":-" also replaces an empty value.
      if (has_default && (!value || value->empty())) {
        data.text += fallback;
      } else if (value) {
        data.text += *value;
        data.secret = true;
      } else {
        fail(close + 1 - at, "environment variable " + name + " is not set",
             "set it, or give a default: ${" + name + ":-default}");
      }
      data.substituted = true;
      cursor.next();
      at = close + 1;
    }
    if (!bad && data.text.size() > kMaxScalar) {
      fail(0, "the value is longer than 65536 bytes once its variables are replaced", {});
    }
    total_ += data.text.size();
    if (!bad && total_ > kMaxTotal) {
      fail(0, "the values are longer than 16 MiB altogether once their variables are replaced", {});
    }
    if (!bad && data.text.find('\0') != std::string::npos) fail(0, "the value holds a NUL byte", {});
    if (bad) {
      data.type = Node::Type::invalid;
      data.text.clear();
    }
    return Node(std::move(data));
  }

  const Environment& environment_;
  Diagnostics& diagnostics_;
  std::size_t total_ = 0;  // bytes of all values with variables
};

}  // namespace

Environment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());  // NOLINT(concurrency-mt-unsafe)
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

Node substitute(const Node& node, const Environment& environment, Diagnostics& diagnostics) {
  return Substitution(environment, diagnostics).visit(node);
}

}  // namespace evloom::config
