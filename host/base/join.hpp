// Texts in a row, for messages. [any]
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace evloom {

inline std::string join(const std::vector<std::string>& texts, std::string_view separator = ", ") {
  std::string all;
  for (const std::string& text : texts) all.append(all.empty() ? std::string_view() : separator).append(text);
  return all;
}

}  // namespace evloom
