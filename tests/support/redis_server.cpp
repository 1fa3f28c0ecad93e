#include "support/redis_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <thread>

namespace evloom::test {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kStartLimit = std::chrono::seconds(20);  // a sanitized, shared machine may be slow

struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};
struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Context = std::unique_ptr<redisContext, FreeContext>;
using Reply = std::unique_ptr<redisReply, FreeReply>;

std::string program() {
  for (const char* path : {"/usr/bin/redis-server", "/usr/local/bin/redis-server", "/bin/redis-server"})
    if (::access(path, X_OK) == 0) return path;
  return {};
}

Reply run(redisContext* context, const std::vector<std::string>& arguments) {
  std::vector<const char*> text;
  std::vector<std::size_t> size;
  for (const std::string& argument : arguments) {
    text.push_back(argument.data());
    size.push_back(argument.size());
  }
  return Reply(static_cast<redisReply*>(
      redisCommandArgv(context, static_cast<int>(text.size()), text.data(), size.data())));
}

std::string describe(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      return std::to_string(reply.integer);
    case REDIS_REPLY_NIL:
      return "(nil)";
    case REDIS_REPLY_ERROR:
      return "-" + std::string(reply.str, reply.len);
    case REDIS_REPLY_ARRAY: {
      std::string all;
      for (std::size_t i = 0; i < reply.elements; ++i) all += (i ? "\n" : "") + describe(*reply.element[i]);
      return all;
    }
    default:
      return std::string(reply.str, reply.len);
  }
}

// A connection that is logged in, or null and the reason.
Context open(const RedisOptions& options, const std::string& socket, int port, timeval limit,
             std::string& reason) {
  Context context(socket.empty() ? redisConnectWithTimeout(options.address.c_str(), port, limit)
                                 : redisConnectUnixWithTimeout(socket.c_str(), limit));
  if (!context || context->err) {
    reason = context ? context->errstr : "out of memory";
    return nullptr;
  }
  redisSetTimeout(context.get(), limit);
  if (!options.password.empty()) {
    std::vector<std::string> login{"AUTH"};
    if (!options.user.empty()) login.push_back(options.user);
    login.push_back(options.password);
    const Reply reply = run(context.get(), login);
    if (!reply || reply->type == REDIS_REPLY_ERROR) {
      reason = reply ? describe(*reply) : "no reply to AUTH";
      return nullptr;
    }
  }
  return context;
}

// Gives the new process's id, or -1.
pid_t fork_server(const std::string& path, const std::string& file) {
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child != 0) return child;
  // Only async-signal-safe calls from here on.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = ::open("/dev/null", O_RDWR);
  ::dup2(null, 0);
  ::dup2(null, 1);
  ::dup2(null, 2);
  ::execl(path.c_str(), "redis-server", file.c_str(), static_cast<char*>(nullptr));
  ::_exit(127);
}

}  // namespace

int free_port(const std::string& address) {
  const bool six = address.find(':') != std::string::npos;
  sockaddr_storage storage{};
  socklen_t size = 0;
  if (six) {
    auto* in = reinterpret_cast<sockaddr_in6*>(&storage);
    in->sin6_family = AF_INET6;
    inet_pton(AF_INET6, address.c_str(), &in->sin6_addr);
    size = sizeof *in;
  } else {
    auto* in = reinterpret_cast<sockaddr_in*>(&storage);
    in->sin_family = AF_INET;
    inet_pton(AF_INET, address.c_str(), &in->sin_addr);
    size = sizeof *in;
  }
  const int fd = ::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw std::runtime_error(std::string("socket: ") + std::strerror(errno));
  const int failed = ::bind(fd, reinterpret_cast<sockaddr*>(&storage), size) ||
                     ::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size);
  const int why = errno;
  ::close(fd);
  if (failed) throw std::runtime_error("cannot bind to " + address + ": " + std::strerror(why));
  return ntohs(six ? reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port
                   : reinterpret_cast<sockaddr_in*>(&storage)->sin_port);
}

bool RedisServer::available() { return !program().empty(); }

