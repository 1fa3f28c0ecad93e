// Request methods: an enum for those that the host knows, sets of them, and the text of an Allow header.
// Pure values, any thread; every text here is static unless a buffer is given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace evloom::http {

// `other` is every token that the host has no name for; a router answers it with 501.
enum class Method : uint8_t { get, head, post, put, del, options, patch, trace, connect, other };
inline constexpr size_t kMethodCount = 9;  // those with a name

// Methods are case-sensitive (RFC 9110, 9.1): "get" is `other`. [any]
Method method_from(std::string_view text);

// "GET"; empty for `other`. [any]
std::string_view method_name(Method method);

// A set of named methods; `other` is never a member.
class MethodSet {
 public:
  constexpr MethodSet() = default;
  static constexpr MethodSet all() {
    MethodSet set;
    set.bits_ = (1U << kMethodCount) - 1;
    return set;
  }

  constexpr MethodSet& add(Method method) {
    if (method != Method::other) bits_ |= bit(method);
    return *this;
  }
  constexpr MethodSet& add(MethodSet other) {
    bits_ |= other.bits_;
    return *this;
  }
  constexpr bool has(Method method) const { return method != Method::other && (bits_ & bit(method)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool operator==(const MethodSet&) const = default;

  // "GET, HEAD": the value of an Allow header.
  std::string allow() const;

 private:
  static constexpr uint32_t bit(Method method) { return 1U << static_cast<unsigned>(method); }
  uint32_t bits_ = 0;
};

}  // namespace evloom::http
