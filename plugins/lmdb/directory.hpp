// Directory: the folder of an environment, made when it is missing, and the lock that keeps everybody else
// out. LMDB itself would let a second process in; two hosts would then both believe to be the only one that
// counts.
#pragma once

#include <string>

namespace evloom::plugins {

class Directory {
 public:
  // Throws evl::Failure that names the path, what is wrong with it, and the remedy. [control]
  explicit Directory(std::string path);
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory();

  const std::string& path() const { return path_; }

 private:
  void make() const;
  void lock();

  std::string path_;
  int lock_fd_ = -1;
};

}  // namespace evloom::plugins
