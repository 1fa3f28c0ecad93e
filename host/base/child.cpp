#include "base/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <utility>

namespace evloom {

namespace {

constexpr std::size_t kLongestReport = std::size_t{1} << 20;

Error failure(const char* what, int error) { return Error{std::string(what) + ": " + std::strerror(error)}; }

// The input as a file that lives as long as it is open: it may hold secrets, and it is read at any pace.
Result<Fd> in_memory(const std::string& text) {
  Fd file(::memfd_create("evloom-request", MFD_CLOEXEC));
  if (!file) return failure("memfd_create", errno);
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t n = ::write(file.get(), text.data() + at, text.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failure("write", errno);
    at += static_cast<std::size_t>(n);
  }
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

// What posix_spawn is told: nothing of this process is inherited but its environment.
class SpawnRules {
 public:
  SpawnRules(int in, int out) {
    ::posix_spawn_file_actions_init(&files_);
    ::posix_spawn_file_actions_adddup2(&files_, in, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&files_, out, STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&files_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addclosefrom_np(&files_, STDERR_FILENO + 1);

    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    sigdelset(&all, SIGKILL);
    sigdelset(&all, SIGSTOP);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_,
                               POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  SpawnRules(const SpawnRules&) = delete;
  SpawnRules& operator=(const SpawnRules&) = delete;
  ~SpawnRules() {
    ::posix_spawn_file_actions_destroy(&files_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  const posix_spawn_file_actions_t* files() const { return &files_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t files_;
  posix_spawnattr_t attributes_;
};

}  // namespace

Result<Child> Child::spawn(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                           const std::string& input) {
  auto request = in_memory(input);
  if (!request) return request.error();
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return failure("pipe", errno);
  Child child;
  child.reports_ = Fd(ends[0]);
  const Fd write_end(ends[1]);
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);

  const SpawnRules rules(request->get(), write_end.get());
  std::vector<std::string> words = arguments;
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const int error = ::posix_spawn(&child.pid_, program.c_str(), rules.files(), rules.attributes(),
                                  pointers.data(), environ);
  if (error != 0) {
    child.pid_ = -1;
    return failure("posix_spawn", error);
  }
  child.end_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, child.pid_, 0)));
  if (!child.end_) return failure("pidfd_open", errno);
  return child;
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      reports_(std::move(other.reports_)),
      end_(std::move(other.end_)),
      text_(std::move(other.text_)) {}

// No pid can be another's meanwhile: it is not reaped yet.
int Child::kill() {
  if (pid_ < 0) return 0;
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);  // before it has its own group
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return status;
}

Result<Child::Woken> Child::wait(std::chrono::steady_clock::time_point until, int interrupt) const {
  using std::chrono::milliseconds;
  pollfd watched[] = {{reports_.get(), POLLIN, 0}, {end_.get(), POLLIN, 0}, {interrupt, POLLIN, 0}};
  const auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now()).count();
  const int ready =
      ::poll(watched, std::size(watched), static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000)));
  if (ready < 0 && errno != EINTR) return failure("poll", errno);
  if (ready <= 0) return Woken{};
  return Woken{watched[1].revents != 0, watched[2].revents != 0};
}

std::optional<std::string> Child::line() {
  for (;;) {
    const std::size_t end = text_.find('\n');
    if (end != std::string::npos) {
      std::string one = text_.substr(0, end);
      text_.erase(0, end + 1);
      return one;
    }
    char buffer[4096];
    const ssize_t n = reports_ ? ::read(reports_.get(), buffer, sizeof buffer) : 0;
    if (n > 0 && text_.size() < kLongestReport) {
      text_.append(buffer, static_cast<std::size_t>(n));
      continue;
    }
    if (n < 0 && (errno == EINTR)) continue;
    if (n >= 0) reports_.reset();  // no more comes: poll need not look at it
    return std::nullopt;
  }
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) {
    const char* const name = ::sigabbrev_np(WTERMSIG(status));
    return std::string("crashed (SIG") + (name ? name : std::to_string(WTERMSIG(status))) + ")";
  }
  return "exited with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace evloom
