#include "support/ledger.hpp"

#include <algorithm>

#include "support/stats.hpp"

namespace evloom::test {

namespace {

constexpr std::size_t kShown = 20;

std::string name(std::string_view address, std::uint32_t port) {
  return std::string(address) + " port " + std::to_string(port);
}

}  // namespace

void Ledger::violation(std::string text) {
  if (violations_.size() <= kShown) violations_.push_back(std::move(text));
}

void Ledger::acknowledged(std::string_view address, std::uint32_t port, std::string_view answer) {
  std::string why;
  auto stats = parse_stats(answer, why);
  const std::lock_guard lock(mutex_);
  ++acknowledged_;
  Source& source = sources_[{std::string(address), port}];
  ++source.acknowledged;
  if (!stats) return violation(name(address, port) + ": malformed answer: " + why);

  const std::string who = name(address, port) + ", total " + std::to_string(stats->total);
  if (!totals_.insert(stats->total).second) violation(who + ": this total was given out twice");
  if (!counts_[std::string(address)].insert(stats->from_address).second)
    violation(who + ": count " + std::to_string(stats->from_address) + " of the address was given out twice");
  if (stats->total <= source.last_total || stats->from_address <= source.last_count)
    violation(who + ": not above the answer before it, " + std::to_string(source.last_total));
  if (stats->total <= floor_)
    violation(who + ": not above " + std::to_string(floor_) + ", which was acknowledged before");
  source.last_total = stats->total;
  source.last_count = stats->from_address;
  highest_ = std::max(highest_, stats->total);

  if (stats->port_is_new && source.acknowledged > 1)
    violation(who + ": never seen, though it was answered before");
  // At the first answer that is right only if a request of unknown fate had been counted.
  if (!stats->port_is_new && source.acknowledged == 1 && source.unknown == 0)
    violation(who + ": seen already, though it was never answered before");
  if (!stats->has(port)) violation(who + ": its own port is not in the list");
  std::sort(stats->ports.begin(), stats->ports.end());
  if (std::adjacent_find(stats->ports.begin(), stats->ports.end()) != stats->ports.end())
    violation(who + ": a port is in the list twice");
}

void Ledger::unknown(std::string_view address, std::uint32_t port) {
  const std::lock_guard lock(mutex_);
  ++unknown_;
  ++sources_[{std::string(address), port}].unknown;
}

void Ledger::barrier() {
  const std::lock_guard lock(mutex_);
  floor_ = highest_;
}

std::uint64_t Ledger::acknowledged_count() const {
  const std::lock_guard lock(mutex_);
  return acknowledged_;
}

std::uint64_t Ledger::unknown_count() const {
  const std::lock_guard lock(mutex_);
  return unknown_;
}

std::int64_t Ledger::highest_total() const {
  const std::lock_guard lock(mutex_);
  return highest_;
}

std::string Ledger::violations() const {
  const std::lock_guard lock(mutex_);
  std::string text;
  for (std::size_t i = 0; i < violations_.size(); ++i)
    text += i < kShown ? violations_[i] + "\n" : "... and more\n";
  return text;
}

std::string Ledger::violations(std::int64_t stored) const {
  std::string text = violations();
  const auto least = static_cast<std::int64_t>(acknowledged_count());
  const auto most = least + static_cast<std::int64_t>(unknown_count());
  if (stored < least || stored > most)
    text += "the store holds " + std::to_string(stored) + ", acknowledged were " + std::to_string(least) +
            ", of unknown fate " + std::to_string(most - least) + "\n";
  if (stored < highest_total())
    text += "the store holds " + std::to_string(stored) + ", but " + std::to_string(highest_total()) +
            " was acknowledged\n";
  return text;
}

}  // namespace evloom::test
