#include "cli/file_watch.hpp"

#include <event2/event.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

namespace evloom::cli {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kQuiet{20};      // after the last event, before the file is looked at
constexpr milliseconds kPatience{400};  // with one that is not whole
constexpr milliseconds kRetry{100};     // between two looks for a folder that is gone

constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

}  // namespace

void FileWatch::Free::operator()(event* e) const { event_free(e); }

Result<std::unique_ptr<FileWatch>> FileWatch::start(event_base* base, std::filesystem::path file, Whole whole,
                                                    Changed changed) {
  std::unique_ptr<FileWatch> watch(new FileWatch(std::move(file), std::move(whole), std::move(changed)));
  const std::string folder = watch->file_.parent_path().string();
  watch->inotify_.reset(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!watch->inotify_ || !watch->watch_folder())
    return Error{"cannot watch '" + folder + "': " + std::strerror(errno) +
                 (errno == ENOSPC || errno == EMFILE
                      ? "; raise fs.inotify.max_user_watches and max_user_instances by sysctl"
                      : "")};
  watch->timer_.reset(evtimer_new(
      base, [](evutil_socket_t, short, void* self) { static_cast<FileWatch*>(self)->on_time(); },
      watch.get()));
  watch->readable_.reset(event_new(
      base, watch->inotify_.get(), EV_READ | EV_PERSIST,
      [](evutil_socket_t, short, void* self) { static_cast<FileWatch*>(self)->on_events(); }, watch.get()));
  event_add(watch->readable_.get(), nullptr);
  return watch;
}

FileWatch::~FileWatch() = default;

bool FileWatch::watch_folder() {
  folder_ = ::inotify_add_watch(inotify_.get(), file_.parent_path().c_str(), kEvents);
  return folder_ >= 0;
}

void FileWatch::on_events() {
  const std::string name = file_.filename().string();
  alignas(inotify_event) char buffer[16384];
  for (;;) {
    const ssize_t size = ::read(inotify_.get(), buffer, sizeof buffer);
    if (size <= 0) return;
    for (const char* at = buffer; at < buffer + size;) {
      const auto* const event = reinterpret_cast<const inotify_event*>(at);
      at += sizeof *event + event->len;
      if (event->mask & IN_Q_OVERFLOW) touched();
      if (event->wd != folder_) continue;
      if (event->mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF)) {
        ::inotify_rm_watch(inotify_.get(), std::exchange(folder_, -1));
        wait(kRetry);
      } else if (event->len != 0 && std::string_view(event->name) == name) {
        touched();
      }
    }
  }
}

void FileWatch::touched() {
  touched_ = Clock::now();
  wait(kQuiet);
}

void FileWatch::wait(std::chrono::microseconds time) {
  const timeval delay{time.count() / 1'000'000, static_cast<suseconds_t>(time.count() % 1'000'000)};
  evtimer_add(timer_.get(), &delay);
}

void FileWatch::on_time() {
  if (folder_ < 0) {
    if (!watch_folder()) return wait(kRetry);
    std::error_code ignored;
    // It may have been written before it was watched again.
    if (std::filesystem::exists(file_, ignored)) touched();
    return;
  }
  if (!whole_(file_) && Clock::now() - touched_ < kPatience) return wait(kQuiet);
  changed_(touched_);
}

}  // namespace evloom::cli
