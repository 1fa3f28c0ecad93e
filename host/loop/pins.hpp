// Pins: how many messages and pieces of work of one owner are under way, so that it is not destroyed under
// them; and where that ends which they throw. The owner keeps it until it is zero. [any]
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>

namespace evloom::loop {

struct Pins : std::atomic<std::uint32_t> {
  constexpr Pins() noexcept : std::atomic<std::uint32_t>(0) {}

  // Whose they are; null: nobody's who is to blame when they take long. Lives as long as the loops.
  const char* who = nullptr;

  // Told what a message or a piece of work threw, on the thread where it ran, while it is still pinned. Null:
  // it was not expected to throw, and the exception goes on.
  void (*threw)(Pins& pins, const char* what) noexcept = nullptr;
};

// Runs `body`; what it throws ends at pins->threw.
template <typename Body>
void run_pinned(Pins* pins, Body body) {
  if (!pins || !pins->threw) return body();
  try {
    body();
  } catch (const std::exception& error) {
    pins->threw(*pins, error.what());
  } catch (...) {
    pins->threw(*pins, "an exception that is no std::exception");
  }
}

}  // namespace evloom::loop
