#include "epoch/answer.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace evloom::epoch {

void Answer::Free::operator()(char* memory) const { std::free(memory); }

Answer::Answer() : evl_writer{} {
  size = sizeof(evl_writer);
  grow = &Answer::grow_buffer;
}

void Answer::clear() {
  cursor = begin_.get();
  std::memset(scratch, 0, sizeof scratch);
  failed = false;
  while (shared_count_ != 0) shared_[--shared_count_].fragment.reset();
  shared_bytes_ = 0;
}

std::string_view Answer::written() const {
  return {begin_.get(), static_cast<std::size_t>(cursor - begin_.get())};
}

std::size_t Answer::bytes() const { return written().size() + shared_bytes_; }

std::span<const http::Piece> Answer::pieces(Pieces& room) const {
  const std::string_view all = written();
  std::size_t count = 0, from = 0;
  for (std::size_t i = 0; i < shared_count_; ++i) {
    const Fragment& fragment = *shared_[i].fragment;
    room[count++] = {all.substr(from, shared_[i].at - from)};
    room[count++] = {fragment.bytes, fragment.file.get()};
    from = shared_[i].at;
  }
  room[count++] = {all.substr(from)};
  return {room.data(), count};
}

evl_status Answer::append(std::shared_ptr<const Fragment> fragment) {
  const std::string& bytes = fragment->bytes;
  if (bytes.size() < kLong || shared_count_ == kMostFragments)
    return evl_write(this, bytes.data(), bytes.size());
  if (bytes.size() > kMost - this->bytes()) {
    failed = true;
    return EVL_E_LIMIT;
  }
  shared_bytes_ += bytes.size();
  shared_[shared_count_++] = {written().size(), std::move(fragment)};
  return EVL_OK;
}

evl_status Answer::grow_buffer(evl_writer* writer, std::size_t need) {
  auto* self = static_cast<Answer*>(writer);
  const std::size_t used = self->written().size();
  if (need > kMost || self->bytes() + need > kMost) {
    self->failed = true;
    return EVL_E_LIMIT;
  }
  const std::size_t wanted = std::min(kMost, std::max({kFirst, used + need, self->capacity() * 2}));
  auto* moved = static_cast<char*>(std::realloc(self->begin_.get(), wanted));
  if (!moved) {
    self->failed = true;
    return EVL_E_NO_SPACE;
  }
  std::ignore = self->begin_.release();
  self->begin_.reset(moved);
  self->cursor = moved + used;
  self->limit = moved + wanted;
  return EVL_OK;
}

std::unique_ptr<Answer> AnswerPool::take() {
  if (free_.empty()) free_.push_back(std::make_unique<Answer>());
  std::unique_ptr<Answer> answer = std::move(free_.back());
  free_.pop_back();
  answer->clear();
  return answer;
}

void AnswerPool::give_back(std::unique_ptr<Answer> answer) {
  if (free_.size() >= kKept || answer->capacity() > Answer::kKept) return;
  answer->clear();  // it holds fragments no longer
  free_.push_back(std::move(answer));
}

}  // namespace evloom::epoch
