#include "config/suggest.hpp"

#include <algorithm>
#include <array>

namespace evloom::config {
namespace {

constexpr std::size_t kMaxWord = 64;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  if (a.size() > kMaxWord || b.size() > kMaxWord) return kMaxWord;
  // Three rows of the optimal-string-alignment table: two back, one back, this one.
  std::array<std::array<std::size_t, kMaxWord + 1>, 3> rows{};
  for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto& row = rows[i % 3];
    const auto& above = rows[(i + 2) % 3];
    const auto& two_above = rows[(i + 1) % 3];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0U : 1U;
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], two_above[j - 2] + 1);
      }
    }
  }
  return rows[a.size() % 3][b.size()];
}

std::string_view closest(std::string_view word, const std::vector<std::string>& candidates) {
  if (word.size() > kMaxWord) return {};
  std::string folded(word);
  std::transform(folded.begin(), folded.end(), folded.begin(), lower);
  // A third of the word may be wrong: "prot" finds "port", "x" finds nothing.
  std::size_t best = std::max<std::size_t>(word.size(), 3) / 3 + 1;
  std::string_view found;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kMaxWord) continue;
    std::string other = candidate;
    std::transform(other.begin(), other.end(), other.begin(), lower);
    const std::size_t distance = edit_distance(folded, other);
    // Of two that are as near, a swap of letters is likelier than a forgotten one: "storse" is "stores", not
    // "store".
    const bool likelier =
        distance == best && !found.empty() && found.size() != word.size() && other.size() == word.size();
    if ((distance < best || likelier) && distance < candidate.size()) {
      best = distance;
      found = candidate;
    }
  }
  return found;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates,
                         std::string otherwise) {
  const std::string_view found = closest(word, candidates);
  if (found.empty()) return otherwise;
  return "did you mean \"" + std::string(found) + "\"?";
}

}  // namespace evloom::config
