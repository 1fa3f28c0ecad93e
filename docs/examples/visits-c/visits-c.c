/* visits-c: a handler in plain C. It counts its requests in the store of its route, and on each loop besides,
 * and answers with both figures.
 *
 * It shows what the C++ layer does for others: looking up interfaces, a slot for each loop, a store's reply
 * that comes later, memory of the request. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evloom/abi/config.h"
#include "evloom/abi/entry.h"
#include "evloom/abi/handler.h"
#include "evloom/abi/loop.h"
#include "evloom/abi/store.h"

/* Made by create, read by all loops. */
struct instance {
  const evl_request_access* requests;
  const evl_store_access* stores;
  const evl_loop_access* loops;
  evl_bytes key; /* valid until destroy */
};

/* Made by thread_start, one for each loop, which alone touches it. */
struct slot {
  uint32_t loop;
  uint64_t requests;
};

/* What the reply needs to know; in the request's memory. */
struct call {
  const struct instance* instance;
  uint64_t here;
  uint32_t loop;
};

static evl_bytes text(const char* literal) {
  evl_bytes bytes;
  bytes.data = literal;
  bytes.size = strlen(literal);
  return bytes;
}

/* ---- requests [loop]
 * ---------------------------------------------------------------------------------------------- */

/* Never called when the client has gone meanwhile. */
static void on_reply(void* context, evl_request* request, evl_status status, const evl_result* results,
                     size_t count) {
  const struct call* call = context;
  const evl_request_access* requests = call->instance->requests;
  evl_response response;
  char line[96];
  int size;
  /* The submit as a whole, and then the operation itself. */
  if (status == EVL_OK) status = count == 1 ? results[0].status : EVL_E_INTERNAL;
  if (status != EVL_OK) {
    requests->fail(request, status, text("visits-c: not counted"));
    return;
  }
  size = snprintf(line, sizeof line, "%" PRId64 " visits, %" PRIu64 " of them on loop %" PRIu32 "\n",
                  results[0].integer, call->here, call->loop);
  memset(&response, 0, sizeof response);
  response.size = sizeof response;
  response.status = 200;
  response.media_type = text("text/plain; charset=utf-8");
  response.body.data = line; /* copied, since there is no release function */
  response.body.size = (size_t)size;
  requests->respond(request, &response);
}

static evl_status on_request(void* object, void* on_loop, evl_request* request) {
  const struct instance* self = object;
  struct slot* slot = on_loop;
  evl_store* store = self->stores->find(request, "");
  struct call* call = self->requests->allocate(request, sizeof *call, sizeof(uint64_t));
  evl_op op;
  evl_status status;
  if (!call) return self->requests->fail(request, EVL_E_NO_SPACE, text("visits-c: out of memory"));
  call->instance = self;
  call->here = ++slot->requests;
  call->loop = slot->loop;
  memset(&op, 0, sizeof op);
  op.size = sizeof op;
  op.kind = EVL_OP_ADD;
  op.key = self->key;
  op.amount = 1;
  status = self->stores->submit(request, store, &op, 1, on_reply, call); /* which holds the request */
  if (status != EVL_OK)
    return self->requests->fail(request, status, text("visits-c: the store takes no more"));
  return EVL_OK;
}

static const evl_handler handler = {sizeof(evl_handler), 0, on_request, NULL, NULL};

/* ---- the life of an instance
 * -------------------------------------------------------------------------------------- */

static evl_status thread_start(void* object, evl_loop* loop, void** on_loop, evl_error* error) {
  const struct instance* self = object;
  struct slot* slot = calloc(1, sizeof *slot);
  if (!slot) {
    evl_error_set(error, "visits-c: out of memory");
    return EVL_E_NO_SPACE;
  }
  slot->loop = self->loops->index(loop);
  *on_loop = slot;
  return EVL_OK;
}

static void thread_stop(void* object, void* on_loop) {
  (void)object;
  free(on_loop);
}

static void destroy(void* object) { free(object); }

static const void* get_interface(void* object, const char* id) {
  (void)object;
  return strcmp(id, EVL_HANDLER) == 0 ? &handler : NULL;
}

static evl_status create(const evl_host* host, const evl_config* options, evl_plugin* plugin,
                         evl_error* error) {
  const evl_config_reader* config = host->get_interface(host, EVL_HOST_CONFIG);
  struct instance* self = calloc(1, sizeof *self);
  if (!self) {
    evl_error_set(error, "visits-c: out of memory");
    return EVL_E_NO_SPACE;
  }
  self->requests = host->get_interface(host, EVL_HOST_REQUEST);
  self->stores = host->get_interface(host, EVL_HOST_STORE);
  self->loops = host->get_interface(host, EVL_HOST_LOOP);
  if (!config || !self->requests || !self->stores || !self->loops) {
    free(self);
    evl_error_set(error, "visits-c: this host lacks an interface for config, request, store or loop");
    return EVL_E_UNSUPPORTED;
  }
  /* The host has checked the options against the schema below and filled in the defaults. */
  if (config->text(config->member(options, "key"), &self->key) != EVL_OK) {
    free(self);
    return config->reject(options, error, "key: a text is missing");
  }
  plugin->instance = self;
  plugin->thread_start = thread_start;
  plugin->thread_stop = thread_stop;
  plugin->destroy = destroy;
  plugin->get_interface = get_interface;
  return EVL_OK;
}

EVL_PLUGIN("visits-c", "1.0.0", "Counts visits, in plain C", "MIT", EVL_HANDLER, EVL_HOST_STORE,
           "{ \"type\": \"object\", \"properties\": {"
           "  \"key\": { \"type\": \"string\", \"minLength\": 1, \"default\": \"visits\","
           "             \"description\": \"Where it counts.\" } } }",
           create);
