// What authors begin from against the store contract: the example of a store, and the template of `evloom
// new`.
#include "conformance/store_contract.hpp"
#include "support/temp_dir.hpp"

namespace evloom::test {
namespace {

StoreSetup jsonl() {
  auto folder = std::make_shared<TempDir>();
  return {{EVLOOM_JSONL, {{"path", (*folder / "store.jsonl").string()}}}, folder};
}

StoreSetup from_template() { return {{EVLOOM_TEMPLATE_STORE, {}}, {}}; }

INSTANTIATE_TEST_SUITE_P(Examples, StoreContract,
                         ::testing::Values(StoreCase{"jsonl", jsonl, EVL_STORE_DURABLE | EVL_STORE_EXCLUSIVE},
                                           StoreCase{"template", from_template, 0}),
                         store_case_name);

}  // namespace
}  // namespace evloom::test
