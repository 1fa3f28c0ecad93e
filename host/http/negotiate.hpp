// Content negotiation by Accept (RFC 9110, 12.5.1): which of the media types that the server offers to send.
// Pure, any thread, no heap.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace evloom::http {

inline constexpr size_t kMaxOffers = 32;  // offers beyond are not looked at

// The index of the offer that the client likes best, the first of them when it likes several equally, or
// nothing when it accepts none (406). `accept` holds the values of all Accept headers in order; none, or
// nothing legible in them, means that everything is welcome. An element that is malformed is passed over, as
// if it were not there. `offers` are media types such as "text/plain; charset=utf-8", the server's favourite
// first. [any]
std::optional<size_t> negotiate(std::span<const std::string_view> accept,
                                std::span<const std::string_view> offers);

inline std::optional<size_t> negotiate(std::string_view accept, std::span<const std::string_view> offers) {
  return negotiate(std::span(&accept, 1), offers);
}

}  // namespace evloom::http
