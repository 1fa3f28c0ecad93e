#include "epoch/services/rules.hpp"

#include <array>
#include <charconv>

namespace evloom::epoch {

std::string stale_ticket_text(evl_ticket ticket, std::string_view file) {
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), ticket, 16).ptr;
  return plugin::blame_text("resume: ticket 0x" + std::string(digits.data(), end) +
                                " is stale: its request was answered, cancelled or cut off by its deadline; "
                                "drop it in on_cancel or on_finish, and test what resume gives for null",
                            file);
}

}  // namespace evloom::epoch
