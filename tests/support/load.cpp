#include "support/load.hpp"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <list>
#include <stdexcept>
#include <utility>

#include "support/process.hpp"

namespace evloom::test {

namespace {

// Ledger name of the address that the server sees.
std::string seen_address(const Address& address) { return address.port == 0 ? "unix" : address.host; }

}  // namespace

std::uint64_t LoadResult::answered() const {
  std::uint64_t sum = 0;
  for (const auto& [status, count] : statuses) sum += count;
  return sum;
}

std::uint64_t LoadResult::with(int status) const {
  const auto found = statuses.find(status);
  return found == statuses.end() ? 0 : found->second;
}

void LoadResult::merge(const LoadResult& other) {
  for (const auto& [status, count] : other.statuses) statuses[status] += count;
  malformed += other.malformed;
  hung += other.hung;
  refused += other.refused;
  resets += other.resets;
  closed += other.closed;
  no_retry_after += other.no_retry_after;
  slowest_ms = std::max(slowest_ms, other.slowest_ms);
  if (first_trouble.empty()) first_trouble = other.first_trouble;
}

std::string LoadResult::summary() const {
  std::string text = "answers";
  for (const auto& [status, count] : statuses)
    text += " " + std::to_string(status) + ":" + std::to_string(count);
  text += ", malformed " + std::to_string(malformed) + ", hung " + std::to_string(hung) + ", refused " +
          std::to_string(refused) + ", resets " + std::to_string(resets) + ", closed " +
          std::to_string(closed) + ", slowest " + std::to_string(slowest_ms) + " ms";
  if (!first_trouble.empty()) text += "; first trouble: " + first_trouble;
  return text;
}

// One thread's connections.
class Load::Worker {
 public:
  // Its connections are those from number `first` on.
  Worker(Load& load, int first, int connections)
      : load_(load), options_(load.options_), address_(seen_address(options_.address)) {
    epoll_ = Fd(epoll_create1(EPOLL_CLOEXEC));
    if (options_.rate > 0) period_ = seconds_of(options_.connections / options_.rate);
    for (int i = 0; i < connections; ++i) {
      connections_.emplace_back();
      if (options_.rate > 0) connections_.back().due = load_.began_ + seconds_of((first + i) / options_.rate);
    }
  }

  LoadResult run() {
    while (true) {
      const auto now = Clock::now();
      bool alive = false;
      for (auto& connection : connections_) alive |= tend(connection, now);
      if (!alive) break;
      epoll_event events[64];
      const int count = wait(events, 64, now);
      for (int i = 0; i < count; ++i) read(*static_cast<Connection*>(events[i].data.ptr));
    }
    return std::move(result_);
  }

 private:
  struct Connection {
    Fd fd;
    std::uint32_t port = 0;
    bool waiting = false;  // for an answer
    bool over = false;     // for good
    Clock::time_point since{};
    Clock::time_point not_before{};
    Clock::time_point due{};  // with a rate: when its next request should be, or should have been, sent
    std::string buffer;
  };

  static Clock::duration seconds_of(double seconds) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  }

  // At most until the next request is due: a millisecond's grain would blur what is measured.
  int wait(epoll_event* events, int most, Clock::time_point now) {
    Clock::duration left = milliseconds(2);
    if (options_.rate > 0)
      for (const Connection& connection : connections_)
        if (!connection.waiting) left = std::min(left, connection.due - now);
    left = std::max(left, Clock::duration::zero());
    const timespec limit{0, static_cast<long>(std::chrono::nanoseconds(left).count())};
    return epoll_pwait2(epoll_.get(), events, most, &limit, nullptr);
  }

  // Opens it, sends when it is idle, gives up on what is late; false when it has nothing more to do.
  bool tend(Connection& connection, Clock::time_point now) {
    if (connection.over) return false;
    if (connection.waiting) {
      if (now - connection.since > options_.timeout) {
        ++result_.hung;
        trouble(connection, "no answer in time");
        lose(connection);
      }
      return true;
    }
    if (load_.stopping_.load(std::memory_order_relaxed)) return finish(connection);
    if (now < std::max(connection.not_before, connection.due)) return true;
    if (!connection.fd && !open(connection, now)) return !connection.over;
    if (!claim()) return finish(connection);
    send(connection, now);
    return true;
  }

  bool finish(Connection& connection) {
    connection.fd.reset();
    connection.over = true;
    return false;
  }

  bool claim() {
    if (options_.requests == 0) return true;
    if (load_.claimed_.fetch_add(1, std::memory_order_relaxed) < options_.requests) return true;
    load_.claimed_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }

