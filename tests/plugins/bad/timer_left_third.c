/* As timer_left, but from the third loop on: a trial with two loops does not show it. */
#define NAME "timer_left_third"
#define FIRST_LOOP 2
#include "timer_left.c"
