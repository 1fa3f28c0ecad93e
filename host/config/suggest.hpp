// "Did you mean": the known word that is nearest to a misspelt one. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace evloom::config {

// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The candidate nearest to `word`, or empty if none is near enough to be what was meant. The view is the
// candidate's.
std::string_view closest(std::string_view word, const std::vector<std::string>& candidates);

// `did you mean "x"?`, or `otherwise` if nothing is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates,
                         std::string otherwise = {});

}  // namespace evloom::config
