// parse_yaml: the text of one YAML document -> a tree of Nodes. [any]
// The text is hostile until checked: its size, depth and number of nodes are bounded, and what the YAML
// library lets pass (doubled keys, open quotes, several documents, control characters) is refused here.
#pragma once

#include <cstddef>
#include <memory>

#include "config/diagnostics.hpp"
#include "config/node.hpp"

namespace evloom::config {

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxNodes = 50'000;  // values and keys, aliases followed; each KiB of text is one more
constexpr std::size_t kMaxDepth = 64;

// The document; a node of type `null` for an empty one, of type `invalid` if an error was added to
// `diagnostics` (then others may follow from a later stage only).
Node parse_yaml(const std::shared_ptr<const Source>& source, Diagnostics& diagnostics);

}  // namespace evloom::config
