#include "config/yaml.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace evloom::config {
namespace {

// Stops the parser from inside one of its calls; never leaves this file.
struct Stop {
  Position position;
  std::string message;
  std::string hint;
};

// Refuses bytes that no YAML file may hold. (Byte 4 would end the file silently: the library's end mark.)
bool check_bytes(const std::shared_ptr<const Source>& source, Diagnostics& diagnostics) {
  const std::string_view text = source->text();
  std::uint32_t line = 1;
  std::size_t start = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const Position here{source, line, static_cast<std::uint32_t>(at - start), 1};
    if (byte == '\n') {
      ++line;
      start = ++at;
    } else if (byte == '\r' && at + 1 < text.size() && text[at + 1] == '\n') {
      ++at;
    } else if ((byte < 0x20U && byte != '\t') || byte == 0x7FU) {
      char name[8];
      std::snprintf(name, sizeof name, "0x%02x", static_cast<unsigned>(byte));
      diagnostics.error(here, std::string("control character ") + name + " in the file",
                        byte == 0 ? "is this a YAML file in UTF-8?"
                                  : "remove it, or write it as an escape in double quotes");
      return false;
    } else if (const std::size_t size = utf8_length(text.substr(at)); size == 0) {
      diagnostics.error(here, "the file is not valid UTF-8 here", "save the file in UTF-8");
      return false;
    } else {
      at += size;
    }
  }
  return true;
}

// Builds the tree from the library's events, and checks as it builds.
class Builder : public YAML::EventHandler {
 public:
  Builder(std::shared_ptr<const Source> source, Diagnostics& diagnostics)
      : source_(std::move(source)), diagnostics_(diagnostics) {}

  Node root() const { return root_; }

  // Where the innermost list or map that is still open began.
  const Node::Data* innermost() const { return open_.empty() ? nullptr : &open_.back().data; }

  Position place(const YAML::Mark& mark, std::uint32_t length = 0) const {
    if (mark.is_null()) return last_;
    return {source_, static_cast<std::uint32_t>(mark.line) + 1, static_cast<std::uint32_t>(mark.column),
            length};
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ != 0)
      throw Stop{place(mark, 3), "a second document in one file", "write one file per host"};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node::Data data;
    data.type = Node::Type::null;
    data.plain = true;
    data.position = place(mark);
    // For a key without a value the library gives the place of what follows.
    if (!open_.empty() && open_.back().has_key && data.position.line != open_.back().key_position.line) {
      data.position = open_.back().key_position;
    }
    if (expects_key()) throw Stop{data.position, "a key without a name", "write NAME: VALUE"};
    add(Node(std::move(data)), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const Position position = place(mark);
    if (expects_key()) throw Stop{position, "an alias cannot be a key", "write the key out"};
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end())
      throw Stop{position, "this alias refers to the value it is in", "write the value out"};
    if (open_.size() + found->second.height() > kMaxDepth) too_deep(position);
    count(found->second.weight(), position);
    add(found->second, 0, true);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node::Data data;
    data.type = Node::Type::scalar;
    data.plain = tag == "?";
    data.position = place(mark);
    check_tag(tag, data.position);
    data.position.length = extent(data.position, value);
    data.text = value;
    last_ = data.position;
    if (expects_key()) {
      if (data.plain && value == "<<") {
        throw Stop{data.position, "merge keys (<<) are not supported", "write the keys out"};
      }
      if (value.find('\0') != std::string::npos)
        throw Stop{data.position, "a NUL byte in a key", "remove it"};
      if (anchor != 0) throw Stop{data.position, "an anchor on a key", "remove it"};
      take_key(value, data.position);
      return;
    }
    if (value.find('\0') != std::string::npos)
      throw Stop{data.position, "a NUL byte in a value", "remove it"};
    add(Node(std::move(data)), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    begin(Node::Type::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    begin(Node::Type::map, mark, tag, anchor);
  }
  void OnMapEnd() override { end(); }

 private:
  // A list or map whose end has not come yet.
  struct Open {
    Node::Data data;
    YAML::anchor_t anchor = 0;
    bool has_key = false;
    bool drop = false;  // the key is a doubled one
    std::string key;
    Position key_position;
    std::unordered_map<std::string, std::uint32_t> lines;  // of every key so far
  };

  bool expects_key() const {
    return !open_.empty() && open_.back().data.type == Node::Type::map && !open_.back().has_key;
  }

  static void check_tag(const std::string& tag, const Position& position) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    throw Stop{position, "tags (such as !!str) are not supported", "remove the tag; quotes make a string"};
  }

  [[noreturn]] static void too_deep(const Position& position) {
    throw Stop{position, "nested more than " + std::to_string(kMaxDepth) + " levels deep", {}};
  }

  void count(std::size_t nodes, const Position& position) {
    nodes_ += nodes;
    if (nodes_ <= kMaxNodes) return;
    throw Stop{position, "more than " + std::to_string(kMaxNodes) + " values, aliases followed", {}};
  }

  void begin(Node::Type type, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    Open open;
    open.data.type = type;
    open.data.position = place(mark);
    open.anchor = anchor;
    last_ = open.data.position;
    check_tag(tag, open.data.position);
    if (expects_key())
      throw Stop{open.data.position, "a key must be a name, not a list or a map",
                 "if it is meant as a value, check that its bracket is closed"};
    if (open_.size() >= kMaxDepth) too_deep(open.data.position);
    count(1, open.data.position);
    open_.push_back(std::move(open));
  }

