// The state machine of the chunked coding: one switch on framing bytes, whole spans of data.
#include "http/chunked.hpp"

#include <algorithm>

#include "http/chars.hpp"

namespace evloom::http {

namespace {

constexpr uint32_t kMaxSizeDigits = 16;  // what fits into 64 bits

constexpr Refusal bad(std::string_view reason) { return {400, reason}; }

}  // namespace

ChunkStep ChunkedDecoder::next(std::string_view bytes) {
  for (size_t at = 0; at < bytes.size();) {
    if (state_ == State::data) {
      const size_t take = static_cast<size_t>(std::min<uint64_t>(left_, bytes.size() - at));
      left_ -= take;
      decoded_ += take;
      if (left_ == 0) state_ = State::data_cr;
      return {ChunkState::data, at + take, bytes.substr(at, take), {}};
    }
    const char c = bytes[at++];
    const Refusal refusal = state_ >= State::trailer_first ? read_trailer(c) : read_framing(c);
    if (refusal) return {ChunkState::refused, at, {}, refusal};
    if (state_ == State::done) return {ChunkState::complete, at, {}, {}};
  }
  return {ChunkState::need_more, bytes.size(), {}, {}};
}

Refusal ChunkedDecoder::read_framing(char c) {
  switch (state_) {
    case State::size_first:
      left_ = 0;
      digits_ = 0;
      state_ = State::size;
      if (hex_value(c) < 0) return bad("a chunk has no size");
      [[fallthrough]];
    case State::size:
      if (const int digit = hex_value(c); digit >= 0) {
        if (++digits_ > kMaxSizeDigits) return bad("a chunk size has too many digits");
        left_ = left_ * 16 + static_cast<uint64_t>(digit);
        return left_ > limits_.body_bytes - decoded_ ? Refusal{413, "the body is too large"} : Refusal{};
      }
      [[fallthrough]];
    case State::size_space:
      if (is_ows(c)) {
        state_ = State::size_space;
      } else if (c == ';') {
        state_ = State::extension;
      } else if (c == '\r' && state_ == State::size) {
        state_ = State::size_lf;
        return {};
      } else {
        return bad("a chunk size is malformed");
      }
      return ++extensions_ > limits_.extension_bytes ? bad("the chunk extensions are too large") : Refusal{};
    case State::extension:
      if (c == '\r') {
        state_ = State::size_lf;
        return {};
      }
      if (!is_class(c, chars::kValue)) return bad("a chunk extension holds a control byte");
      return ++extensions_ > limits_.extension_bytes ? bad("the chunk extensions are too large") : Refusal{};
    case State::size_lf:
      if (c != '\n') return bad("a CR stands alone after a chunk size");
      state_ = left_ == 0 ? State::trailer_first : State::data;
      return {};
    case State::data_cr:
      if (c != '\r') return bad("a chunk is longer than its size");
      state_ = State::data_lf;
      return {};
    case State::data_lf:
      if (c != '\n') return bad("a chunk is longer than its size");
      state_ = State::size_first;
      return {};
    default:
      return bad("the chunk decoder was used after its end");
  }
}

Refusal ChunkedDecoder::read_trailer(char c) {
  if (state_ != State::last_lf && ++trailers_ > limits_.trailer_bytes)
    return {431, "the trailers are too large"};
  switch (state_) {
    case State::trailer_first:
      if (c == '\r') {
        state_ = State::last_lf;
      } else if (is_tchar(c)) {
        state_ = State::trailer_name;
      } else {
        return bad("a trailer has no name");
      }
      return {};
    case State::trailer_name:
      if (c == ':') {
        state_ = State::trailer_value;
      } else if (!is_tchar(c)) {
        return bad("a trailer name holds a byte that is not allowed");
      }
      return {};
    case State::trailer_value:
      if (c == '\r') {
        state_ = State::trailer_lf;
      } else if (!is_class(c, chars::kValue)) {
        return bad("a trailer value holds a control byte");
      }
      return {};
    case State::trailer_lf:
      if (c != '\n') return bad("a CR stands alone in a trailer");
      state_ = State::trailer_first;
      return {};
    case State::last_lf:
      if (c != '\n') return bad("a CR stands alone after the trailers");
      state_ = State::done;
      return {};
    default:
      return bad("the chunk decoder was used after its end");
  }
}

}  // namespace evloom::http
