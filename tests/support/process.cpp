#include "support/process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace evloom::test {

namespace {

[[noreturn]] void throw_errno(const std::string& what) {
  throw std::runtime_error(what + ": " + strerror(errno));
}

Exit exit_of(int status) {
  return WIFSIGNALED(status) ? Exit{0, WTERMSIG(status)} : Exit{WEXITSTATUS(status), 0};
}

// In the child, between fork and exec: only what is safe there.
void redirect(const char* file, int descriptor) {
  const int fd = open(file, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (fd < 0 || dup2(fd, descriptor) < 0) _exit(126);
  close(fd);
}

std::string file_or_null(const std::filesystem::path& file) {
  return file.empty() ? "/dev/null" : file.string();
}

}  // namespace

bool wait_until(milliseconds limit, const std::function<bool()>& condition) {
  const auto deadline = Clock::now() + limit;
  while (true) {
    if (condition()) return true;
    if (Clock::now() >= deadline) return false;
    std::this_thread::sleep_for(milliseconds(2));
  }
}

std::uint16_t unused_port() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw_errno("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw_errno("bind 127.0.0.1:0");
  close(fd);
  return ntohs(address.sin_port);
}

std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  return text.str();
}

void write_file(const std::filesystem::path& file, std::string_view text) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << text;
  if (!out.flush()) throw_errno("write " + file.string());
}

std::string describe(const Exit& exit) {
  return exit.signal ? "killed by signal " + std::to_string(exit.signal) + " (" + strsignal(exit.signal) + ")"
                     : "exit status " + std::to_string(exit.code);
}

Process::Process(Options options) : options_(std::move(options)) {
  std::vector<char*> arguments;
  for (auto& argument : options_.command) arguments.push_back(argument.data());
  arguments.push_back(nullptr);

  std::vector<std::string> settings;
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view text = *entry;
    bool replaced = false;
    for (const auto& [name, value] : options_.environment)
      replaced |= text.starts_with(name) && text.substr(name.size()).starts_with('=');
    if (!replaced) settings.emplace_back(text);
  }
  for (const auto& [name, value] : options_.environment) settings.push_back(name + "=" + value);
  std::vector<char*> environment;
  for (auto& setting : settings) environment.push_back(setting.data());
  environment.push_back(nullptr);

  const std::string output = file_or_null(options_.output), errors = file_or_null(options_.errors);
  const std::string folder = options_.folder.string();
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw_errno("fork");
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(126);
    redirect(output.c_str(), STDOUT_FILENO);
    redirect(errors.c_str(), STDERR_FILENO);
    if (!folder.empty() && chdir(folder.c_str()) != 0) _exit(126);
    if (options_.descriptors) {
      const rlimit limit{options_.descriptors, options_.descriptors};
      if (setrlimit(RLIMIT_NOFILE, &limit) != 0) _exit(126);
    }
    execvpe(arguments[0], arguments.data(), environment.data());
    _exit(127);
  }
}

Process::~Process() { kill(); }

bool Process::running() { return !wait(milliseconds(0)); }

void Process::signal(int number) {
  if (!exit_) ::kill(pid_, number);
}

std::optional<Exit> Process::wait(milliseconds limit) {
  if (exit_) return exit_;
  const int watch = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  if (watch < 0) throw_errno("pidfd_open");
  pollfd poll_for{watch, POLLIN, 0};
  const auto deadline = Clock::now() + limit;
  int ready = 0;
  do {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now()).count();
    ready = poll(&poll_for, 1, left > 0 ? static_cast<int>(left) : 0);
  } while (ready < 0 && errno == EINTR);
  close(watch);
  if (ready <= 0) return std::nullopt;
  int status = 0;
  if (waitpid(pid_, &status, 0) != pid_) throw_errno("waitpid");
  exit_ = exit_of(status);
  return exit_;
}

Exit Process::kill() {
  if (!exit_) {
    ::kill(pid_, SIGKILL);
    int status = 0;
    if (waitpid(pid_, &status, 0) == pid_) exit_ = exit_of(status);
  }
  return exit_.value_or(Exit{});
}

Outcome run(std::vector<std::string> command, milliseconds limit) {
  const TempDir folder;
  const std::string name = command.at(0);
  Process process({.command = std::move(command), .output = folder / "out", .errors = folder / "err"});
  const auto exit = process.wait(limit);
  if (!exit) throw std::runtime_error(name + " did not end within " + std::to_string(limit.count()) + " ms");
  return {*exit, process.output(), process.errors()};
}

}  // namespace evloom::test
