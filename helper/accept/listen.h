/* SPDX-License-Identifier: GPL-2.0 */
/* Listening sockets: the program's own, or those that systemd holds for it. */
#ifndef KEFS_ACCEPT_LISTEN_H
#define KEFS_ACCEPT_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/addr.h"
#include "common/err.h"

#define KEFS_LISTEN_MAX 64

struct kefs_listen_sockets {
	struct {
		int fd;			/* non-blocking, close-on-exec */
		struct kefs_addr addr;
	} sockets[KEFS_LISTEN_MAX];
	size_t count;
	bool activated;			/* systemd holds them: clients wait while kefsd is away */
};

/*
 * Takes the sockets that systemd passed; if there are none, opens addrs. With optional (nobody chose the addresses)
 * one whose family this machine lacks is left out, as long as one remains. 0 or -errno with err naming the address.
 */
int kefs_listen_open(const struct kefs_addr *addrs, size_t count, bool optional,
		     struct kefs_listen_sockets *ret_sockets, struct kefs_err *err);

/* Closes all. */
void kefs_listen_close(struct kefs_listen_sockets *sockets);

#endif