  bool open(Connection& connection, Clock::time_point now) {
    try {
      connection.fd = connect_to(options_.address, 0, options_.own_ports);
    } catch (const std::runtime_error&) {
      ++result_.refused;
      connection.not_before = now + std::max(options_.reconnect_delay, milliseconds(1));
      if (!options_.reconnect || options_.until_refused) finish(connection);
      return false;
    }
    connection.port = local_port(connection.fd.get());
    connection.buffer.clear();
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &connection;
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection.fd.get(), &event) != 0)
      throw std::runtime_error(std::string("epoll_ctl: ") + strerror(errno));
    return true;
  }

  void send(Connection& connection, Clock::time_point now) {
    connection.waiting = true;
    connection.since = now;
    const ssize_t n = ::send(connection.fd.get(), options_.bytes.data(), options_.bytes.size(), MSG_NOSIGNAL);
    if (n != static_cast<ssize_t>(options_.bytes.size())) {
      ++result_.resets;
      trouble(connection, std::string("send: ") + strerror(errno));
      lose(connection);
    }
  }

  void read(Connection& connection) {
    if (!connection.fd) return;
    char bytes[65536];
    const ssize_t n = recv(connection.fd.get(), bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    const int error = n < 0 ? errno : 0;
    if (n > 0) connection.buffer.append(bytes, static_cast<std::size_t>(n));
    if (!connection.waiting) {
      if (n > 0) {
        ++result_.malformed;
        trouble(connection, "bytes without a request");
      }
      return lose(connection);  // an idle connection may be closed
    }
    Response response;
    const ParseOutcome parsed =
        parse_response(connection.buffer, options_.bytes.starts_with("HEAD "), n == 0, response);
    if (parsed.state == Parsed::complete) return answered(connection, response, parsed.used);
    if (parsed.state == Parsed::bad) {
      ++result_.malformed;
      trouble(connection, parsed.why);
    } else if (n > 0) {
      return;
    } else {
      ++(error ? result_.resets : result_.closed);
      trouble(connection, error ? strerror(error) : "closed without a whole answer");
    }
    lose(connection);
  }

  void answered(Connection& connection, const Response& response, std::size_t used) {
    connection.waiting = false;
    const auto now = Clock::now();
    const auto took = std::chrono::duration_cast<milliseconds>(now - connection.since).count();
    result_.slowest_ms = std::max<std::int64_t>(result_.slowest_ms, took);
    if (options_.latencies)
      options_.latencies->record(now - (options_.rate > 0 ? connection.due : connection.since));
    connection.due += period_;
    ++result_.statuses[response.status];
    if (response.status == 503 && !response.header("Retry-After")) ++result_.no_retry_after;
    if (used != connection.buffer.size()) {
      ++result_.malformed;
      trouble(connection, "bytes behind the answer");
    }
    connection.buffer.clear();
    if (options_.ledger) {
      if (response.status == 200)
        options_.ledger->acknowledged(address_, connection.port, response.body);
      else
        options_.ledger->unknown(address_, connection.port);
    }
    if (response.status == 200) load_.good_.fetch_add(1, std::memory_order_relaxed);
    connection.not_before = now + options_.pause;
    if (response.closes()) lose(connection);
  }

  // Closes it, to be opened again unless that is not wanted.
  void lose(Connection& connection) {
    if (connection.waiting && options_.ledger) options_.ledger->unknown(address_, connection.port);
    connection.waiting = false;
    connection.fd.reset();
    connection.not_before = Clock::now() + options_.reconnect_delay;
    if (!options_.reconnect) connection.over = true;
  }

  void trouble(const Connection& connection, const std::string& what) {
    if (result_.first_trouble.empty())
      result_.first_trouble = "port " + std::to_string(connection.port) + ": " + what + ", had '" +
                              connection.buffer.substr(0, 200) + "'";
  }

  Load& load_;
  const LoadOptions& options_;
  const std::string address_;
  Clock::duration period_{0};  // between two requests of one connection
  Fd epoll_;
  std::list<Connection> connections_;
  LoadResult result_;
};

Load::Load(LoadOptions options) : options_(std::move(options)) {
  int first = 0;
  for (int i = 0; i < options_.threads; ++i) {
    const int share =
        options_.connections / options_.threads + (i < options_.connections % options_.threads ? 1 : 0);
    threads_.emplace_back(&Load::work, this, first, share);
    first += share;
  }
}

Load::~Load() { stop(); }

void Load::work(int first, int connections) {
  LoadResult result;
  try {
    result = Worker(*this, first, connections).run();
  } catch (const std::exception& error) {
    result.malformed = 1;
    result.first_trouble = error.what();
  }
  const std::lock_guard lock(mutex_);
  result_.merge(result);
}

bool Load::wait_good(std::uint64_t more, milliseconds limit) {
  const std::uint64_t goal = good() + more;
  return wait_until(limit, [&] { return good() >= goal; });
}

LoadResult Load::stop() {
  stopping_ = true;
  return finish();
}

LoadResult Load::finish() {
  for (auto& thread : threads_)
    if (thread.joinable()) thread.join();
  return result_;
}

}  // namespace evloom::test
