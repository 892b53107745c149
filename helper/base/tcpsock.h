/* SPDX-License-Identifier: GPL-2.0 */
/* TCP sockets that listen, and pairs. */
#ifndef KEFS_BASE_TCPSOCK_H
#define KEFS_BASE_TCPSOCK_H

#include "common/addr.h"

/*
 * A socket that listens on an address, for IPv6 on that alone. Returns the descriptor (non-blocking, close-on-exec) or
 * -errno; -EADDRINUSE: another program has the port; -EADDRNOTAVAIL: this host does not have the address.
 */
int kefs_tcpsock_listen(const struct kefs_addr *addr);

/*
 * Two ends of one connection over loopback, both close-on-exec and blocking. Nobody else has either: a stranger who
 * connects meanwhile is turned away. 0, or -errno: -EBUSY, nothing but strangers came.
 */
int kefs_tcpsock_pair(int ret_fds[2]);

#endif
