// Journal: the file of lines. Opened by one instance at a time; what append() has taken survives a crash. It
// blocks: on the control thread when it is opened, on the writer thread afterwards, never on a loop.
#pragma once

#include <string>
#include <string_view>

#include "table.hpp"

namespace jsonl {

class Journal {
 public:
  // Opens or makes the file. Throws evl::Failure, with the file and the reason.
  explicit Journal(const std::string& path);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Makes all changes again. What a crash left of a last line is cut off. Throws evl::Failure at the first
  // other line that is none of ours.
  void load(Table& table);

  // Empty, or why the lines may not be on the disk. Then nothing more should be appended.
  std::string append(std::string_view lines);

 private:
  [[noreturn]] void fail(const std::string& what) const;

  const std::string path_;
  int fd_;
};

}  // namespace jsonl
