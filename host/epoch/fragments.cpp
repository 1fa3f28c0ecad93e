#include "epoch/fragments.hpp"

#include <algorithm>
#include <utility>

namespace evloom::epoch {

std::shared_ptr<const Fragment> Fragments::find(const Key& key) {
  const auto at =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.key == key; });
  if (at == entries_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, at);
  Fragment& fragment = *at->fragment;
  if (fragment.bytes.size() < kFiled || at->filed || files_.use_count() > static_cast<long>(kMost))
    return at->fragment;
  at->filed = true;
  fragment.file = http::SealedFile::create(fragment.bytes);
  if (fragment.file) fragment.counted = files_;
  return at->fragment;
}

void Fragments::keep(const Key& key, std::shared_ptr<Fragment> fragment) {
  const std::size_t size = fragment->bytes.size();
  if (size > kMostBytes) return;
  while (!entries_.empty() && (entries_.size() >= kMost || bytes_ + size > kMostBytes)) {
    bytes_ -= entries_.back().fragment->bytes.size();
    entries_.pop_back();
  }
  entries_.push_front({key, std::move(fragment)});
  bytes_ += size;
}

}  // namespace evloom::epoch
