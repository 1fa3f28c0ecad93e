#include "change/preflight.hpp"

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
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "plugin/vault.hpp"

namespace evloom::change {

namespace {

// Reports of one trial: 1,024 instances have at most nine steps each.
constexpr std::size_t kMostLines = 10'000;

using Clock = std::chrono::steady_clock;
using Json = nlohmann::json;

constexpr std::size_t kLongestReport = std::size_t{1} << 20;

Error failure(const char* what, int error) { return Error{std::string(what) + ": " + std::strerror(error)}; }

std::string to_text(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string request_of(const PreflightSpec& spec) {
  const config::Source& source = *spec.config->source;
  Json trials = Json::array();
  for (const PreflightSpec::Trial& trial : spec.trials)
    trials.push_back(
        {{"instance", trial.instance}, {"file", std::filesystem::absolute(trial.file).string()}});
  return to_text({{"name", source.name()},
                  {"folder", std::filesystem::absolute(source.base_dir()).string()},
                  {"text", source.text()},
                  {"vault", spec.vault.string()},
                  {"parent", ::getpid()},
                  {"trials", trials}});
}

// The request as a file that lives as long as it is open: it may hold secrets, and it is read at any pace.
Result<Fd> in_memory(const std::string& text) {
  Fd file(::memfd_create("evloom-preflight", MFD_CLOEXEC));
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

// The other process, with what it says. Killed and reaped at the latest when it goes.
class Child {
 public:
  static Result<Child> spawn(const PreflightSpec& spec) {
    auto request = in_memory(request_of(spec));
    if (!request) return request.error();
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return failure("pipe", errno);
    Child child;
    child.reports_ = Fd(ends[0]);
    const Fd write_end(ends[1]);
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);

    const SpawnRules rules(request->get(), write_end.get());
    std::string name = "evloom", command = "preflight";
    char* const arguments[] = {name.data(), command.data(), nullptr};
    const int error = ::posix_spawn(&child.pid_, spec.program.c_str(), rules.files(), rules.attributes(),
                                    arguments, environ);
    if (error != 0) {
      child.pid_ = -1;
      return failure("posix_spawn", error);
    }
    child.end_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, child.pid_, 0)));
    if (!child.end_) return failure("pidfd_open", errno);
    return child;
  }
  Child(Child&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)),
        reports_(std::move(other.reports_)),
        end_(std::move(other.end_)),
        text_(std::move(other.text_)) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { kill(); }

  int reports() const { return reports_.get(); }
  int end() const { return end_.get(); }  // readable when it has ended

  // Kills what runs of it and of what it started, and gives how it ended. No pid can be another's meanwhile:
  // it is not reaped yet.
  int kill() {
    if (pid_ < 0) return 0;
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);  // before it has its own group
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }

  // The next whole line; none when there is none yet.
  std::optional<std::string> line() {
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

 private:
  Child() = default;

  pid_t pid_ = -1;
  Fd reports_;
  Fd end_;
  std::string text_;  // read, but not a whole line yet
};

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) {
    const char* const name = ::sigabbrev_np(WTERMSIG(status));
    return std::string("crashed (SIG") + (name ? name : std::to_string(WTERMSIG(status))) + ")";
  }
  return "exited with status " + std::to_string(WEXITSTATUS(status));
}

std::string shown(std::chrono::nanoseconds duration) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
}

std::string text_of(const Json& report, const char* key) {
  const auto at = report.find(key);
  return at != report.end() && at->is_string() ? at->get<std::string>() : std::string();
}

// Takes up one report; true when it is the last one.
bool take(const std::string& line, PreflightResult& result) {
  const Json report = Json::parse(line, nullptr, false);
  if (!report.is_object()) return false;
  if (report.contains("step")) {
    result.instance = text_of(report, "instance");
    result.step = text_of(report, "step");
    return false;
  }
  if (const auto warnings = report.find("warnings"); warnings != report.end() && warnings->is_array())
    for (const Json& warning : *warnings)
      if (warning.is_string()) result.warnings.push_back(warning.get<std::string>());
  result.good = report.contains("good");
  result.reason = text_of(report, "error");
  return result.good || report.contains("error");
}

// Follows the other process to its end or ours; fills in all but the instance and step that are known.
void follow(Child& child, const PreflightSpec& spec, PreflightResult& result) {
  auto until = Clock::now() + spec.timeout;
  // A plugin may find the pipe and write to it: so many lines are told, and only a further step has further
  // time.
  std::size_t lines = 0;
  for (;;) {
    pollfd watched[] = {{child.reports(), POLLIN, 0}, {child.end(), POLLIN, 0}, {spec.interrupt, POLLIN, 0}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    const int ready = ::poll(watched, 3, static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000)));
    if (ready < 0 && errno != EINTR) {
      result.reason = failure("poll", errno).message;
      return;
    }
    while (const auto line = child.line()) {
      const std::string before = result.instance + '/' + result.step;
      if (take(*line, result)) return;
      if (result.instance + '/' + result.step != before) until = Clock::now() + spec.timeout;
      if (++lines > kMostLines) {
        result.reason = "wrote more than " + std::to_string(kMostLines) + " reports";
        return;
      }
    }
    if (ready > 0 && watched[2].revents != 0) {
      result.reason = "given up, because the host is going down";
      return;
    }
    if (ready > 0 && watched[1].revents != 0) {
      result.reason = how_it_ended(child.kill());
      return;
    }
    if (Clock::now() >= until) {
      result.reason = "did not return within " + shown(spec.timeout);
      return;
    }
  }
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  if (from.empty() || from == to) return;
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

}  // namespace

PreflightResult preflight(const PreflightSpec& spec) {
  PreflightResult result;
  result.good = spec.trials.empty();
  if (result.good) return result;
  result.instance = spec.trials.front().instance;
  result.step = "load";
  {
    auto child = Child::spawn(spec);
    if (!child) {
      result.reason = "it cannot be tried: " + child.error().message;
      return result;
    }
    follow(*child, spec, result);
  }
  if (!result.good) plugin::Vault::sweep(spec.vault);  // it may have had no time to remove its own
  for (const PreflightSpec::Trial& trial : spec.trials) {
    if (trial.original.empty()) continue;
    replace_all(result.reason, std::filesystem::absolute(trial.file).string(), trial.original.string());
  }
  return result;
}

}  // namespace evloom::change
