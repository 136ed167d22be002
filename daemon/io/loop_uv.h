/* What the doors made of libuv share of the loop. Their handles live on uv_of_loop() and are closed
 * before loop_free(). */
#pragma once
#include <uv.h>

struct loop;
struct loop_post;

uv_loop_t *uv_of_loop(struct loop *loop);
/* From the loop's thread: a post that is waiting will not run; one that is not is left alone. No
 * other thread may be posting it any more. */
void loop_post_cancel(struct loop *loop, struct loop_post *post);
