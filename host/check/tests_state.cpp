// State outlives an instance: what one saves its successor takes, and a store goes on counting where it was.
#include "evloom/abi/state.h"

#include "check/submission.hpp"
#include "check/test.hpp"

namespace evloom::check {

namespace {

Result<std::int64_t> add(Stage& stage, plugin::Instance& instance, std::int64_t amount) {
  auto outcome = submit(stage, instance, 0, {{EVL_OP_ADD, "evloom-check:state", amount, {}}}, kSubmitLimit);
  if (!outcome) return outcome.error();
  if (!outcome->good()) return Error{"ADD ends with " + outcome->text()};
  return outcome->results.front().integer;
}

Status hand_over(Run& run, Stage& stage) {
  auto first = run.subject.load(run.vault);
  if (!first) return first.error();
  auto second = run.subject.load(run.vault);
  if (!second) return second.error();
  const bool store = run.subject.offers(EVL_STORE);

  auto old = run.subject.create(*first, stage);
  if (!old) return old.error();
  if (Status status = (*old)->start(kNoLimit); !status) return status;
  if (store)
    if (auto sum = add(stage, **old, 41); !sum) return sum.error();
  if (Status status = (*old)->stop(kNoLimit); !status) return status;

  run.step("save");
  auto saved = (*old)->save_state();
  if (!saved) return saved.error();
  run.step("start after save");  // as when the successor could not be made
  if (Status status = (*old)->start(kNoLimit); !status) return status;
  if (Status status = (*old)->stop(kNoLimit); !status) return status;
  saved = (*old)->save_state();
  if (!saved) return saved.error();
  old->reset();

  auto heir = run.subject.create(*second, stage);
  if (!heir) return heir.error();
  run.step("load");
  if (Status status = (*heir)->load_state(*saved); !status) return status;
  if (Status status = (*heir)->start(kNoLimit); !status) return status;
  if (store) {
    auto sum = add(stage, **heir, 1);
    if (!sum) return sum.error();
    if (*sum != 42) {
      return Error{"a counter stood at 41, and is " + std::to_string(*sum) +
                   " after one more was added in the successor: save and load lose state"};
    }
  }
  if (Status status = (*heir)->stop(kNoLimit); !status) return status;
  const std::string wrong = misbehaviours(**heir);
  heir->reset();
  return wrong.empty() ? Status() : Status(Error{"it misbehaved: " + wrong});
}

// State of a version that nobody has written yet must be left alone, not read as if it were known.
Status refuses_the_unknown(Run& run, Stage& stage) {
  auto library = run.subject.load(run.vault);
  if (!library) return library.error();
  auto made = run.subject.create(*library, stage);
  if (!made) return made.error();
  const auto* state = (*made)->interface<evl_state>();
  run.step("accepts");
  std::int32_t accepted = 0;
  const std::string id = run.subject.facts().id;
  (*made)->call("accepts", [&] {
    accepted = state->accepts((*made)->object(), {id.data(), id.size()}, {"9999.0.0", 8}, 0xFFFFFFFFu);
    return EVL_OK;
  });
  if (accepted)
    return Error{"accepts takes state of version 4294967295, which does not exist: compare the version"};
  return {};
}

}  // namespace

Verdict test_state(Run& run) {
  if (!run.subject.offers(EVL_STATE)) return skipped("it hands no state over (evloom.state/1)");
  auto stage = Stage::set(2);
  if (!stage) return failed(stage.error().message);
  if (Status status = refuses_the_unknown(run, **stage); !status) return failed(status.error().message);
  if (Status status = hand_over(run, **stage); !status) return failed(status.error().message);
  return passed();
}

}  // namespace evloom::check
