/* Gives the table of its handler for whatever begins like its id. */
#include "sound.h"

static const void* get_interface(void* instance, const char* id) {
  (void)instance;
  return strncmp(id, EVL_HANDLER, strlen(EVL_HANDLER) - 2) == 0 ? &sound_handler : NULL;
}
SOUND_CREATE(create, get_interface)
SOUND_PLUGIN("any_id", "{}", create);
