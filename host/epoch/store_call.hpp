// StoreCall: operations that a request has submitted and whose reply it waits for. In the request's arena;
// linked to the request while it is under way.
#pragma once

#include "evloom/abi/store.h"

#include "store/batch.hpp"

namespace evloom::epoch {

class Request;

struct StoreCall : store::Submission {
  Request* request = nullptr;
  evl_store_reply reply = nullptr;
  void* context = nullptr;
  StoreCall* before = nullptr;
  StoreCall* next = nullptr;
};

}  // namespace evloom::epoch
