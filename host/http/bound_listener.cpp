#include "http/bound_listener.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

namespace evloom::http {

namespace {

std::string reason(int error) { return std::strerror(error); }

std::string cannot_bind(const SocketAddress& address, int error) {
  std::string text = "cannot listen on " + address.text() + ": " + reason(error);
  if (error == EADDRINUSE) text += "; another process listens there: stop it or choose another port";
  if (error == EACCES) text += "; ports below 1024 need the capability CAP_NET_BIND_SERVICE";
  if (error == EADDRNOTAVAIL) text += "; this machine has no such address";
  return text;
}

Result<Fd> tcp_socket(const SocketAddress& address, bool reuse_port) {
  Fd fd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return Error{"cannot make a socket: " + reason(errno)};
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (reuse_port) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // accepted sockets inherit it
  if (address.family() == AF_INET6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(fd.get(), address.get(), address.length) != 0) {
    return Error{cannot_bind(address, errno)};
  }
  return fd;
}

Status listen_on(const Fd& fd, const ListenerSpec& spec) {
  if (::listen(fd.get(), spec.backlog) == 0) return {};
  return Error{"cannot listen on " + spec.address.text() + ": " + reason(errno)};
}

// The bytes of an IP address, in network order.
std::string bytes_of(const SocketAddress& address) {
  const auto copy = [&](std::size_t offset, std::size_t size) {
    return std::string(reinterpret_cast<const char*>(&address.storage) + offset, size);
  };
  if (address.family() == AF_INET) return copy(offsetof(sockaddr_in, sin_addr), sizeof(in_addr));
  return copy(offsetof(sockaddr_in6, sin6_addr), sizeof(in6_addr));
}

// Whether sockets of one family and port, one bound to `a` and one to `b`, get in each other's way.
bool bytes_overlap(const std::string& a, const std::string& b) {
  const std::string any(a.size(), '\0');
  return a == b || a == any || b == any;
}

struct Listening {
  std::string address;  // as bytes_of() has it
  std::uint16_t port = 0;
  std::uint64_t inode = 0;
};

// A line of /proc/net/tcp or tcp6: " 0: 0100007F:2382 00000000:0000 0A ... inode ...". False: not one of a
// listening socket. The address is made of 32-bit words, each printed as this machine reads it from memory.
bool parse_listening(const std::string& line, Listening& out) {
  char address[33] = "";
  unsigned port = 0;
  unsigned state = 0;
  unsigned long long inode = 0;
  if (std::sscanf(line.c_str(), " %*d: %32[0-9A-Fa-f]:%x %*[0-9A-Fa-f:] %x %*s %*s %*s %*s %*s %llu", address,
                  &port, &state, &inode) != 4 ||
      state != TCP_LISTEN) {
    return false;
  }
  out.address.clear();
  for (const std::string_view digits(address); out.address.size() * 2 < digits.size();) {
    unsigned word = 0;
    std::sscanf(std::string(digits.substr(out.address.size() * 2, 8)).c_str(), "%x", &word);
    out.address.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  out.port = static_cast<std::uint16_t>(port);
  out.inode = inode;
  return true;
}

// Whether a listening socket overlaps with `address` that is none of `own`. The kernel's table tells: a
// bind() cannot, since with SO_REUSEPORT it succeeds beside any socket of the same user, and without it
// beside none of our own. Without /proc the answer is no: then only what belongs to other users is refused,
// by bind().
bool held_by_others(const SocketAddress& address, const std::vector<std::uint64_t>& own) {
  std::ifstream table(address.family() == AF_INET ? "/proc/self/net/tcp" : "/proc/self/net/tcp6");
  const std::string wanted = bytes_of(address);
  std::string line;
  std::getline(table, line);  // the names of the columns
  Listening found;
  // Listening sockets come first, so that this never walks through the connections.
  while (std::getline(table, line) && parse_listening(line, found)) {
    if (found.port == address.port() && found.address.size() == wanted.size() &&
        bytes_overlap(found.address, wanted) && std::find(own.begin(), own.end(), found.inode) == own.end()) {
      return true;
    }
  }
  return false;
}

Status make_folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty() || ::mkdir(folder.c_str(), 0750) == 0 || errno == EEXIST) return {};
  return Error{"cannot listen on unix:" + path + ": cannot make its folder: " + reason(errno) +
               "; make it, or choose another path"};
}

}  // namespace

std::string ListenerSpec::url() const { return (is_unix() ? "unix:" : "http://") + address.text(); }

Result<BoundListener> BoundListener::bind(const ListenerSpec& spec, std::uint32_t loops,
                                          std::span<const BoundListener> own) {
  BoundListener bound;
  bound.spec_ = spec;
  const Status status = bound.spec_.is_unix() ? bound.bind_unix(loops) : bound.bind_tcp(loops, own);
  if (!status) return status.error();
  return bound;
}

