// The test kit: a host without sockets, threads and a clock of its own, in which a plugin is tested with any
// test framework. One thread (the test's) runs everything; what happens next, and when, is up to the test.
//
//   evl::testkit::Host host({.loops = 2});
//   evl::testkit::Store& store = host.store();
//   evl::testkit::Instance& visits = host.start(evl::testkit::Plugin::file("visits.so"), "{key: front}");
//   host.route("/visits", visits, {.store = &store});
//   evl::testkit::Exchange& first = host.send({.target = "/visits"});
//   host.run();
//   EXPECT_EQ(first.answer().body, "visits = 1\n");
//   host.stop();
//   EXPECT_EQ(host.complaints(), "");
#pragma once

#include "evloom/testkit/exchange.hpp"
#include "evloom/testkit/host.hpp"
#include "evloom/testkit/instance.hpp"
#include "evloom/testkit/options.hpp"
#include "evloom/testkit/plugin.hpp"
#include "evloom/testkit/records.hpp"
#include "evloom/testkit/store.hpp"
