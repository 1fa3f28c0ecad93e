/* A store that never ends a submit but from a message which it sends in thread_stop: the reply comes when the
 * slot has gone. */
#include "evloom/abi/store.h"

#include "per_loop.h"

enum { kHeld = 64 };
typedef struct slot {
  evl_message message; /* first */
  evl_loop* loop;
  int count;
  evl_store_done done[kHeld];
  void* context[kHeld];
} slot;
static slot slots[256];

static void late(evl_message* message, evl_loop* loop) {
  slot* mine = (slot*)message;
  (void)loop;
  while (mine->count > 0) {
    --mine->count;
    mine->done[mine->count](mine->context[mine->count], EVL_E_UNAVAILABLE, NULL, 0);
  }
}

static evl_status submit(void* instance, void* raw, const evl_op* ops, size_t count, evl_store_done done,
                         void* context) {
  slot* mine = (slot*)raw;
  (void)instance, (void)ops, (void)count;
  if (mine->count == kHeld) return EVL_E_OVERLOADED;
  mine->done[mine->count] = done;
  mine->context[mine->count++] = context;
  return EVL_OK;
}

static evl_status health(void* instance, void* raw, evl_error* why) {
  (void)instance, (void)raw, (void)why;
  return EVL_OK;
}

static evl_status thread_start(void* instance, evl_loop* loop, void** raw, evl_error* error) {
  slot* mine = &slots[the_loops()->index(loop)];
  (void)instance, (void)error;
  mine->loop = loop;
  mine->message.run = late;
  *raw = mine;
  return EVL_OK;
}

static void thread_stop(void* instance, void* raw) {
  slot* mine = (slot*)raw;
  (void)instance;
  the_loops()->post(the_host, mine->loop, &mine->message);
}

static const void* get_interface(void* instance, const char* id) {
  static const evl_store_backend table = {sizeof(evl_store_backend), 0, submit, health};
  (void)instance;
  return strcmp(id, EVL_STORE) == 0 ? &table : NULL;
}
PER_LOOP_CREATE(create, thread_start, thread_stop, NULL, get_interface)
EVL_PLUGIN("late_reply", "1.0.0", "A test", "MIT", EVL_STORE, EVL_HOST_LOOP, "{}", create);
