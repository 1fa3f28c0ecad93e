// SealedFile: bytes in a file of memory that nobody can change any more, so that the kernel sends its pages
// themselves where it would copy bytes of ours (sendfile). One loop's thread.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/fd.hpp"

struct evbuffer;
struct evbuffer_file_segment;

namespace evloom::http {

class SealedFile {
 public:
  // A file with a copy of the bytes. Null where the kernel does not give one: no descriptor or no memory is
  // left, or it has no such files.
  static std::unique_ptr<SealedFile> create(std::string_view bytes);

  // Sends to a socket that does not block as much as it takes of all the bytes: how many, or -1 with errno.
  ssize_t send(int socket) const;
  // Appends the bytes from `from` on to what waits for a socket. What was appended may outlive this object.
  // False when there is no memory for it.
  bool append(evbuffer* output, std::size_t from) const;

 private:
  struct Free {
    void operator()(evbuffer_file_segment* segment) const;
  };
  SealedFile(int fd, std::size_t size, std::unique_ptr<evbuffer_file_segment, Free> segment);

  const int fd_;  // the segment's
  const std::size_t size_;
  std::unique_ptr<evbuffer_file_segment, Free> segment_;
};

}  // namespace evloom::http
