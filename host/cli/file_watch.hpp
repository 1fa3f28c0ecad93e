// FileWatch: tells that a file has been written or replaced, once it is at rest and whole. Linkers write in
// place or rename a new file over the old one, and builds remove whole folders: so the folder is watched, and
// waited for when it is gone. One thread, which turns the event base; all calls come on it.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>

#include "base/fd.hpp"
#include "base/result.hpp"

struct event;
struct event_base;

namespace evloom::cli {

class FileWatch {
 public:
  using Clock = std::chrono::steady_clock;

  // Whether what lies there is all of it. A file that stays otherwise is reported all the same, 400 ms after
  // it was last touched: it is as whole as it will get.
  using Whole = std::function<bool(const std::filesystem::path&)>;
  // `since`: when it was last touched.
  using Changed = std::function<void(Clock::time_point since)>;

  // Fails when the file's folder cannot be watched. `base` outlives it.
  static Result<std::unique_ptr<FileWatch>> start(event_base* base, std::filesystem::path file, Whole whole,
                                                  Changed changed);
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;
  ~FileWatch();

 private:
  struct Free {
    void operator()(event* e) const;
  };

  FileWatch(std::filesystem::path file, Whole whole, Changed changed)
      : file_(std::move(file)), whole_(std::move(whole)), changed_(std::move(changed)) {}
  bool watch_folder();
  void on_events();
  void on_time();
  void touched();
  void wait(std::chrono::microseconds time);

  const std::filesystem::path file_;
  const Whole whole_;
  const Changed changed_;
  Fd inotify_;
  int folder_ = -1;  // the watch on it; -1: it is gone
  Clock::time_point touched_;
  std::unique_ptr<event, Free> readable_;
  std::unique_ptr<event, Free> timer_;
};

}  // namespace evloom::cli
