/* thread_start puts an event for a descriptor on its loop's base, thread_stop leaves it there. */
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdatomic.h>
#include <unistd.h>

#include "per_loop.h"

static void on_read(evutil_socket_t fd, short what, void* context) { (void)fd, (void)what, (void)context; }

#ifndef NAME
#define NAME "event_left"
#define FIRST_LOOP 0
#endif

static struct event events[64];
static atomic_uint used;
static const uint32_t first_loop = FIRST_LOOP;

static evl_status thread_start(void* instance, evl_loop* loop, void** slot, evl_error* error) {
  int ends[2];
  struct event* mine = &events[used++ % 64];
  (void)instance, (void)slot, (void)error;
  if (the_loops()->index(loop) < first_loop) return EVL_OK;
  if (pipe(ends) != 0) return EVL_E_UNAVAILABLE;
  event_assign(mine, the_loops()->event_base(loop), ends[0], EV_READ | EV_PERSIST, on_read, NULL);
  event_add(mine, NULL);
  return EVL_OK;
}
PER_LOOP_CREATE(create, thread_start, NULL, NULL, blank_get_interface)
BLANK_PLUGIN(NAME, create);
