// Scene: a handler under test in the SDK's testkit, behind one route, with a store in memory and a clock that
// the test moves. What the real host would blame it for ends up in problems(). [control]
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "evloom/testkit.hpp"

#include "check/subject.hpp"

namespace evloom::check {

// Options of the subject as the testkit takes them. Throws evl::testkit::Refused.
evl::testkit::Options kit_options(const Subject& subject);

class Scene {
 public:
  // Starts an instance; throws evl::testkit::Refused with the reason.
  Scene(const Subject& subject, const evl::testkit::Plugin& plugin, evl::testkit::HostOptions options);

  evl::testkit::Host& host() { return host_; }
  evl::testkit::Store& store() { return *store_; }

  // A request like any that may come, on any loop.
  evl::testkit::Message request(std::mt19937_64& random) const;
  // Sends one and gives it the time it may take. Empty when it was answered, and well; else what went wrong.
  std::string ask(evl::testkit::Message message);
  // Turns, and time where nothing else is to be done, until it has been answered or the time is up.
  bool settle(const evl::testkit::Exchange& exchange);
  // What is wrong by now: misbehaviours, and, when nothing should be under way, what is left. Empty: nothing.
  std::string problems();
  // Stops all; what is wrong then. The last call. Empty: nothing.
  std::string end();

 private:
  evl::testkit::Host host_;
  evl::testkit::Instance* handler_ = nullptr;
  evl::testkit::Store* store_ = nullptr;
  std::uint32_t loops_;
};

}  // namespace evloom::check
