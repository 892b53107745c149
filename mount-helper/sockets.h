/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel tells of a tunnel's local sockets: nothing here talks to the tunnel, so nothing waits for it. */
#ifndef KEFS_MOUNT_SOCKETS_H
#define KEFS_MOUNT_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SOCKETS_MAX ((size_t)64 * 1024 * 1024)

struct sockets {
	unsigned int connected;	/* connections to the port that are open */
	unsigned int waiting;	/* that stunnel has not taken yet */
};

#define SOCKETS_PORTS 65536

/* All ports of one network, read once for all who look at it one after the other. */
struct sockets_table {
	bool filled;		/* false: to be read anew */
	uint64_t net_ns;	/* 0: ours */
	struct sockets ports[SOCKETS_PORTS];
};

/* Counts in the text of /proc/net/tcp. Pure. */
void sockets_count(const char *text, struct sockets_table *table);

/* Those of a port in the network net_ns (0: ours), which that process is in. 0 or -errno. */
int sockets_look(struct sockets_table *table, int pid, uint64_t net_ns, unsigned int port, struct sockets *ret_sockets);

/* A copy of the listening socket that another process has at 127.0.0.1:@port. Descriptor or -ENOENT. */
int sockets_borrow_listener(int pidfd, unsigned int port);

#endif