bool BoundListener::overlaps(const SocketAddress& address) const {
  const SocketAddress& mine = spec_.address;
  return !spec_.is_unix() && mine.family() == address.family() && mine.port() == address.port() &&
         bytes_overlap(bytes_of(mine), bytes_of(address));
}

Status BoundListener::bind_tcp(std::uint32_t loops, std::span<const BoundListener> own) {
  std::vector<std::uint64_t> ours;
  for (const BoundListener& other : own) {
    if (spec_.address.port() != 0 && other.overlaps(spec_.address))
      ours.insert(ours.end(), other.inodes_.begin(), other.inodes_.end());
  }
  if (!ours.empty()) {
    if (held_by_others(spec_.address, ours)) return Error{cannot_bind(spec_.address, EADDRINUSE)};
  } else {
    // SO_REUSEPORT would let two hosts of one user share a port without a word: try it without that first.
    auto probe = tcp_socket(spec_.address, false);
    if (!probe) return probe.error();
    if (auto status = listen_on(*probe, spec_); !status) return status;
  }
  for (std::uint32_t i = 0; i < loops; ++i) {
    auto socket = tcp_socket(spec_.address, true);
    if (!socket) return socket.error();
    if (i == 0) {
      // Port 0: the first socket learns which one it got, the others join it there.
      spec_.address.length = sizeof spec_.address.storage;
      ::getsockname(socket->get(), reinterpret_cast<sockaddr*>(&spec_.address.storage),
                    &spec_.address.length);
    }
    if (ours.empty()) {
      if (auto status = listen_on(*socket, spec_); !status) return status;
    }
    struct stat facts {};
    if (::fstat(socket->get(), &facts) == 0) inodes_.push_back(facts.st_ino);
    sockets_.push_back(std::move(*socket));
  }
  return {};
}

Status BoundListener::bind_unix(std::uint32_t loops) {
  const std::string path = spec_.address.text();
  if (spec_.make_folder) {
    if (auto status = make_folder_of(path); !status) return status;
  }
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0) {
    if (!S_ISSOCK(found.st_mode))
      return Error{"cannot listen on unix:" + path + ": a file that is no socket is in the way; remove it"};
    Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (::connect(probe.get(), spec_.address.get(), spec_.address.length) == 0 || errno != ECONNREFUSED)
      return Error{"cannot listen on unix:" + path + ": another process listens there"};
    ::unlink(path.c_str());
  }
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return Error{"cannot make a socket: " + reason(errno)};
  if (::bind(socket.get(), spec_.address.get(), spec_.address.length) != 0) {
    const int error = errno;
    return Error{"cannot listen on unix:" + path + ": " + reason(error) +
                 (error == ENOENT ? "; its folder does not exist" : "")};
  }
  if (::lstat(path.c_str(), &found) == 0)
    file_ = std::make_unique<File>(File{path, found.st_dev, found.st_ino});
  if (::chmod(path.c_str(), spec_.mode) != 0)
    return Error{"cannot set the mode of unix:" + path + ": " + reason(errno)};
  if (auto status = listen_on(socket, spec_); !status) return status;
  for (std::uint32_t i = 1; i < loops; ++i) {
    sockets_.emplace_back(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0));
    if (!sockets_.back()) return Error{"cannot listen on unix:" + path + ": " + reason(errno)};
  }
  sockets_.push_back(std::move(socket));
  return {};
}

bool BoundListener::owns_file() const {
  struct stat found {};
  return file_ && ::lstat(file_->path.c_str(), &found) == 0 && found.st_dev == file_->device &&
         found.st_ino == file_->inode;
}

Status BoundListener::adjust(const ListenerSpec& wanted) {
  if (spec_.is_unix() && wanted.mode != spec_.mode) {
    if (!owns_file())
      return Error{"cannot set the mode of " + spec_.url() + ": its file is not the one that this host made"};
    if (::chmod(file_->path.c_str(), wanted.mode) != 0)
      return Error{"cannot set the mode of " + spec_.url() + ": " + reason(errno)};
    spec_.mode = wanted.mode;
  }
  spec_.backlog = wanted.backlog;
  return {};
}

void BoundListener::withdraw() {
  if (owns_file()) ::unlink(file_->path.c_str());
  file_.reset();
}

BoundListener& BoundListener::operator=(BoundListener&& other) noexcept {
  if (this == &other) return *this;
  withdraw();
  spec_ = other.spec_;
  sockets_ = std::move(other.sockets_);
  inodes_ = std::move(other.inodes_);
  file_ = std::move(other.file_);
  return *this;
}

BoundListener::~BoundListener() { withdraw(); }

}  // namespace evloom::http
