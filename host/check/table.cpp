#include <iterator>

#include "check/test.hpp"

namespace evloom::check {

namespace {

// What must have passed before a test of what the plugin does can tell anything.
#define EVLOOM_FILE "note exports libraries"
#define EVLOOM_ALIVE EVLOOM_FILE " load create life"
#define EVLOOM_CLEAN EVLOOM_ALIVE " leftovers loops"
#define EVLOOM_SOUND EVLOOM_CLEAN " cycles"

constexpr Test kTests[] = {
    {"note", "The file says what it is: id, version, ABI, needs, and a schema of its options.", "",
     test_note},
    {"exports", "It exports its entry alone, and nothing in the file keeps it from being loaded or unloaded.",
     "note", test_exports},
    {"libraries", "Every library and every symbol that it wants from others is there.", "note exports",
     test_libraries},
    {"load", "It loads: its constructors return, its entry and its note say the same.", EVLOOM_FILE,
     test_load},
    {"create", "create makes an instance, which gives every interface that the note promises.",
     EVLOOM_FILE " load", test_create},
    {"life", "An instance starts on two loops, stops there and is destroyed.", EVLOOM_FILE " load create",
     test_life},
    {"unknown-ids", "get_interface gives NULL for every id that it does not know.", EVLOOM_ALIVE,
     test_unknown_ids},
    {"options", "Each option, of a wrong type, missing and at its bounds, is taken or refused with a reason.",
     EVLOOM_ALIVE, test_options},
    {"leftovers", "No event, timer or thread of an instance is left when it has gone.", EVLOOM_ALIVE,
     test_leftovers},
    {"loops", "It does the same on one loop and on eight.", EVLOOM_ALIVE " leftovers", test_loops},
    {"cycles", "A hundred lives leave no mapping, descriptor or thread behind.", EVLOOM_CLEAN, test_cycles},
    {"missing-interfaces", "It does without, or refuses, where a host lacks what its `needs` do not name.",
     EVLOOM_SOUND, test_missing_interfaces},
    {"requests", "A handler answers every request, once, with nothing left of it.", EVLOOM_SOUND,
     test_requests},
    {"larger-structs", "It works with a host whose structs have grown at their ends.",
     EVLOOM_SOUND " requests", test_larger_structs},
    {"cancel", "A handler lets go of a request whose client goes away or whose time is up, at any point.",
     EVLOOM_SOUND " requests", test_cancel},
    {"stores", "A handler answers when its store is late, out of order, in error or lost.",
     EVLOOM_SOUND " requests", test_stores},
    {"store", "A store ends each submit once, later, on its loop, and has done what it says.", EVLOOM_SOUND,
     test_store},
    {"format", "A format renders every kind of value, in as much room as there is.", EVLOOM_SOUND,
     test_format},
    {"state", "State that one instance saves its successor goes on with.", EVLOOM_SOUND, test_state},
    {"swap", "In a host under load it takes the place of its older build and of itself; no request fails.",
     EVLOOM_SOUND " requests store format state", test_swap},
};

}  // namespace

std::span<const Test> tests() { return kTests; }

const Test* find_test(std::string_view name) {
  for (const Test& test : kTests)
    if (name == test.name) return &test;
  return nullptr;
}

}  // namespace evloom::check
