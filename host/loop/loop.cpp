#include "loop/loop.hpp"

namespace evloom::loop {

namespace {

thread_local Loop* current_loop = nullptr;

}  // namespace

Result<std::unique_ptr<Loop>> Loop::create(std::uint32_t index, event_base* base) {
  std::unique_ptr<Loop> loop(new Loop(index, base));
  auto mailbox = Mailbox::create(base, loop.get());
  if (!mailbox) return mailbox.error();
  loop->mailbox_ = std::move(*mailbox);
  current_loop = loop.get();
  return loop;
}

Loop::~Loop() { current_loop = nullptr; }

Loop* Loop::current() { return current_loop; }

}  // namespace evloom::loop
