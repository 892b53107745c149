/* SPDX-License-Identifier: GPL-2.0 */
/* Listening TCP sockets. */
#ifndef KEFS_BASE_TCPSOCK_H
#define KEFS_BASE_TCPSOCK_H

#include "common/addr.h"

/*
 * A socket that listens on an address, for IPv6 on that alone. Returns the descriptor (non-blocking, close-on-exec) or
 * -errno; -EADDRINUSE: another program has the port; -EADDRNOTAVAIL: this host does not have the address.
 */
int kefs_tcpsock_listen(const struct kefs_addr *addr);

#endif
