// A format renders everything that an answer may hold, in as much room as there is.
#include "check/exercise.hpp"
#include "check/test.hpp"

namespace evloom::check {

Verdict test_format(Run& run) {
  if (!run.subject.offers(EVL_FORMAT)) return skipped("it is no format");
  constexpr std::uint32_t kLoops = 2;
  auto stage = Stage::set(kLoops);
  if (!stage) return failed(stage.error().message);
  const auto render_all = [&](plugin::Instance& instance) -> Status {
    run.step("rendering");
    const auto* format = instance.interface<evl_format>();
    std::vector<std::string> reasons(kLoops);
    (*stage)->pool().run_everywhere(
        [&](loop::Loop& loop) {
          std::string& why = reasons[loop.index()];
          why = render(*format, instance.object(), instance.slot(loop));
          for (std::size_t most = 0; why.empty() && most < 512; most += 1 + most / 8)
            why = render_within(most, *format, instance.object(), instance.slot(loop));
        },
        std::chrono::hours(24));
    for (const std::string& why : reasons)
      if (!why.empty()) return Error{why};
    return {};
  };
  const auto lived = live(run, **stage, render_all);
  return lived ? passed() : failed(lived.error().message);
}

}  // namespace evloom::check
