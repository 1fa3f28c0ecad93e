// The control side of a listener: its address, and the bound sockets that the loops will accept on, so that
// an error is known before anything starts. TCP: one socket per loop (SO_REUSEPORT), the kernel spreads the
// connections. Unix: one socket that all loops accept from. Control thread only; what is not taken yet is
// closed with it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "http/address.hpp"

namespace evloom::http {

// One entry of `listen`.
struct ListenerSpec {
  SocketAddress address;      // port 0 is replaced by the port that was chosen
  std::uint32_t mode = 0660;  // of a unix socket's file
  int backlog = 1024;
  bool make_folder = false;  // that of a unix socket, with mode 0750, where it is missing

  bool is_unix() const { return address.family() == AF_UNIX; }
  // "http://127.0.0.1:9090", "unix:/run/evloom.sock".
  std::string url() const;
  bool same_address(const ListenerSpec& other) const { return url() == other.url(); }
};

// The bound sockets of one entry. Owns the file of a unix socket: removes it in the end when it is still the
// one it made. [control]
class BoundListener {
 public:
  // Fails when somebody else listens there, with the address and the remedy. A unix socket's file that nobody
  // listens on any more is replaced.
  //
  // `own`: this process's listeners. An address may overlap with one of theirs (0.0.0.0:80 and 127.0.0.1:80),
  // so that a host can go over from the one to the other. Such sockets are bound, but do not listen before
  // Server::listen: the kernel would at once send them connections that nobody would accept if the change
  // came to nothing.
  static Result<BoundListener> bind(const ListenerSpec& spec, std::uint32_t loops,
                                    std::span<const BoundListener> own = {});
  BoundListener(BoundListener&&) noexcept = default;
  BoundListener& operator=(BoundListener&&) noexcept;
  ~BoundListener();

  const ListenerSpec& spec() const { return spec_; }
  // The socket for one loop, once.
  Fd take(std::uint32_t loop) { return std::move(sockets_[loop]); }

  // Takes over mode and backlog of `wanted`, whose address is the same. The mode counts from now on, the
  // backlog once each loop has called Server::relisten. After an error all is as before.
  Status adjust(const ListenerSpec& wanted);

  // Removes the file of a unix socket now: nobody can connect any more, whoever has done so is still
  // accepted. For a listener that is about to be closed; nothing to do for TCP.
  void withdraw();

 private:
  BoundListener() = default;
  Status bind_tcp(std::uint32_t loops, std::span<const BoundListener> own);
  Status bind_unix(std::uint32_t loops);
  bool overlaps(const SocketAddress& address) const;
  bool owns_file() const;

  struct File {
    std::string path;
    std::uint64_t device = 0, inode = 0;
  };
  ListenerSpec spec_;
  std::vector<Fd> sockets_;
  std::vector<std::uint64_t> inodes_;  // of the sockets, taken ones too: as the kernel's tables name them
  std::unique_ptr<File> file_;
};

}  // namespace evloom::http
