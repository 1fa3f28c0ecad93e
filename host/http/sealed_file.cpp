#include "http/sealed_file.hpp"

#include <event2/buffer.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <utility>

namespace evloom::http {

namespace {

constexpr unsigned kNoExecSeal = 8;  // MFD_NOEXEC_SEAL, which Linux 6.3 asks for and glibc 2.36 does not name

int memory_file() {
  constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  const int fd = ::memfd_create("evloom", flags | kNoExecSeal);
  return fd >= 0 || errno != EINVAL ? fd : ::memfd_create("evloom", flags);
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace

void SealedFile::Free::operator()(evbuffer_file_segment* segment) const {
  evbuffer_file_segment_free(segment);  // as soon as no buffer refers to it either
}

SealedFile::SealedFile(int fd, std::size_t size, std::unique_ptr<evbuffer_file_segment, Free> segment)
    : fd_(fd), size_(size), segment_(std::move(segment)) {}

std::unique_ptr<SealedFile> SealedFile::create(std::string_view bytes) {
  Fd fd(memory_file());
  if (!fd || !write_all(fd.get(), bytes)) return nullptr;
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
    return nullptr;
  std::unique_ptr<evbuffer_file_segment, Free> segment(evbuffer_file_segment_new(
      fd.get(), 0, static_cast<ev_off_t>(bytes.size()), EVBUF_FS_CLOSE_ON_FREE | EVBUF_FS_DISABLE_LOCKING));
  if (!segment) return nullptr;
  const int raw = fd.release();  // the segment's from here on
  return std::unique_ptr<SealedFile>(new (std::nothrow) SealedFile(raw, bytes.size(), std::move(segment)));
}

ssize_t SealedFile::send(int socket) const {
  off_t from = 0;
  return ::sendfile(socket, fd_, &from, size_);
}

bool SealedFile::append(evbuffer* output, std::size_t from) const {
  return evbuffer_add_file_segment(output, segment_.get(), static_cast<ev_off_t>(from),
                                   static_cast<ev_off_t>(size_ - from)) == 0;
}

}  // namespace evloom::http
