/* SPDX-License-Identifier: GPL-2.0 */
/* Inside accept/ only: the last step of a connection that is an RPC client's. */
#ifndef KEFS_ACCEPT_SERVE_H
#define KEFS_ACCEPT_SERVE_H

#include "accept/acceptor.h"

/*
 * Which file system, which grant, and away. tls is who came by TLS, NULL without. 0 if it is served now; -errno if not,
 * counted and logged. The descriptor is the caller's to close either way.
 */
int kefs_serve(const struct kefs_acceptor_parts *parts, int fd, const struct kefs_addr *peer,
	       const struct kefs_tls_peer *tls, struct kefs_acceptor_stats *stats);

#endif
