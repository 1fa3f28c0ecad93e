// A real redis-server of a test's own: persistence off, on 127.0.0.1 and/or a unix socket in a private
// folder. One thread at a time. Its destructor ends just that one process and removes the folder.
#pragma once

#include <sys/types.h>

#include <future>
#include <string>
#include <thread>
#include <vector>

namespace evloom::test {

struct RedisOptions {
  bool tcp = true;                    // on `address`, a free port
  std::string address = "127.0.0.1";  // or "::1"
  bool unix_socket = false;           // <folder>/redis.sock
  std::vector<std::string> config{};  // further lines of redis.conf: "requirepass secret", "user ..."
  std::string user{}, password{};     // what the fixture itself logs in with to see whether it answers
};

class RedisServer {
 public:
  // True when a redis-server program is installed. A test without it is skipped.
  static bool available();

  // Starts it and waits until it answers; throws std::runtime_error with the end of its log when it does not.
  explicit RedisServer(RedisOptions options = {});
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;
  ~RedisServer();

  const std::string& address() const { return options_.address; }
  int port() const { return port_; }                     // 0 when it listens on the unix socket only
  const std::string& socket() const { return socket_; }  // empty without unix_socket
  const std::string& folder() const { return folder_; }
  pid_t pid() const { return pid_; }
  bool running() const { return pid_ > 0; }

  void kill();                   // SIGKILL, and waits for its end; what it held is lost
  void terminate();              // SIGTERM, and waits for its end
  void start(bool wait = true);  // again, on the same port and socket; waits as the constructor does
  void restart();                // kill and start
  void stop();                   // SIGSTOP: connections stay open, nothing is answered
  void resume();                 // SIGCONT

  // Changes the further lines of redis.conf for the next start.
  void set_config(std::vector<std::string> config) { options_.config = std::move(config); }

  // One command over a connection of its own, logged in as `user`; the reply as text: a string, status or
  // integer as it is, an error with its leading "-", an array as its elements joined by '\n', nil as "(nil)".
  // Throws std::runtime_error when no reply comes within 5 s.
  std::string command(const std::vector<std::string>& arguments) const;

  std::string log() const;  // what it has written so far

 private:
  void spawn();
  void wait_until_it_answers();
  void end(int signal);
  void reaped();

  RedisOptions options_;
  std::string folder_, socket_;
  int port_ = 0;
  pid_t pid_ = -1;
  std::thread keeper_;  // forked the process and stays as long as it runs
  std::promise<void> ended_;
};

// A TCP port that was free a moment ago on `address`; throws when there is none.
int free_port(const std::string& address = "127.0.0.1");

}  // namespace evloom::test
