// "evloom.host.render/1" for any host that has requests, as request_table.hpp: its checks and words. [loop]
#pragma once

#include <cstdint>

#include "evloom/abi/format.h"

#include "epoch/list.hpp"
#include "epoch/services/rules.hpp"

namespace evloom::epoch {

template <typename Side>
class RenderTable {
  static evl_status begin(evl_request* raw, std::uint32_t status, evl_rendering* rendering) {
    auto* const request = Side::checked(raw);
    if (!request) return unusable(raw);
    if (!rendering || rendering->size < sizeof(evl_rendering) || status < 200 || status > 599)
      return EVL_E_INVALID;
    if (!request->open()) return closed(*request, "begin");
    if (Side::begun(request)) return EVL_E_STATE;
    if (!Side::renders(request)) {
      request->handler().misbehaved(Misbehaviour::wrong_state,
                                    "renders an answer, but its table lacks EVL_HANDLER_RENDERS");
      return EVL_E_UNSUPPORTED;
    }
    return Side::begin(request, status, rendering);
  }

  static evl_status finish(evl_request* raw) {
    auto* const request = Side::checked(raw);
    if (!request) return unusable(raw);
    if (!request->open()) return closed(*request, "finish");
    return Side::begun(request) ? Side::finish(request) : EVL_E_STATE;
  }

  static evl_status items(evl_request* raw, evl_rendering* rendering, const evl_result* result,
                          evl_value_kind kind) {
    auto* const request = Side::checked(raw);
    if (!request) return unusable(raw);
    if (!rendering || !result || !is_list(*result, kind)) return EVL_E_INVALID;
    if (!request->open() || !Side::begun(request)) return EVL_E_STATE;
    return Side::items(request, rendering, result, kind);
  }

 public:
  static constexpr evl_render_access kTable = {sizeof(evl_render_access), begin, finish, items};
};

}  // namespace evloom::epoch
