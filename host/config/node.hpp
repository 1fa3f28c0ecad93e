// Node: one value of a YAML document, with its place. A tree of Nodes is immutable and shared: copies are
// cheap and may be read on any thread, for as long as anyone holds one.
//
// As parsed, a scalar is only text. validate() returns a tree in which each scalar also has the typed value
// that its Kind asks for, and in which defaults are filled in.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostics.hpp"

namespace evloom::config {

// What a value is to be. The same kinds serve the host's own options and those of plugins.
enum class Kind : std::uint8_t {
  any,       // not looked at
  map,       // keys and values
  list,      // items
  string,    // text
  integer,   // whole number, 64 bits
  number,    // number, double
  boolean,   // true or false
  duration,  // "250ms", "10s"; integer() in nanoseconds
  size,      // "64KiB", 4096; integer() in bytes
  address,   // "HOST:PORT" with a literal IPv4 or [IPv6] address
  path,      // a file; text() is absolute, relative ones start at the YAML file's folder
  mode,      // permissions of a file, octal; integer()
  percent,   // "1%", "0.5%"; number() is what stands before the sign
  factor,    // "2x", "1.5x"; number()
  choice,    // one of a few words
  name,      // a name that the user gives, or the id of a plugin
  one_of,    // one of several shapes
};

struct Entry;

class Node {
 public:
  enum class Type : std::uint8_t { none, invalid, null, scalar, list, map };

  // What a node is made of.
  struct Data {
    Type type = Type::none;
    Kind kind = Kind::any;     // any until validated
    bool plain = false;        // a scalar without quotes
    bool substituted = false;  // its text holds an environment variable, or the default of one
    bool secret = false;       // its text came, at least in part, from the environment
    bool is_default = false;   // not in the file
    Position position;
    std::string text;
    std::int64_t integer = 0;
    double number = 0;
    std::vector<Node> items;
    std::vector<Entry> entries;
    std::size_t weight = 1;  // nodes in this tree, aliases counted each time; each KiB of text is one more
    std::size_t height = 1;  // levels of this tree
  };

  Node() = default;
  // Takes over `data` and reckons weight and height from the children.
  explicit Node(Data data);

  // Which value this is. `none`: there is no such node; `invalid`: an error was already reported for it.
  Type type() const;
  bool is_scalar() const { return type() == Type::scalar; }
  bool is_list() const { return type() == Type::list; }
  bool is_map() const { return type() == Type::map; }
  // Whether there is a value that can be used.
  explicit operator bool() const { return type() > Type::invalid; }

  // Where it stands in the file; for a default, the map that lacks the key.
  const Position& position() const;
  bool is_default() const { return data_ && data_->is_default; }
  // Whether its text must not appear in a message.
  bool secret() const { return data_ && data_->secret; }
  bool plain() const { return data_ && data_->plain; }
  bool substituted() const { return data_ && data_->substituted; }
  Kind kind() const { return data_ ? data_->kind : Kind::any; }

  // Text of a scalar, empty for anything else. A secret is in clear: never log it.
  const std::string& text() const;

  // Typed values, of a validated tree; 0 or false where there is none.
  std::int64_t integer() const { return data_ ? data_->integer : 0; }
  double number() const { return data_ ? data_->number : 0; }
  bool boolean() const { return integer() != 0; }
  std::chrono::nanoseconds duration() const { return std::chrono::nanoseconds(integer()); }

  // Items of a list, entries of a map in the order of the file; empty for anything else.
  std::span<const Node> items() const;
  std::span<const Entry> entries() const;
  // The value of a map's key; a node of type none if it has no such key.
  Node get(std::string_view key) const;

  std::size_t weight() const { return data_ ? data_->weight : 1; }
  std::size_t height() const { return data_ ? data_->height : 1; }

  // The parts, to build a changed copy from. The node must not be of type none.
  const Data& data() const { return *data_; }
  // The same node? (Not: an equal one.)
  bool same(const Node& other) const { return data_ == other.data_; }
  // The same value and options, wherever it stands; what a reload compares. Secrets are compared, too.
  bool equal(const Node& other) const;

 private:
  std::shared_ptr<const Data> data_;
};

struct Entry {
  std::string key;
  Position position;
  Node value;
};

// What a plain scalar is by YAML's core schema; "string" for one in quotes.
enum class Resolved : std::uint8_t { null, boolean, integer, number, string };
Resolved resolve(const Node& scalar);

// What stands there, for a message: `the integer 42`, `the string "abc"`, `a list`; a secret is `***`.
std::string describe(const Node& node);

// The value alone, for a message: `42`, `"abc"`; a secret is `***`.
std::string show(const Node& node);

// The tree as YAML, which loads again but for secrets: those are `***`. `${` is written `$${`.
std::string dump(const Node& node);

}  // namespace evloom::config