  void end() {
    Open open = std::move(open_.back());
    open_.pop_back();
    add(Node(std::move(open.data)), open.anchor, true);
  }

  void take_key(const std::string& key, const Position& position) {
    Open& map = open_.back();
    const auto [found, fresh] = map.lines.try_emplace(key, position.line);
    if (!fresh) {
      // Not the end: the other errors are wanted, too.
      diagnostics_.error(position, "key " + in_quotes(key) + " is doubled",
                         "it stands already in line " + std::to_string(found->second) + "; remove one");
    }
    map.drop = !fresh;
    count(1, position);
    map.has_key = true;
    map.key = key;
    map.key_position = position;
  }

  void add(Node node, YAML::anchor_t anchor, bool counted = false) {
    if (!counted) count(node.weight(), node.position());
    if (anchor != 0) anchors_.insert_or_assign(anchor, node);
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.data.type == Node::Type::list) {
      parent.data.items.push_back(std::move(node));
      return;
    }
    parent.has_key = false;
    // Of a doubled key the first value stays.
    if (!parent.drop) {
      parent.data.entries.push_back({std::move(parent.key), std::move(parent.key_position), std::move(node)});
    }
  }

  // Bytes of the source that a scalar takes on its first line. Refuses an open quote, which the library ends
  // silently at the end of the file.
  std::uint32_t extent(const Position& position, const std::string& value) const {
    const std::size_t start = source_->offset(position.line, position.byte);
    const std::string_view rest = std::string_view(source_->text()).substr(start);
    const std::string_view on_line =
        source_->line(position.line)
            .substr(std::min<std::size_t>(position.byte, source_->line(position.line).size()));
    if (rest.empty()) return 0;
    const char quote = rest.front();
    if (quote == '"' || quote == '\'') {
      for (std::size_t at = 1; at < rest.size(); ++at) {
        if (quote == '"' && rest[at] == '\\') {
          ++at;
        } else if (rest[at] == quote) {
          if (quote == '\'' && at + 1 < rest.size() && rest[at + 1] == '\'') {
            ++at;
            continue;
          }
          return static_cast<std::uint32_t>(std::min(at + 1, on_line.size()));
        }
      }
      throw Stop{position, "this quote is never closed",
                 std::string("write ") + quote + " where the text ends"};
    }
    return on_line.starts_with(value) ? static_cast<std::uint32_t>(value.size()) : 0;
  }

  std::shared_ptr<const Source> source_;
  Diagnostics& diagnostics_;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, Node> anchors_;
  Node root_;
  Position last_;
  std::size_t nodes_ = 0;
  std::size_t documents_ = 0;
};

// The library's error with what usually helps.
Stop syntax_error(const Builder& builder, const std::shared_ptr<const Source>& source,
                  const YAML::Exception& error) {
  Stop stop{builder.place(error.mark), "YAML syntax: " + error.msg, {}};
  if (!stop.position.source) stop.position = {source, 1, 0, 0};
  const std::string_view line = source->line(stop.position.line);
  const std::string_view lead = line.substr(0, line.find_first_not_of(" \t"));
  if (error.msg == "bad file") stop.message = "nested too deep";
  if (lead.find('\t') != std::string_view::npos) {
    stop.hint = "indent with spaces: YAML allows no tab there";
  } else if (line.find("${") != std::string_view::npos && line.find_first_of("{[") < line.find("${")) {
    stop.hint = "inside { } or [ ] an environment variable needs quotes: \"${NAME}\"";
  } else if (error.msg.find("flow not found") != std::string::npos && builder.innermost() != nullptr) {
    const Position& start = builder.innermost()->position;
    stop.hint = "the bracket opened in line " + std::to_string(start.line) + ", column " +
                std::to_string(start.column()) + " is not closed before this";
  } else if (error.msg == "illegal map value") {
    stop.hint = "a value that holds \": \" needs quotes; a key of a map within needs a line of its own";
  } else if (error.msg == "unknown token") {
    stop.hint = "a value that begins with one of @ ` % needs quotes";
  } else if (error.msg == "end of map not found") {
    stop.hint = "check that the lines of this map begin in the same column";
  }
  return stop;
}

}  // namespace

Node parse_yaml(const std::shared_ptr<const Source>& source, Diagnostics& diagnostics) {
  Node::Data invalid;
  invalid.type = Node::Type::invalid;
  invalid.position = {source, 1, 0, 0};
  if (source->text().size() > kMaxFileBytes) {
    diagnostics.error({source, 0, 0, 0},
                      "the file is larger than " + std::to_string(kMaxFileBytes) + " bytes");
    return Node(std::move(invalid));
  }
  if (!check_bytes(source, diagnostics)) return Node(std::move(invalid));

  Builder builder(source, diagnostics);
  try {
    std::istringstream stream(source->text());
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
    if (builder.root().type() != Node::Type::none) return builder.root();
    Node::Data null;
    null.type = Node::Type::null;
    null.position = {source, 1, 0, 0};
    return Node(std::move(null));
  } catch (Stop& stop) {
    diagnostics.error(stop.position, std::move(stop.message), std::move(stop.hint));
  } catch (const YAML::Exception& error) {
    Stop stop = syntax_error(builder, source, error);
    diagnostics.error(stop.position, std::move(stop.message), std::move(stop.hint));
  } catch (const std::exception& error) {
    diagnostics.error({source, 1, 0, 0}, std::string("YAML syntax: ") + error.what());
  }
  return Node(std::move(invalid));
}

}  // namespace evloom::config
