// ChunkedDecoder: takes the chunked coding (RFC 9112, 7.1) off a body, whatever way its bytes were split.
// Pure, any thread, no heap: data comes out as views into the bytes that went in, trailers are checked and
// dropped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/status.hpp"

namespace evloom::http {

struct ChunkedLimits {
  uint64_t body_bytes = uint64_t{1} << 20;  // decoded bytes in all; beyond: 413
  uint32_t extension_bytes = 4 * 1024;      // of chunk extensions in the whole body; beyond: 400
  uint32_t trailer_bytes = 8 * 1024;        // of the trailer section; beyond: 431
};

enum class ChunkState : uint8_t { need_more, data, complete, refused };

struct ChunkStep {
  ChunkState state = ChunkState::need_more;
  size_t consumed = 0;         // bytes of the input that are done with
  std::string_view data = {};  // state `data`: not empty, inside the bytes consumed
  Refusal refusal = {};
};

class ChunkedDecoder {
 public:
  explicit ChunkedDecoder(const ChunkedLimits& limits = {}) : limits_(limits) {}

  // Reads on at `bytes`. Call it again with what follows the consumed bytes while it says `data`; `need_more`
  // has consumed all of them; `complete` stops right behind the last byte of the message. After `complete` or
  // `refused` it must not be called again before `reset`.
  ChunkStep next(std::string_view bytes);

  // Ready for the next body, under the same or other limits.
  void reset() { *this = ChunkedDecoder(limits_); }
  void reset(const ChunkedLimits& limits) { *this = ChunkedDecoder(limits); }

  // Bytes of data that came out so far.
  uint64_t decoded_bytes() const { return decoded_; }

 private:
  enum class State : uint8_t {
    size_first,
    size,
    size_space,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_first,
    trailer_name,
    trailer_value,
    trailer_lf,
    last_lf,
    done,
  };
  Refusal read_framing(char c);
  Refusal read_trailer(char c);

  ChunkedLimits limits_;
  State state_ = State::size_first;
  uint32_t digits_ = 0;
  uint32_t extensions_ = 0;
  uint32_t trailers_ = 0;
  uint64_t left_ = 0;  // of the chunk under way
  uint64_t decoded_ = 0;
};

}  // namespace evloom::http
