// Body: the bytes of a reply, in one piece or several. A view: what it refers to is the replier's until it is
// released. One loop's thread.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace evloom::http {

class SealedFile;

struct Piece {
  std::string_view bytes = {};
  const SealedFile* file = nullptr;  // the same bytes, to be sent without a copy
};

// Without `release` they are copied where they cannot be sent at once; with it they are referred to, and
// `release(context)` is called once, on the loop, when they are sent or given up. The list of the pieces
// itself is not kept.
struct Body {
  static constexpr std::size_t kMostMore = 8;

  std::string_view bytes = {};
  std::span<const Piece> more = {};  // what follows them, at most kMostMore pieces
  void (*release)(void* context) = nullptr;
  void* context = nullptr;

  std::size_t size() const {
    std::size_t sum = bytes.size();
    for (const Piece& piece : more) sum += piece.bytes.size();
    return sum;
  }
};

}  // namespace evloom::http
