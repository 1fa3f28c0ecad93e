// An instance's life on a host of its own: one, on one loop and on eight, a hundred one after the other.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <thread>

#include "check/test.hpp"
#include "plugin/leftovers.hpp"

namespace evloom::check {

namespace {

constexpr std::chrono::milliseconds kLook{1};  // at what another thread is about to do
constexpr int kWarmUp = 5;
constexpr int kCycles = 100;

// What a process holds.
struct Holdings {
  std::ptrdiff_t descriptors = 0;
  std::ptrdiff_t threads = 0;
  std::ptrdiff_t mappings = 0;
};

Holdings holdings() {
  Holdings now;
  now.descriptors = std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  now.threads = std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) ++now.mappings;
  return now;
}

// Whole lives on `loops` loops, and that nothing is left of them.
Status live_on(Run& run, std::uint32_t loops) {
  auto stage = Stage::set(loops);
  if (!stage) return stage.error();
  std::string left;
  auto library = live(run, **stage, {}, &left);
  if (!library) return library.error();
  run.step("unload");
  const plugin::UnloadResult unloaded = plugin::Library::unload(std::move(*library));
  if (unloaded.left_behind) return Error{unloaded.reason};
  if (!left.empty()) return Error{left};
  return {};
}

}  // namespace

std::string misbehaviours(const plugin::Instance& instance) {
  return instance.blame(plugin::Misbehaviour::left_behind);  // the test `leftovers` is about these
}

Result<std::shared_ptr<plugin::Library>> live(Run& run, Stage& stage,
                                              const std::function<Status(plugin::Instance&)>& meanwhile,
                                              std::string* left) {
  auto library = run.subject.load(run.vault);
  if (!library) return library.error();
  auto options = run.subject.options();
  if (!options) return options.error();
  run.step("create");
  auto made = run.subject.create(*library, stage, std::move(*options));
  if (!made) return made.error();
  std::shared_ptr<plugin::Instance> instance = std::move(*made);
  run.step("thread_start");
  if (Status status = instance->start(kNoLimit); !status) return status.error();
  if (meanwhile) {
    if (Status status = meanwhile(*instance); !status) {
      // It may hold up what its end waits for: the process ends without it.
      static std::vector<std::shared_ptr<plugin::Instance>> given_up;
      given_up.push_back(std::move(instance));
      return status.error();
    }
  }
  instance->drain();
  run.step("the wait for its messages and work to end (none may bring forth another for ever)");
  while (!instance->idle()) std::this_thread::sleep_for(kLook);
  run.step("thread_stop");
  if (Status status = instance->stop(kNoLimit); !status) return status.error();
  // What is left once it has been used nothing else will find.
  const std::string wrong = meanwhile ? instance->blame() : misbehaviours(*instance);
  if (left) *left = instance->first_misbehaviour(plugin::Misbehaviour::left_behind);
  run.step("destroy");
  instance.reset();
  if (!wrong.empty()) return Error{"it misbehaved: " + wrong};
  return std::move(*library);
}

Verdict test_create(Run& run) {
  auto stage = Stage::set(2);
  if (!stage) return failed(stage.error().message);
  run.step("load");
  auto library = run.subject.load(run.vault);
  if (!library) return failed(library.error().message);
  run.step("create");
  auto made = run.subject.create(*library, **stage);
  if (!made) {
    const bool hint = run.subject.asked().config.empty() && !run.subject.schema().keys.empty();
    return failed(
        made.error().message +
        (hint ? "; does it need other options? Give a configuration that has them with --config" : ""));
  }
  const std::string wrong = misbehaviours(**made);
  if (!wrong.empty()) return failed("it misbehaved: " + wrong);
  // The process ends with the instance: how one ends is what the test `life` is about.
  static std::shared_ptr<plugin::Instance> kept;
  kept = std::move(*made);
  return passed();
}

Verdict test_life(Run& run) {
  auto stage = Stage::set(2);
  if (!stage) return failed(stage.error().message);
  const auto lived = live(run, **stage);
  return lived ? passed() : failed(lived.error().message);
}

Verdict test_unknown_ids(Run& run) {
  auto stage = Stage::set(1);
  if (!stage) return failed(stage.error().message);
  auto library = run.subject.load(run.vault);
  if (!library) return failed(library.error().message);
  auto made = run.subject.create(*library, **stage);
  if (!made) return failed(made.error().message);
  std::vector<std::string> ids = {"",
                                  "evloom",
                                  "evloom.",
                                  "evloom.handler",
                                  "evloom.handler/",
                                  "evloom.handler/2",
                                  "evloom.store/2",
                                  "evloom.format/2",
                                  "evloom.state/2",
                                  "evloom.handler/1 ",
                                  "EVLOOM.HANDLER/1",
                                  "evloom.teapot/1",
                                  std::string(4096, 'x')};
  // What it does not promise it need not deny, but what it does promise ends with the whole id.
  for (const std::string& offered : run.subject.facts().interfaces) ids.push_back(offered + "1");
  for (const std::string& id : ids) {
    run.step("get_interface(\"" + id.substr(0, 40) + "\")");
    if ((*made)->ask(id.c_str())) {
      return failed("get_interface gives a table for the unknown id \"" + id.substr(0, 40) +
                    "\": compare the whole id, and return NULL for what it does not know");
    }
  }
  const std::string wrong = misbehaviours(**made);
  return wrong.empty() ? passed() : failed("get_interface misbehaved: " + wrong);
}

Verdict test_leftovers(Run& run) {
  if (Status status = live_on(run, 2); !status)
    return failed(status.error().message + "; take it down in thread_stop, join threads in destroy");
  return passed();
}

Verdict test_loops(Run& run) {
  for (const std::uint32_t loops : {1u, 8u}) {
    if (Status status = live_on(run, loops); !status) {
      return failed("with " + std::to_string(loops) + (loops == 1 ? " loop: " : " loops: ") +
                    status.error().message);
    }
  }
  return passed();
}

Verdict test_cycles(Run& run) {
  auto stage = Stage::set(2);
  if (!stage) return failed(stage.error().message);
  Holdings before;
  for (int i = 0; i < kWarmUp + kCycles; ++i) {
    if (i == kWarmUp) before = holdings();
    const std::string number = "life " + std::to_string(i + 1) + " of " + std::to_string(kWarmUp + kCycles);
    auto library = live(run, **stage);
    if (!library) return failed(number + ": " + library.error().message);
    const plugin::UnloadResult unloaded = plugin::Library::unload(std::move(*library));
    if (!unloaded.unmapped) return failed(number + ": its code stays in memory: " + unloaded.reason);
  }
  const Holdings after = holdings();
  const auto more = [](std::ptrdiff_t now, std::ptrdiff_t then, const char* what) {
    return std::to_string(now - then) + " " + what + " more after " + std::to_string(kCycles) +
           " lives than before";
  };
  if (after.descriptors > before.descriptors)
    return failed(more(after.descriptors, before.descriptors, "descriptors") + ": close what is opened");
  if (after.threads > before.threads)
    return failed(more(after.threads, before.threads, "threads") + ": join what is started");
  // The allocator may have taken a few for itself.
  if (after.mappings - before.mappings >= kCycles / 2)
    return failed(more(after.mappings, before.mappings, "mappings") + ": unmap what is mapped");
  return passed();
}

}  // namespace evloom::check
