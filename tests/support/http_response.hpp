// Response and parse_response: an HTTP/1.1 answer read as strictly as RFC 9112 allows a reader to be, so that
// a host that is only nearly right is found out. Pure; any thread; a Response owns what it holds.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace evloom::test {

enum class Framing { none, length, chunked, until_close };

struct Response {
  int status = 0;
  int minor = 1;  // HTTP/1.<minor>
  std::string reason;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  // decoded of its chunks
  Framing framing = Framing::none;

  // The value of a header, its name compared without case; nothing when absent. Throws when it came twice.
  std::optional<std::string> header(std::string_view name) const;
  // Whether `Connection` holds this token.
  bool connection(std::string_view token) const;
  // Whether the connection ends with this answer, as far as the client can tell.
  bool closes() const;
};

enum class Parsed { need_more, complete, bad };

struct ParseOutcome {
  Parsed state = Parsed::need_more;
  std::size_t used = 0;  // bytes of the answer when complete
  std::string why;       // when bad
};

// Reads one answer from the front of `bytes`. `to_head`: the request was HEAD, so no body follows. `ended`:
// no more bytes will come (the peer has closed), which completes an answer without a length.
ParseOutcome parse_response(std::string_view bytes, bool to_head, bool ended, Response& response);

bool same_text(std::string_view a, std::string_view b);  // without case, ASCII

}  // namespace evloom::test
