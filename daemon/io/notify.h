/* Door: what systemd is told (sd_notify's protocol: a datagram of KEY=value lines to
 * $NOTIFY_SOCKET). Without systemd nothing happens. */
#pragma once
#include <stdint.h>

struct notify;
/* Takes NOTIFY_SOCKET, WATCHDOG_… and LISTEN_… out of the environment, so that no child meets them. */
struct notify *notify_new(void);
void notify_send(struct notify *notify, const char *state); /* "READY=1\nSTATUS=…" */
uint64_t notify_watchdog_ms(
    const struct notify *notify);        /* WATCHDOG=1 is due that often; 0 = never */
void notify_free(struct notify *notify); /* NULL is fine */
