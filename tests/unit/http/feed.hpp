// Feeding of the incremental parsers in pieces, with a record of what came out that can be compared as text.
// Every piece stands in a heap block of exactly its size, so a sanitizer sees each byte read beyond it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/chunked.hpp"
#include "http/head.hpp"

namespace evloom::http::test {

class ExactBytes {
 public:
  explicit ExactBytes(std::string_view bytes) : size_(bytes.size()), bytes_(new char[bytes.size()]) {
    if (size_ != 0) std::memcpy(bytes_.get(), bytes.data(), size_);
  }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  size_t size_;
  std::unique_ptr<char[]> bytes_;
};

inline std::string describe(const Head& head) {
  std::string text = std::string(head.method_text()) + " " + std::string(head.target()) + " -> " +
                     std::string(head.origin()) + " at " + std::string(head.authority()) + " 1." +
                     std::to_string(head.minor());
  if (head.keep_alive()) text += " keep-alive";
  if (head.expect_continue()) text += " expect-continue";
  if (head.asterisk()) text += " asterisk";
  if (head.framing() == Framing::chunked) text += " chunked";
  if (head.framing() == Framing::length) text += " length=" + std::to_string(head.content_length());
  for (size_t i = 0; i < head.header_count(); ++i) {
    text += " [" + std::string(head.header(i).name) + "|" + std::string(head.header(i).value) + "]";
  }
  return text;
}

struct HeadRun {
  HeadState state = HeadState::need_more;
  unsigned status = 0;
  size_t consumed = 0;
  std::string text = {};  // description when complete, reason when refused
  bool operator==(const HeadRun&) const = default;
};

// The head after it was shown each prefix of `bytes` that ends at one of `ends` (ascending).
inline HeadRun run_head(std::string_view bytes, const HeadLimits& limits, const std::vector<size_t>& ends) {
  Head head;
  HeadRun run;
  for (const size_t end : ends) {
    const ExactBytes seen(bytes.substr(0, end));
    const HeadResult result = parse_head(seen.view(), limits, head);
    run = {result.state, result.refusal.status, result.consumed, std::string(result.refusal.reason)};
    if (result.state == HeadState::complete) run.text = describe(head);
    if (result.state != HeadState::need_more) break;
  }
  return run;
}

struct ChunkRun {
  ChunkState state = ChunkState::need_more;
  unsigned status = 0;
  size_t consumed = 0;
  std::string text = {};  // the data that came out
  std::string reason = {};
  bool operator==(const ChunkRun&) const = default;
};

// The decoder after it was shown `bytes` in pieces that end at `ends` (ascending).
inline ChunkRun run_chunked(std::string_view bytes, const ChunkedLimits& limits,
                            const std::vector<size_t>& ends) {
  ChunkedDecoder decoder(limits);
  ChunkRun run;
  size_t begin = 0;
  for (const size_t end : ends) {
    const ExactBytes piece(bytes.substr(begin, end - begin));
    begin = end;
    std::string_view left = piece.view();
    ChunkStep step;
    do {
      step = decoder.next(left);
      left.remove_prefix(step.consumed);
      run.consumed += step.consumed;
      run.text += step.data;
    } while (step.state == ChunkState::data);
    run.state = step.state;
    run.status = step.refusal.status;
    run.reason = step.refusal.reason;
    if (step.state != ChunkState::need_more) break;
  }
  return run;
}

inline std::vector<size_t> every_byte(size_t size) {
  std::vector<size_t> ends;
  for (size_t i = 1; i <= size; ++i) ends.push_back(i);
  return ends;
}

// Calls check(ends) for the whole at once, for a split at each position, and for one byte at a time.
template <typename Check>
void for_each_split(size_t size, Check&& check) {
  check(std::vector<size_t>{size});
  for (size_t at = 0; at < size; ++at) check(std::vector<size_t>{at, size});
  check(every_byte(size));
}

}  // namespace evloom::http::test
