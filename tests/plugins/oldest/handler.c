/* oldest_handler: a handler in C against the oldest headers, by way of every interface of the host: a request
 * is held, a timer fires, a worker works, a message comes back, a store counts, and then it is answered. */
#include "evloom/abi/handler.h"

#include <stdio.h>
#include <stdlib.h>

#include "evloom/abi/config.h"
#include "evloom/abi/entry.h"
#include "evloom/abi/log.h"
#include "evloom/abi/loop.h"
#include "evloom/abi/metrics.h"
#include "evloom/abi/store.h"
#include "evloom/abi/timer.h"
#include "evloom/abi/work.h"

typedef struct {
  const evl_host* host;
  const evl_request_access* requests;
  const evl_store_access* stores;
  const evl_loop_access* loops;
  const evl_timers* timers;
  const evl_workers* workers;
  const evl_metrics* metrics;
  const evl_log* log;
  evl_metric answered;
  evl_bytes key;
  int64_t delay;
} instance_t;

typedef struct {
  instance_t* instance;
  evl_loop* loop;
} slot_t;

/* The life of one request; freed with its last step, which may come after the request. */
typedef struct {
  evl_work work;
  evl_message message;
  instance_t* instance;
  evl_loop* loop;
  evl_ticket ticket;
} errand;

static evl_bytes text(const char* words) {
  evl_bytes bytes = {words, strlen(words)};
  return bytes;
}

static void reply(void* context, evl_request* request, evl_status status, const evl_result* results,
                  size_t count) {
  instance_t* self = context;
  const evl_result* set;
  evl_response response;
  char line[128];
  if (status == EVL_OK && count == 3) {
    set = (const evl_result*)(const void*)((const char*)results + 2 * results->size);
    snprintf(line, sizeof line, "total %lld, members %zu\n", (long long)results->integer, set->item_count);
  } else {
    snprintf(line, sizeof line, "status %d\n", (int)status);
  }
  memset(&response, 0, sizeof response);
  response.size = sizeof response;
  response.status = 200;
  response.media_type = text("text/plain");
  response.body = text(line);
  if (self->requests->respond(request, &response) == EVL_OK)
    self->metrics->add(self->host, self->requests->loop(request), self->answered, 1);
}

/* The last step: back on the loop by message, with the request if it is still there. */
static void arrived(evl_message* message, evl_loop* loop) {
  errand* me = (errand*)(void*)((char*)message - offsetof(errand, message));
  instance_t* self = me->instance;
  evl_request* request = self->requests->resume(self->host, loop, me->ticket);
  evl_bytes member = {"one", 3};
  evl_op ops[3];
  int i;
  free(me);
  if (!request) return;
  memset(ops, 0, sizeof ops);
  for (i = 0; i < 3; ++i) ops[i].size = sizeof ops[i], ops[i].key = self->key;
  ops[0].kind = EVL_OP_ADD;
  ops[0].amount = 1;
  ops[1].kind = EVL_OP_SET_ADD;
  ops[1].key = text("oldest:set");
  ops[1].items = &member;
  ops[1].item_count = 1;
  ops[2].kind = EVL_OP_SET_READ;
  ops[2].key = text("oldest:set");
  if (self->stores->submit(request, self->stores->find(request, ""), ops, 3, reply, self) != EVL_OK)
    self->requests->fail(request, EVL_E_UNAVAILABLE, text("not counted"));
}

static void work(evl_work* task) { (void)task; }

static void worked(evl_work* task, evl_loop* loop) {
  errand* me = (errand*)(void*)task; /* work is its first member */
  me->message.run = arrived;
  me->instance->loops->post(me->instance->host, loop, &me->message);
}

static void fired(void* context) {
  errand* me = context;
  me->work.run = work;
  me->work.done = worked;
  if (me->instance->workers->submit(me->instance->host, me->loop, &me->work) != EVL_OK) free(me);
}

static evl_status on_request(void* instance, void* slot, evl_request* request) {
  instance_t* self = instance;
  errand* me = calloc(1, sizeof *me);
  if (!me) return EVL_E_NO_SPACE;
  me->instance = self;
  me->loop = ((slot_t*)slot)->loop;
  me->ticket = self->requests->suspend(request);
  if (!self->timers->start(self->host, me->loop, self->delay, fired, me)) {
    free(me);
    return EVL_E_NO_SPACE;
  }
  return EVL_OK;
}

static const evl_handler handler = {sizeof(evl_handler), 0, on_request, NULL, NULL};

static const void* get_interface(void* instance, const char* id) {
  (void)instance;
  return strcmp(id, EVL_HANDLER) == 0 ? &handler : NULL;
}

static evl_status thread_start(void* instance, evl_loop* loop, void** slot, evl_error* error) {
  slot_t* mine = malloc(sizeof *mine);
  (void)error;
  if (!mine) return EVL_E_NO_SPACE;
  mine->instance = instance;
  mine->loop = loop;
  *slot = mine;
  return EVL_OK;
}

static void thread_stop(void* instance, void* slot) {
  (void)instance;
  free(slot);
}

static void destroy(void* instance) { free(instance); }

static evl_status create(const evl_host* host, const evl_config* options, evl_plugin* plugin,
                         evl_error* error) {
  const evl_config_reader* reader = host->get_interface(host, EVL_HOST_CONFIG);
  instance_t* self = calloc(1, sizeof *self);
  if (!self) return EVL_E_NO_SPACE;
  self->host = host;
  self->requests = host->get_interface(host, EVL_HOST_REQUEST);
  self->stores = host->get_interface(host, EVL_HOST_STORE);
  self->loops = host->get_interface(host, EVL_HOST_LOOP);
  self->timers = host->get_interface(host, EVL_HOST_TIMER);
  self->workers = host->get_interface(host, EVL_HOST_WORK);
  self->metrics = host->get_interface(host, EVL_HOST_METRICS);
  self->log = host->get_interface(host, EVL_HOST_LOG);
  if (!reader || !self->requests || !self->stores || !self->loops || !self->timers || !self->workers ||
      !self->metrics || !self->log) {
    free(self);
    evl_error_set(error, "the host lacks an interface");
    return EVL_E_UNSUPPORTED;
  }
  if (reader->text(reader->member(options, "key"), &self->key) != EVL_OK ||
      reader->duration(reader->member(options, "delay"), &self->delay) != EVL_OK ||
      self->metrics->counter(host, "oldest_total", "Answers.", &self->answered) != EVL_OK) {
    free(self);
    evl_error_set(error, "its options or its metric were refused");
    return EVL_E_INVALID;
  }
  self->log->write(host, EVL_LOG_INFO, text("compiled with the oldest headers"));
  plugin->instance = self;
  plugin->thread_start = thread_start;
  plugin->thread_stop = thread_stop;
  plugin->destroy = destroy;
  plugin->get_interface = get_interface;
  return EVL_OK;
}

EVL_PLUGIN(
    "oldest_handler", "1.0.0", "A test", "MIT", EVL_HANDLER, EVL_HOST_STORE,
    "{\"type\":\"object\",\"properties\":{"
    "\"key\":{\"type\":\"string\",\"default\":\"oldest:total\",\"description\":\"Its counter.\"},"
    "\"delay\":{\"type\":\"string\",\"format\":\"duration\",\"default\":\"1ms\",\"description\":\"Wait.\"}"
    "}}",
    create);
