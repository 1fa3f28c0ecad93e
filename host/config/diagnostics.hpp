// Diagnostics: everything that is wrong with a configuration, each with its place in the file, and the text a
// person reads. Any thread; a Position keeps its Source alive, so it may outlive the load that made it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace evloom::config {

// A text that was read: its name for messages, its bytes, and the folder that its relative paths start from.
// The bytes are those of the file, before any ${NAME} was replaced.
class Source {
 public:
  Source(std::string name, std::string text, std::filesystem::path base_dir);

  const std::string& name() const { return name_; }
  const std::string& text() const { return text_; }
  const std::filesystem::path& base_dir() const { return base_dir_; }

  // Line `number` (from 1) without its line end; empty if there is none.
  std::string_view line(std::uint32_t number) const;
  // Offset in text() of byte `byte` (from 0) of line `number`; never past the end.
  std::size_t offset(std::uint32_t number, std::uint32_t byte) const;

 private:
  std::string name_;
  std::string text_;
  std::filesystem::path base_dir_;
  std::vector<std::size_t> starts_;  // offset of the first byte of every line
};

// A place in a Source. Line 0 means the file as a whole.
struct Position {
  std::shared_ptr<const Source> source;
  std::uint32_t line = 0;    // from 1
  std::uint32_t byte = 0;    // of the line, from 0
  std::uint32_t length = 0;  // bytes to underline; 0: unknown, only the caret is drawn

  // Characters (UTF-8 code points) from 1, as an editor counts them.
  std::uint32_t column() const;
  // "file:line:column", or "file" for line 0.
  std::string to_string() const;
};

// Where a comes before b in one file.
bool before(const Position& a, const Position& b);

enum class Severity : std::uint8_t { error, warning };

// One finding. `message` says what is wrong, `hint` (may be empty) what to do about it.
struct Diagnostic {
  Severity severity = Severity::error;
  Position position;
  std::string message;
  std::string hint;
};

// Findings in the order of the file. At most kMaxKept are kept, the others only counted: a hostile file
// cannot make the report larger than that.
class Diagnostics {
 public:
  static constexpr std::size_t kMaxKept = 100;

  void error(const Position& position, std::string message, std::string hint = {});
  void warning(const Position& position, std::string message, std::string hint = {});

  // Whether there is an error; warnings alone do not count.
  bool has_errors() const { return errors_ != 0; }
  // All that are kept, by place.
  const std::vector<Diagnostic>& list() const { return list_; }
  // Whether one more would only be counted: then its hint need not be worked out.
  bool full() const { return list_.size() >= kMaxKept; }
  // How many more there were.
  std::size_t dropped() const { return dropped_; }

 private:
  void add(Diagnostic diagnostic);

  std::vector<Diagnostic> list_;
  std::size_t errors_ = 0;
  std::size_t dropped_ = 0;
};

// The report for a person: per finding `file:line:column: error: text`, the source line, a caret, and the
// hint. Ends in a newline; empty if there is nothing to say. `colour` adds ANSI colours.
std::string render(const Diagnostics& diagnostics, bool colour);

// `text` in double quotes for a message: control characters and invalid UTF-8 escaped, long texts shortened.
std::string in_quotes(std::string_view text);

// Length in bytes of the UTF-8 sequence at the start of `text`; 0 if it is not valid UTF-8.
std::size_t utf8_length(std::string_view text);

}  // namespace evloom::config
