// The example of a store in docs/examples against the store contract.
#include "conformance/store_contract.hpp"
#include "support/temp_dir.hpp"

namespace evloom::test {
namespace {

INSTANTIATE_TEST_SUITE_P(Jsonl, StoreContract,
                         ::testing::Values(StoreCase{"jsonl",
                                                     [] {
                                                       auto folder = std::make_shared<TempDir>();
                                                       return StoreSetup{
                                                           {EVLOOM_EXAMPLES_DIR "/jsonl.so",
                                                            {{"path", folder->path() + "/store.jsonl"}}},
                                                           folder};
                                                     },
                                                     EVL_STORE_DURABLE | EVL_STORE_EXCLUSIVE}),
                         store_case_name);

}  // namespace
}  // namespace evloom::test
