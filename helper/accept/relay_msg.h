/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What kefsd and a relay tell each other, once each, over a socket pair that keeps messages apart: a job, and how its
 * handshake ended. Both are parsed as if a stranger had sent them: a relay speaks with strangers.
 */
#ifndef KEFS_ACCEPT_RELAY_MSG_H
#define KEFS_ACCEPT_RELAY_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/server.h"

#define KEFS_RELAY_BODY_MAX (16 * 1024)

struct kefs_relay_report {
	bool fine;			/* it relays from here on */
	enum kefs_tls_reason reason;	/* if not */
	size_t len;			/* of body: the client's certificate in DER (0: it has none), or why not in words */
	uint8_t body[KEFS_RELAY_BODY_MAX];
};

/* The job: the client's socket, the one to speak plainly on, and a credential. 0 or -errno. */
int kefs_relay_send_job(int control, int client_fd, int plain_fd, const char *credential, size_t len);

/* Waits for it; *ret_credential is the caller's, as kefs_credential_free() wants it. 0, -EBADMSG, -errno. */
int kefs_relay_receive_job(int control, int *ret_client_fd, int *ret_plain_fd, char **ret_credential, size_t *ret_len);

/* 0 or -errno. */
int kefs_relay_send_report(int control, const struct kefs_relay_report *report);

/* 0; -EAGAIN, not yet; -ECONNRESET, there will be none; -EBADMSG. */
int kefs_relay_receive_report(int control, struct kefs_relay_report *ret_report);

#endif
