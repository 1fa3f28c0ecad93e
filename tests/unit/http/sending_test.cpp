// What is sent of a reply in several pieces, in memory and in files, through a socket that takes little at a
// time.
#include "http/sending.hpp"

#include <event2/buffer.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <system_error>
#include <vector>

#include "base/fd.hpp"
#include "http/sealed_file.hpp"

namespace evloom::http {
namespace {

std::string text(std::size_t size, char first) {
  std::string made(size, ' ');
  for (std::size_t i = 0; i < size; ++i) made[i] = static_cast<char>(first + static_cast<char>(i % 23));
  return made;
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

// A socket that does not block and takes little, and its reader.
class Sending : public testing::Test {
 protected:
  void SetUp() override {
    std::array<int, 2> pair;
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.data()), 0);
    writer_ = Fd(pair[0]);
    reader_ = Fd(pair[1]);
    const int small = 4096;
    ASSERT_EQ(::setsockopt(writer_.get(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
    output_.reset(evbuffer_new());
    ASSERT_EQ(evbuffer_set_flags(output_.get(), EVBUFFER_FLAG_DRAINS_TO_FD), 0);
  }

  // Piece `i` has the size sizes[i], and a file where files[i].
  void prepare(const std::vector<std::size_t>& sizes, const std::vector<bool>& files) {
    texts_.clear();
    pieces_.clear();
    sealed_.clear();
    for (std::size_t i = 0; i < sizes.size(); ++i)
      texts_.push_back(text(sizes[i], static_cast<char>('A' + i)));
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      if (files[i]) {
        sealed_.push_back(SealedFile::create(texts_[i]));
        ASSERT_NE(sealed_.back(), nullptr);
      }
      pieces_.push_back({texts_[i], files[i] ? sealed_.back().get() : nullptr});
    }
    body_ = {};
    body_.bytes = pieces_.front().bytes;
    body_.more = std::span<const Piece>(pieces_).subspan(1);
    body_.release = [](void* count) { ++*static_cast<int*>(count); };
    body_.context = &released_;
    released_ = 0;
  }
  std::string whole() const {
    std::string all = kHead;
    for (const std::string& one : texts_) all += one;
    return all;
  }
  // Reads what has come, at most `most` bytes.
  void read(std::string& into, std::size_t most) {
    std::string room(most, '\0');
    const ssize_t n = ::recv(reader_.get(), room.data(), room.size(), 0);
    if (n > 0) into.append(room, 0, static_cast<std::size_t>(n));
  }
  // Sends all of it while it is read in pieces of at most `most` bytes.
  std::string carry(std::size_t most) {
    const ssize_t sent = send_now(writer_.get(), kHead, body_);
    EXPECT_GE(sent, 0);
    if (static_cast<std::size_t>(sent) == kHead.size() + body_.size()) {
      body_.release(body_.context);
    } else {
      send_later(output_.get(), kHead, body_, static_cast<std::size_t>(sent));
    }
    std::string got;
    std::size_t before = 0;
    do {
      before = got.size();
      read(got, most);
      if (evbuffer_get_length(output_.get()) == 0) continue;
      EXPECT_EQ(released_, 0) << "what is not sent yet was released";
      evbuffer_write(output_.get(), writer_.get());
    } while (got.size() != before);
    return got;
  }

  struct Free {
    void operator()(evbuffer* buffer) const { evbuffer_free(buffer); }
  };
  const std::string kHead = "HTTP/1.1 200 OK\r\n\r\n";
  Fd writer_, reader_;
  std::unique_ptr<evbuffer, Free> output_;
  std::vector<std::string> texts_;
  std::vector<Piece> pieces_;
  std::vector<std::unique_ptr<SealedFile>> sealed_;
  Body body_;
  int released_ = 0;
};

TEST_F(Sending, AWholeReplyOfAnyPiecesArrivesAsItIs) {
  const std::size_t descriptors = open_descriptors();
  std::mt19937 random(7);
  const auto any = [&](std::size_t below) { return static_cast<std::size_t>(random() % below); };
  for (int round = 0; round < 300; ++round) {
    std::vector<std::size_t> sizes;
    std::vector<bool> files;
    const std::size_t count = 1 + any(1 + Body::kMostMore);
    for (std::size_t i = 0; i < count; ++i) {
      sizes.push_back(any(4) == 0 ? 0 : any(60'000));
      files.push_back(i != 0 && sizes.back() != 0 && any(2) == 0);
    }
    ASSERT_NO_FATAL_FAILURE(prepare(sizes, files));
    ASSERT_EQ(carry(1 + any(50'000)), whole()) << "round " << round;
    EXPECT_EQ(released_, 1) << "round " << round;
  }
  sealed_.clear();
  EXPECT_EQ(open_descriptors(), descriptors);
}

TEST_F(Sending, WhatWaitsForTheSocketOutlivesTheFile) {
  prepare({10, 400'000, 10}, {false, true, false});
  const ssize_t sent = send_now(writer_.get(), kHead, body_);
  ASSERT_LT(sent, 400'000);
  send_later(output_.get(), kHead, body_, static_cast<std::size_t>(sent));
  sealed_.clear();
  std::string got;
  while (evbuffer_get_length(output_.get()) != 0 || got.size() < whole().size()) {
    const std::size_t before = got.size();
    read(got, 1 << 20);
    evbuffer_write(output_.get(), writer_.get());
    ASSERT_GT(got.size(), before);
  }
  EXPECT_EQ(got, whole());
}

TEST_F(Sending, WithoutReleaseItIsCopied) {
  prepare({100, 300'000, 100}, {false, true, false});
  body_.release = nullptr;
  const ssize_t sent = send_now(writer_.get(), kHead, body_);
  ASSERT_LT(sent, 300'000);
  send_later(output_.get(), kHead, body_, static_cast<std::size_t>(sent));
  const std::string expected = whole();
  for (std::string& one : texts_) one.assign(one.size(), '!');
  std::string got;
  while (got.size() < expected.size()) {
    const std::size_t before = got.size();
    read(got, 1 << 20);
    evbuffer_write(output_.get(), writer_.get());
    ASSERT_GT(got.size(), before);
  }
  EXPECT_EQ(got, expected);
}

TEST_F(Sending, ALostConnectionIsTold) {
  prepare({10, 10}, {false, false});
  reader_.reset();
  EXPECT_EQ(send_now(writer_.get(), kHead, body_), -1);
}

// The descriptor of the only such file that this process has open.
int memory_file() {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (std::filesystem::read_symlink(entry.path(), gone).string().starts_with("/memfd:evloom"))
      return std::stoi(entry.path().filename());
  }
  return -1;
}

TEST(SealedFile, CannotBeChangedAndGoes) {
  std::unique_ptr<SealedFile> file = SealedFile::create("what it says");
  ASSERT_NE(file, nullptr);
  const int fd = memory_file();
  ASSERT_GE(fd, 0);
  EXPECT_EQ(::pwrite(fd, "x", 1, 0), -1);
  EXPECT_EQ(::ftruncate(fd, 0), -1);
  EXPECT_EQ(::ftruncate(fd, 1000), -1);
  file.reset();
  EXPECT_EQ(memory_file(), -1);
}

}  // namespace
}  // namespace evloom::http
