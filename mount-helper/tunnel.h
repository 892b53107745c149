/* SPDX-License-Identifier: GPL-2.0 */
/*
 * stunnel: its configuration as efs-utils writes it, its listening socket, its process, its certificate. The socket is
 * made here and handed over as systemd does: so two tunnels never fight for a port, and one that is started anew finds
 * the connections that came meanwhile waiting in it.
 */
#ifndef KEFS_MOUNT_TUNNEL_H
#define KEFS_MOUNT_TUNNEL_H

#include "common/buf.h"
#include "plan.h"
#include "state.h"

struct tunnel_config {
	const struct plan *plan;
	const char *dir;		/* of the state */
	const char *name;		/* of the folder: for log files */
	const char *target;		/* DNS name or address to connect to */
	unsigned int port;		/* local */
	bool ktls;			/* this stunnel can use the kernel's TLS */
};

/* The text of stunnel.conf. 0 or -ENOMEM. Pure. */
int tunnel_config(const struct tunnel_config *config, struct kefs_buf *out);

/* A listening socket at 127.0.0.1:@port in that network. Descriptor or -errno (-EADDRINUSE). */
int tunnel_listen(const char *netns, unsigned int port);

/*
 * Starts stunnel on the state's folder with that socket, in that network (NULL, "": ours). Its words go to @out_fd (-1:
 * nowhere). 0 with state->tunnel set (not saved), or -errno.
 */
int tunnel_spawn(struct state *state, const char *netns, int listen_fd, int out_fd);

/* tunnel_spawn(), saves the state, and waits until it is ready. -ECHILD if it ended at once. */
int tunnel_start(struct state *state, int listen_fd, int out_fd);

/*
 * A new certificate in the state's folder, with these credentials (NULL: anonymous). Sets cert_time and cert_end, does
 * not save.
 */
int tunnel_certify(struct state *state, const struct creds *creds, struct kefs_err *err);

#endif
