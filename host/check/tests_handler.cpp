// A handler in the SDK's testkit: requests of every kind, clients that go away in the midst of one, and
// stores that answer late, out of order, with an error, or not at all.
#include <algorithm>
#include <cstddef>

#include "evloom/abi/config.h"
#include "evloom/abi/format.h"
#include "evloom/abi/metrics.h"
#include "evloom/abi/timer.h"
#include "evloom/abi/work.h"
#include "evloom/base.hpp"

#include "check/scene.hpp"
#include "check/test.hpp"

namespace evloom::check {

namespace {

namespace kit = evl::testkit;
using namespace std::chrono_literals;

constexpr int kRequests = 100;
constexpr int kDeepest = 48;  // turns into a request

constexpr evl_status kErrors[] = {EVL_E_INVALID, EVL_E_UNSUPPORTED, EVL_E_NOT_FOUND,  EVL_E_UNAVAILABLE,
                                  EVL_E_TIMEOUT, EVL_E_UNKNOWN,     EVL_E_OVERLOADED, EVL_E_LIMIT,
                                  EVL_E_TYPE,    EVL_E_DENIED,      EVL_E_NO_SPACE,   EVL_E_INTERNAL};

kit::HostOptions options_of(const Run& run, std::uint32_t loops = 2) {
  kit::HostOptions options;
  options.loops = loops;
  options.seed = run.subject.asked().seed | 1;
  return options;
}

// Runs `body`, in which the kit may refuse what it is asked to do.
template <typename Body>
Verdict in_kit(Run& run, Body body) {
  if (!run.subject.can_be_written()) return skipped("its options hold a secret of the environment");
  try {
    return body();
  } catch (const kit::Refused& refused) {
    return failed(refused.what());
  }
}

// ---- cancel
// ------------------------------------------------------------------------------------------------------

struct Way {
  const char* name;
  bool held;     // its store keeps it waiting
  bool expires;  // its time is up; else the client goes away
};
constexpr Way kWays[] = {{"its client went away", false, false},
                         {"its time was up", false, true},
                         {"its client went away while its store was busy", true, false},
                         {"its time was up while its store was busy", true, true}};

// A turn; time, where there is none.
void turn(kit::Host& host) {
  if (!host.step()) host.advance(100ms);
}

// Cancels one request after so many turns. True when there was something to cancel.
bool cancel_at(Scene& scene, const Way& way, int turns, kit::Message message, std::string& wrong) {
  scene.store().hold(way.held);
  kit::Exchange& exchange = scene.host().send(std::move(message));
  for (int i = 0; i < turns && !exchange.answered(); ++i) turn(scene.host());
  if (exchange.answered()) {
    scene.store().hold(false);
    scene.host().run();
    return false;
  }
  way.expires ? exchange.expire() : exchange.hang_up();
  scene.host().run();
  // The store comes back to what nobody waits for any more.
  for (kit::StoreCall* call : scene.store().held()) call->answer();
  scene.store().hold(false);
  scene.host().advance(10s);
  if (!exchange.finished()) wrong = "on_finish was not called: something holds the request still";
  if (wrong.empty()) wrong = scene.problems();
  return true;
}

// ---- stores
// ------------------------------------------------------------------------------------------------------

// Several requests at once, under whatever the store was told to do. `end` ends one that is held.
template <typename End>
std::string together(Run& run, Scene& scene, std::size_t count, End end) {
  std::vector<kit::Exchange*> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(&scene.host().send(scene.request(run.random)));
  scene.host().run();
  for (std::vector<kit::StoreCall*> held = scene.store().held(); !held.empty(); held = scene.store().held()) {
    end(*held[run.random() % held.size()]);
    scene.host().run();
  }
  for (kit::Exchange* one : all)
    if (!scene.settle(*one))
      return one->message().method + " " + one->message().target + " is never answered";
  scene.host().run();
  return scene.problems();
}

std::string wrongs_of_stores(Run& run, Scene& scene) {
  const auto answer = [](kit::StoreCall& call) { call.answer(); };
  const auto step = [&](const std::string& what, std::string wrong) {
    return wrong.empty() ? std::string() : "with a store " + what + ": " + wrong;
  };
  std::string wrong;
  const auto check = [&](const std::string& what, const auto& body) {
    if (!wrong.empty()) return;
    run.step("requests with a store " + what);
    wrong = step(what, body());
  };

  check("that answers in another order", [&] {
    scene.store().hold();
    std::string found;
    for (int i = 0; i < 4 && found.empty(); ++i) found = together(run, scene, 8, answer);
    scene.store().hold(false);
    return found;
  });
  for (const std::chrono::nanoseconds late :
       {std::chrono::nanoseconds(1500ms), std::chrono::nanoseconds(4s)}) {
    check(late < 2s ? "that answers late" : "that answers after its timeout", [&] {
      scene.store().delay(late);
      std::string found = together(run, scene, 4, answer);
      scene.store().delay(0ns);
      scene.host().advance(10s);
      return found.empty() ? scene.problems() : found;
    });
  }
  for (const evl_status error : kErrors) {
    const std::string name = evl::status_name(error);
    check("that fails (" + name + ")", [&] {
      scene.store().fail(error, 3);
      return together(run, scene, 3, answer);
    });
    check("that refuses (" + name + ")", [&] {
      scene.store().refuse(error, 3);
      return together(run, scene, 3, answer);
    });
    // One operation after the other gets the error, the others are as they should be.
    check("of which one operation fails (" + name + ")", [&] {
      scene.store().hold();
      std::size_t which = 0;
      std::string found = together(run, scene, 4, [&](kit::StoreCall& call) {
        const std::vector<kit::Op> ops = call.ops();
        std::vector<kit::Result> results(ops.size());
        for (std::size_t i = 0; i < ops.size(); ++i) results[i].fresh.resize(ops[i].items.size());
        results[which++ % results.size()] = {error, 0, {}, {}};
        call.answer(std::move(results));
      });
      scene.store().hold(false);
      return found;
    });
  }
  check("whose answers are lost", [&] {
    scene.store().hold();
    std::string found = together(run, scene, 4, [](kit::StoreCall& call) { call.lose(); });
    scene.store().hold(false);
    return found;
  });
  return wrong;
}

}  // namespace

Verdict test_requests(Run& run) {
  if (!run.subject.offers(EVL_HANDLER)) return skipped("it is no handler");
  return in_kit(run, [&] {
    const kit::Plugin plugin = kit::Plugin::file(run.subject.asked().file);
    Scene scene(run.subject, plugin, options_of(run));
    for (int i = 0; i < kRequests; ++i) {
      kit::Message message = scene.request(run.random);
      run.step("on_request (" + message.method + " " + message.target + ")");
      if (std::string wrong = scene.ask(std::move(message)); !wrong.empty()) return failed(wrong);
    }
    run.step("the end of a host that has sent it requests");
    const std::string wrong = scene.end();
    return wrong.empty() ? passed() : failed("after " + std::to_string(kRequests) + " requests: " + wrong);
  });
}

Verdict test_cancel(Run& run) {
  if (!run.subject.offers(EVL_HANDLER)) return skipped("it is no handler");
  return in_kit(run, [&] {
    const kit::Plugin plugin = kit::Plugin::file(run.subject.asked().file);
    kit::HostOptions options = options_of(run, 1);
    options.reply_timeout = options.store_timeout = 1h;  // what ends a request here is the test alone
    Scene scene(run.subject, plugin, options);
    int cancelled = 0;
    for (const Way& way : kWays) {
      for (int turns = 0; turns <= kDeepest; ++turns) {
        run.step(std::string("a request of which ") + way.name + " after " + std::to_string(turns) +
                 " turns");
        std::string wrong;
        if (!cancel_at(scene, way, turns, scene.request(run.random), wrong)) break;
        ++cancelled;
        if (wrong.empty()) wrong = scene.ask(scene.request(run.random));
        if (!wrong.empty())
          return failed(std::string("a request of which ") + way.name + " after " + std::to_string(turns) +
                        " turns: " + wrong);
      }
    }
    return passed({std::to_string(cancelled) + " requests were cancelled, each at another point"});
  });
}

Verdict test_stores(Run& run) {
  if (!run.subject.offers(EVL_HANDLER)) return skipped("it is no handler");
  return in_kit(run, [&] {
    const kit::Plugin plugin = kit::Plugin::file(run.subject.asked().file);
    Scene scene(run.subject, plugin, options_of(run));
    for (int i = 0; i < 10; ++i)
      if (std::string wrong = scene.ask(scene.request(run.random)); !wrong.empty()) return failed(wrong);
    if (scene.store().submits() == 0) return skipped("it submits nothing to the store of its route");
    const std::string wrong = wrongs_of_stores(run, scene);
    return wrong.empty() ? passed() : failed(wrong);
  });
}

// A host of a later version has larger structs; the bytes that this one does not know are set, to something.
Verdict test_larger_structs(Run& run) {
  return in_kit(run, [&] {
    const kit::Plugin plugin = kit::Plugin::file(run.subject.asked().file);
    for (const std::uint32_t extra : {16u, 64u}) {
      run.step("a host whose structs are " + std::to_string(extra) + " bytes larger");
      kit::HostOptions options = options_of(run);
      options.extra_bytes = extra;
      std::string wrong;
      if (run.subject.offers(EVL_HANDLER)) {
        Scene scene(run.subject, plugin, options);
        for (int i = 0; i < 20 && wrong.empty(); ++i) wrong = scene.ask(scene.request(run.random));
      } else {
        kit::Host host(options);
        host.start(plugin, kit_options(run.subject));
        host.run();
        host.stop();
        wrong = host.complaints();
      }
      if (!wrong.empty()) {
        return failed("with a host whose structs are " + std::to_string(extra) + " bytes larger: " + wrong +
                      "; walk arrays by the `size` of their first element");
      }
    }
    return passed();
  });
}

// A host that lacks what `needs` does not name: create works without it, or refuses.
Verdict test_missing_interfaces(Run& run) {
  return in_kit(run, [&] {
    const kit::Plugin plugin = kit::Plugin::file(run.subject.asked().file);
    for (const char* id : {EVL_HOST_LOG, EVL_HOST_CONFIG, EVL_HOST_LOOP, EVL_HOST_TIMER, EVL_HOST_WORK,
                           EVL_HOST_METRICS, EVL_HOST_REQUEST, EVL_HOST_STORE, EVL_HOST_RENDER}) {
      if (run.subject.needs(id)) continue;  // the host itself refuses it
      run.step(std::string("a host without ") + id +
               "; name it in `needs`, or look whether get_interface gave NULL");
      kit::HostOptions options = options_of(run);
      options.withheld = {id};
      kit::Host host(options);
      try {
        host.start(plugin, kit_options(run.subject));
        host.run();
        host.stop();
      } catch (const kit::Refused&) {
        // In so many words: that is all that is asked for.
      }
      for (const kit::Misbehaviour& one : host.misbehaviours())
        return failed(std::string("with a host without ") + id + ": " + one.text);
    }
    return passed();
  });
}

}  // namespace evloom::check
