// Shared and Ref: an object with a count of its users, which one thread makes and others may hold and let go.
// The count is atomic; what the object holds must not change under its readers.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace evloom::plugins {

class Shared {
 public:
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  virtual ~Shared() = default;  // by release alone
  void retain() { users_.fetch_add(1, std::memory_order_relaxed); }
  void release() {
    if (users_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

 protected:
  Shared() = default;

 private:
  std::atomic<std::uint32_t> users_{1};
};

// One user's hold on a T derived from Shared.
template <typename T>
class Ref {
 public:
  Ref() = default;
  // Takes over the hold that `new T` came with.
  static Ref adopt(T* object) {
    Ref ref;
    ref.object_ = object;
    return ref;
  }
  Ref(const Ref& other) : object_(other.object_) {
    if (object_) object_->retain();
  }
  template <typename U>
  Ref(const Ref<U>& other) : object_(other.get()) {  // NOLINT: a hold on a derived object is one on its base
    if (object_) object_->retain();
  }
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() {
    if (object_) object_->release();
  }

  T* get() const { return object_; }
  T* operator->() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  T* object_ = nullptr;
};

// Bytes that never change.
class Blob : public Shared {
 public:
  explicit Blob(std::string_view text) : size_(text.size()), bytes_(new char[text.size() + 1]) {
    if (size_) std::memcpy(bytes_.get(), text.data(), size_);
  }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> bytes_;
};

}  // namespace evloom::plugins
