/* The handler of the benchmark in plain C: three submits, each begun by the reply of the one before. */
#include <stdio.h>

#include "evloom/abi/entry.h"
#include "evloom/abi/handler.h"
#include "evloom/abi/store.h"

static const evl_request_access* requests;
static const evl_store_access* stores;

/* What is kept between two replies, in the request's arena. */
typedef struct visit {
  evl_store* store;
  int64_t total;
  int64_t mine;
  int64_t seen;
} visit;

static evl_bytes text(const char* literal) {
  evl_bytes bytes;
  bytes.data = literal;
  bytes.size = strlen(literal);
  return bytes;
}

static evl_op operation(evl_op_kind kind, const char* key, int64_t amount) {
  evl_op op;
  memset(&op, 0, sizeof op);
  op.size = sizeof op;
  op.kind = kind;
  op.key = text(key);
  op.amount = amount;
  return op;
}

static evl_status first_failure(evl_status status, const evl_result* results, size_t count) {
  size_t i;
  for (i = 0; status == EVL_OK && i < count; ++i) {
    const evl_result* result = (const evl_result*)((const char*)results + i * results->size);
    status = result->status;
  }
  return status;
}

static void on_name(void* context, evl_request* request, evl_status status, const evl_result* results,
                    size_t count) {
  visit* self = (visit*)context;
  char body[128];
  evl_response response;
  evl_bytes name = text("nobody");
  status = first_failure(status, results, count);
  if (status != EVL_OK) {
    requests->fail(request, status, text("the store failed"));
    return;
  }
  if (results->item_count != 0) name = results->items[0];
  memset(&response, 0, sizeof response);
  response.size = sizeof response;
  response.status = 200;
  response.media_type = text("text/plain; charset=utf-8");
  response.body.data = body;
  response.body.size = (size_t)snprintf(body, sizeof body, "%.*s %lld %lld %lld\n", (int)name.size, name.data,
                                        (long long)self->total, (long long)self->mine, (long long)self->seen);
  requests->respond(request, &response);
}

static void submit(visit* self, evl_request* request, const evl_op* ops, size_t count,
                   evl_store_reply reply) {
  const evl_status status = stores->submit(request, self->store, ops, count, reply, self);
  if (status != EVL_OK) requests->fail(request, status, text("the store failed"));
}

static void on_mine(void* context, evl_request* request, evl_status status, const evl_result* results,
                    size_t count) {
  visit* self = (visit*)context;
  const evl_op op = operation(EVL_OP_GET, "name", 0);
  status = first_failure(status, results, count);
  if (status != EVL_OK) {
    requests->fail(request, status, text("the store failed"));
    return;
  }
  self->mine = results->integer;
  self->seen = ((const evl_result*)((const char*)results + results->size))->integer;
  submit(self, request, &op, 1, on_name);
}

static void on_total(void* context, evl_request* request, evl_status status, const evl_result* results,
                     size_t count) {
  visit* self = (visit*)context;
  const evl_op ops[2] = {operation(EVL_OP_ADD, "mine", 1), operation(EVL_OP_SET_SIZE, "seen", 0)};
  status = first_failure(status, results, count);
  if (status != EVL_OK) {
    requests->fail(request, status, text("the store failed"));
    return;
  }
  self->total = results->integer;
  submit(self, request, ops, 2, on_mine);
}

static evl_status on_request(void* instance, void* slot, evl_request* request) {
  const evl_op op = operation(EVL_OP_ADD, "total", 1);
  visit* self = (visit*)requests->allocate(request, sizeof *self, 8);
  (void)instance, (void)slot;
  if (!self) return EVL_E_NO_SPACE;
  self->store = stores->find(request, "");
  submit(self, request, &op, 1, on_total);
  return EVL_OK;
}

static const void* get_interface(void* instance, const char* id) {
  static const evl_handler table = {sizeof(evl_handler), 0, on_request, NULL, NULL};
  (void)instance;
  return strcmp(id, EVL_HANDLER) == 0 ? &table : NULL;
}

static evl_status create(const evl_host* host, const evl_config* options, evl_plugin* plugin,
                         evl_error* error) {
  (void)options;
  requests = (const evl_request_access*)host->get_interface(host, EVL_HOST_REQUEST);
  stores = (const evl_store_access*)host->get_interface(host, EVL_HOST_STORE);
  if (!requests || !stores) {
    evl_error_set(error, "the host lacks an interface");
    return EVL_E_UNSUPPORTED;
  }
  plugin->get_interface = get_interface;
  return EVL_OK;
}
EVL_PLUGIN("in_c", "1.0.0", "Three submits, in C", "MIT", EVL_HANDLER, EVL_HOST_STORE, "{}", create);
