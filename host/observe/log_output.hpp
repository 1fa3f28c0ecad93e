// Output: the descriptor that log lines go to. Writing survives everything: a full disk, a closed pipe and a
// reader that is stuck cost lines, never the process. Opened on the control thread, used on the log thread.
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <utility>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace evloom::observe {

class Output {
 public:
  // `where` is "stderr", "stdout" or a path; a file is made if need be (mode 0640) and appended to.
  static Result<Output> open(const std::string& where);
  static bool is_file(const std::string& where) { return where != "stderr" && where != "stdout"; }

  // Writes whole lines; false, with the reason in last_error(), when a part could not be written. Waits for a
  // slow reader, but not longer than a second in all once `hurry` is set.
  bool write(std::string_view lines, const std::atomic<bool>& hurry);
  int last_error() const { return error_; }

  // Says on stderr, once until it is cleared by a success, that this output does not work.
  void complain();

 private:
  Output(Fd fd, std::string name, bool regular, bool is_stderr)
      : fd_(std::move(fd)), name_(std::move(name)), regular_(regular), is_stderr_(is_stderr) {}
  bool wait_writable(const std::atomic<bool>& hurry);
  bool write_all(std::string_view bytes, const std::atomic<bool>& hurry);

  Fd fd_;
  std::string name_;
  bool regular_;
  bool is_stderr_;
  bool mid_line_ = false;  // an error left a part of a line behind
  bool complained_ = false;
  int error_ = 0;
  int patience_ms_ = 1000;  // left for waiting in a hurry
};

}  // namespace evloom::observe
