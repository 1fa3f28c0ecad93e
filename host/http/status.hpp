// Status codes, their reason phrases, and Refusal: the answer of host/http to bytes that it does not accept.
// Pure data, any thread; every text here is static.
#pragma once

#include <cstdint>
#include <string_view>

namespace evloom::http {

// Why a message is refused: the status to answer with and the reason in words, both fit to be sent. Static
// text. After a refusal of a head or a chunk the connection cannot go on: answer, then close.
struct Refusal {
  uint16_t status = 0;  // 0: not refused
  std::string_view reason = {};

  explicit operator bool() const { return status != 0; }
};

// "Not Found" for 404; "Unknown" for a code without a registered phrase. [any]
std::string_view reason_phrase(uint16_t status);

}  // namespace evloom::http
