// SipHash-1-3 with a random key. Keys and members come from clients, who must not be able to choose them so
// that they all meet in one bucket. (J.-P. Aumasson, D. J. Bernstein: "SipHash: a fast short-input PRF",
// 2012.)
#pragma once

#include <sys/random.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace evloom::plugins {

class SipHash {
 public:
  // A key of its own from the kernel.
  SipHash() {
    // Cannot fail for so few bytes once the kernel has booted; with zeros it would still hash.
    [[maybe_unused]] const auto n = ::getrandom(key_, sizeof key_, 0);
  }

  std::uint64_t operator()(std::string_view text) const {
    State s{{key_[0] ^ 0x736f6d6570736575u, key_[1] ^ 0x646f72616e646f6du, key_[0] ^ 0x6c7967656e657261u,
             key_[1] ^ 0x7465646279746573u}};
    const char* at = text.data();
    std::size_t left = text.size();
    for (; left >= 8; at += 8, left -= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, at, 8);
      s.mix(word);
    }
    std::uint64_t last = static_cast<std::uint64_t>(text.size()) << 56;
    for (std::size_t i = 0; i < left; ++i)
      last |= std::uint64_t{static_cast<unsigned char>(at[i])} << (8 * i);
    s.mix(last);
    s.v[2] ^= 0xff;
    for (int i = 0; i < 3; ++i) s.round();
    return s.v[0] ^ s.v[1] ^ s.v[2] ^ s.v[3];
  }

 private:
  struct State {
    std::uint64_t v[4];
    void round() {
      v[0] += v[1];
      v[1] = std::rotl(v[1], 13) ^ v[0];
      v[0] = std::rotl(v[0], 32);
      v[2] += v[3];
      v[3] = std::rotl(v[3], 16) ^ v[2];
      v[0] += v[3];
      v[3] = std::rotl(v[3], 21) ^ v[0];
      v[2] += v[1];
      v[1] = std::rotl(v[1], 17) ^ v[2];
      v[2] = std::rotl(v[2], 32);
    }
    void mix(std::uint64_t word) {
      v[3] ^= word;
      round();
      v[0] ^= word;
    }
  };

  std::uint64_t key_[2] = {0, 0};
};

}  // namespace evloom::plugins
