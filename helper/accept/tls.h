/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One TLS handshake as a server: TLS 1.2 and 1.3, a client's certificate asked for and taken unverified (EFS's mount
 * helper signs its own), and the keys given to the kernel in both directions, so that the socket can be handed on; or
 * kept, in a relay, where the kernel cannot have them. The context is shared by threads; a session belongs to one at a
 * time.
 */
#ifndef KEFS_ACCEPT_TLS_H
#define KEFS_ACCEPT_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "accept/ca.h"
#include "common/awscert.h"
#include "common/err.h"
#include "model/server.h"

struct kefs_tls;
struct kefs_tls_session;

enum kefs_tls_step {
	KEFS_TLS_DONE,
	KEFS_TLS_READ,		/* wait until the socket can be read, */
	KEFS_TLS_WRITE,		/* or written; then go on */
	KEFS_TLS_FAILED,	/* the client was told by an alert, if it could be */
};

/* Who is at the other end. */
struct kefs_tls_peer {
	bool asked;			/* first in the clear (RFC 9289): it is the NFS client itself that does TLS */
	bool resumed;			/* of an earlier session, with that one's certificate */
	bool has_cert;
	struct kefs_awscert cert;	/* of has_cert; unproven but for the possession of its key */
	bool malformed;			/* it has a certificate that cannot be understood: no claim can be believed */
	bool relayed;			/* it is a relay that does TLS: */
	int plain_fd;			/* of relayed: where what it decrypts comes out, to be handed on */
};

/* ca stays the caller's. 0 or -errno. */
int kefs_tls_new(struct kefs_ca *ca, struct kefs_tls **ret_tls, struct kefs_err *err);

/* For a relay: one credential (accept/credential.h), more ciphers, and no resumption, for nobody keeps the keys. */
int kefs_tls_new_relay(const char *credential, size_t len, struct kefs_tls **ret_tls, struct kefs_err *err);

/* After all sessions. NULL is fine. */
void kefs_tls_free(struct kefs_tls *tls);

/* Can this kernel encrypt sockets itself, by all ciphers offered? 0, or -errno with err saying what it lacks. */
int kefs_tls_check_kernel(struct kefs_err *err);

/* A session over a connected, non-blocking socket, which stays the caller's. 0 or -ENOMEM. */
int kefs_tls_begin(struct kefs_tls *tls, int fd, struct kefs_tls_session **ret_session);

/*
 * Goes on with the handshake as far as it can. With KEFS_TLS_FAILED *ret_reason and err say why; with KEFS_TLS_DONE the
 * kernel encrypts and decrypts from here on (not in a relay), nothing that the client sent after its handshake has been
 * read, and *ret_peer is filled. Slow: not for the loop's thread.
 */
enum kefs_tls_step kefs_tls_go_on(struct kefs_tls_session *session, struct kefs_tls_peer *ret_peer,
				  enum kefs_tls_reason *ret_reason, struct kefs_err *err);

/* OpenSSL's half of a session, in a relay for reading and writing. Stays the session's. */
SSL *kefs_tls_ssl(const struct kefs_tls_session *session);

/* What the client's certificate, in DER, makes of a peer; len 0: it has none. 0 or -ENOMEM. */
int kefs_tls_read_peer(const uint8_t *der, size_t len, struct kefs_tls_peer *ret_peer);

/* Says nothing more to the client, and leaves the socket open. NULL is fine. */
void kefs_tls_end(struct kefs_tls_session *session);

#endif
