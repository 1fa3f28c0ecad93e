// The LMDB backend against the store contract, with each durability.
#include "conformance/store_contract.hpp"
#include "support/temp_dir.hpp"

namespace evloom::test {
namespace {

StoreCase lmdb_case(const std::string& durability, std::uint32_t flags) {
  const auto make = [durability] {
    auto folder = std::make_shared<TempDir>();
    // A small map, so that the suite also runs into its growth; a short interval, so that it runs into the
    // syncs.
    return StoreSetup{{EVLOOM_PLUGIN_DIR "/lmdb.so",
                       {{"path", (*folder / "db").string()},
                        {"durability", durability},
                        {"interval", "5ms"},
                        {"map_size", "1MiB"}}},
                      folder};
  };
  return {"lmdb_" + durability, make, flags};
}

INSTANTIATE_TEST_SUITE_P(Lmdb, StoreContract,
                         ::testing::Values(lmdb_case("commit", EVL_STORE_EXCLUSIVE | EVL_STORE_DURABLE),
                                           lmdb_case("interval", EVL_STORE_EXCLUSIVE),
                                           lmdb_case("none", EVL_STORE_EXCLUSIVE)),
                         store_case_name);

}  // namespace
}  // namespace evloom::test
