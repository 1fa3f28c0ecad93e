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
}

std::string_view Answer::bytes() const {
  return {begin_.get(), static_cast<std::size_t>(cursor - begin_.get())};
}

evl_status Answer::grow_buffer(evl_writer* writer, std::size_t need) {
  auto* self = static_cast<Answer*>(writer);
  const std::size_t used = self->bytes().size();
  if (need > kMost || used + need > kMost) {
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
  if (free_.size() < kKept && answer->capacity() <= Answer::kKept) free_.push_back(std::move(answer));
}

}  // namespace evloom::epoch