RedisServer::RedisServer(RedisOptions options) : options_(std::move(options)) {
  std::string pattern = (std::filesystem::temp_directory_path() / "evloom-redis-XXXXXX").string();
  if (!::mkdtemp(pattern.data()))
    throw std::runtime_error("cannot make " + pattern + ": " + std::strerror(errno));
  folder_ = pattern;
  if (options_.unix_socket) socket_ = folder_ + "/redis.sock";
  // Another process may take the port between the look and the bind: then look again.
  for (int attempt = 1;; ++attempt) {
    try {
      if (options_.tcp) port_ = free_port(options_.address);
      start();
      return;
    } catch (const std::exception&) {
      end(SIGKILL);
      if (attempt < 3 && log().find("Address already in use") != std::string::npos) continue;
      std::error_code ignored;
      std::filesystem::remove_all(folder_, ignored);
      throw;
    }
  }
}

RedisServer::~RedisServer() {
  end(SIGKILL);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void RedisServer::start(bool wait) {
  if (pid_ > 0) return;
  spawn();
  if (wait) wait_until_it_answers();
}

void RedisServer::spawn() {
  const std::string file = folder_ + "/redis.conf";
  {
    std::ofstream conf(file, std::ios::trunc);
    conf << "daemonize no\nsave \"\"\nappendonly no\nlogfile " << folder_ << "/redis.log\ndir " << folder_
         << '\n';
    if (options_.tcp) conf << "bind " << options_.address << '\n';
    conf << "port " << port_ << '\n';
    if (!socket_.empty()) conf << "unixsocket " << socket_ << "\nunixsocketperm 700\n";
    for (const std::string& line : options_.config) conf << line << '\n';
    if (!conf.flush()) throw std::runtime_error("cannot write " + file);
  }
  const std::string path = program();
  if (path.empty()) throw std::runtime_error("redis-server is not installed: apt-get install redis-server");

  // It ends with the test, however that ends; but what the kernel watches is the thread that forked. So one
  // is kept for that, and a server may be started on a thread that ends before it.
  std::promise<pid_t> forked;
  ended_ = {};
  keeper_ = std::thread([&forked, path, file, ended = ended_.get_future()] {
    forked.set_value(fork_server(path, file));
    ended.wait();
  });
  pid_ = forked.get_future().get();
  if (pid_ > 0) return;
  ended_.set_value();
  keeper_.join();
  throw std::runtime_error("cannot fork");
}

void RedisServer::wait_until_it_answers() {
  const auto limit = Clock::now() + kStartLimit;
  std::string reason;
  for (;;) {
    if (const Context context = open(options_, socket_, port_, timeval{1, 0}, reason)) {
      const Reply reply = run(context.get(), {"PING"});
      reason = reply ? describe(*reply) : "no reply to PING";
      // Whoever has no right to PING, or a server without memory, has a server that answers all the same.
      if (reply && reason.rfind("-LOADING", 0) != 0) return;
    }
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      reaped();
      throw std::runtime_error("redis-server has ended; its log:\n" + log());
    }
    if (Clock::now() > limit)
      throw std::runtime_error("redis-server does not answer (" + reason + "); its log:\n" + log());
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void RedisServer::end(int signal) {
  if (pid_ <= 0) return;
  ::kill(pid_, signal);
  if (signal != SIGKILL) ::kill(pid_, SIGCONT);  // a stopped process would never see it
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  reaped();
}

void RedisServer::reaped() {
  pid_ = -1;
  ended_.set_value();
  keeper_.join();
}

void RedisServer::kill() { end(SIGKILL); }
void RedisServer::terminate() { end(SIGTERM); }

void RedisServer::restart() {
  kill();
  start();
}

void RedisServer::stop() {
  if (pid_ > 0) ::kill(pid_, SIGSTOP);
}

void RedisServer::resume() {
  if (pid_ > 0) ::kill(pid_, SIGCONT);
}

std::string RedisServer::command(const std::vector<std::string>& arguments) const {
  std::string reason;
  const Context context = open(options_, socket_, port_, timeval{5, 0}, reason);
  if (!context) throw std::runtime_error("cannot reach redis-server: " + reason);
  const Reply reply = run(context.get(), arguments);
  if (!reply) throw std::runtime_error("no reply to " + arguments.front() + ": " + context->errstr);
  return describe(*reply);
}

std::string RedisServer::log() const {
  std::ifstream file(folder_ + "/redis.log");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace evloom::test
