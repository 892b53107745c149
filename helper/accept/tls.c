// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel's TLS can do decides what is offered: AES-GCM, which every client of EFS has. A client's certificate
 * is looked at when the handshake is over, and not by a verification that never runs for a resumed session: OpenSSL
 * keeps it in the session, and the session in a ticket that only this process can read.
 *
 * Reading stops at the end of the handshake's last record (no read-ahead), so that what follows is still in the socket
 * when the kernel takes over decrypting.
 */
#include "tls.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/tcpsock.h"
#include "common/cleanup.h"
#include "common/str.h"

#define CIPHERS_12	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:" \
			"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"
#define CIPHERS_13	"TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256"
#define CERT_LIST_MAX	(16 * 1024)	/* the mount helper's certificate has 1.5 KiB; with the largest token 6 */
#define SESSION_SECONDS	3600
#define ALPN		"\x06sunrpc"	/* RFC 9289 section 8.2 */

struct kefs_tls {
	SSL_CTX *ctx;
	struct kefs_ca *ca;
};

struct kefs_tls_session {
	SSL *ssl;
};

/* --- the context --- */

/* Every certificate will do: what it is worth is found out afterwards. */
static int take_any(X509_STORE_CTX *store, void *arg)
{
	(void)arg;
	X509_STORE_CTX_set_error(store, X509_V_OK);
	return 1;
}

/* The certificate for the address that the client came to. The name that it asks for tells nothing that counts. */
static int choose_cert(SSL *ssl, void *arg)
{
	struct kefs_tls *tls = arg;
	struct kefs_addr local = { .len = sizeof(local.storage) };
	STACK_OF(X509) *chain = NULL;
	EVP_PKEY *key = NULL;
	X509 *cert = NULL;
	int fine;

	if (getsockname(SSL_get_fd(ssl), &local.sa, &local.len) < 0)
		local.len = 0;
	if (kefs_ca_leaf(tls->ca, &local, &cert, &key, &chain) < 0)
		return 0;
	fine = SSL_use_cert_and_key(ssl, cert, key, chain, 1);
	sk_X509_pop_free(chain, X509_free);
	EVP_PKEY_free(key);
	X509_free(cert);
	return fine;
}

/* Clients that speak RPC over TLS say so; those that say nothing, or other things, are served too. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
			   unsigned int in_len, void *arg)
{
	static const unsigned char ours[] = ALPN;
	unsigned char *chosen;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&chosen, out_len, ours, sizeof(ours) - 1, in, in_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static bool set_up(struct kefs_tls *tls)
{
	unsigned char id[16];
	SSL_CTX *ctx = tls->ctx;

	if (RAND_bytes(id, sizeof(id)) != 1 || !SSL_CTX_set_session_id_context(ctx, id, sizeof(id)) ||
	    !SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) || !SSL_CTX_set_cipher_list(ctx, CIPHERS_12) ||
	    !SSL_CTX_set_ciphersuites(ctx, CIPHERS_13))
		return false;
	(void)SSL_CTX_set_options(ctx, SSL_OP_ENABLE_KTLS | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
				       SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);	/* tickets only: nothing grows here */
	(void)SSL_CTX_set_timeout(ctx, SESSION_SECONDS);
	SSL_CTX_set_max_cert_list(ctx, CERT_LIST_MAX);
	SSL_CTX_set_read_ahead(ctx, 0);
	SSL_CTX_set_quiet_shutdown(ctx, 1);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, take_any, NULL);
	SSL_CTX_set_cert_cb(ctx, choose_cert, tls);
	SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
	return true;
}

int kefs_tls_new(struct kefs_ca *ca, struct kefs_tls **ret_tls, struct kefs_err *err)
{
	struct kefs_tls *tls = calloc(1, sizeof(*tls));

	if (!tls)
		return kefs_err_sys(err, -ENOMEM, "TLS");
	tls->ca = ca;
	tls->ctx = SSL_CTX_new(TLS_server_method());
	if (!tls->ctx || !set_up(tls)) {
		const char *reason = ERR_reason_error_string(ERR_peek_error());

		(void)kefs_err_set(err, -EIO, "setting TLS up: %s", reason ? reason : "OpenSSL does not say why");
		ERR_clear_error();
		kefs_tls_free(tls);
		return -EIO;
	}
	*ret_tls = tls;
	return 0;
}

void kefs_tls_free(struct kefs_tls *tls)
{
	if (!tls)
		return;
	SSL_CTX_free(tls->ctx);
	free(tls);
}

/* Turns TLS on for a connection of this machine with itself: the kernel takes it only for one that is established. */
static int try_kernel(void)
{
	const struct kefs_addr any = {
		.in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) }, .len = sizeof(any.in),
	};
	CLEANUP_CLOSE int listener = kefs_tcpsock_listen(&any);
	CLEANUP_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct kefs_addr addr = { .len = sizeof(addr.storage) };

	if (listener < 0)
		return listener;
	if (fd < 0 || getsockname(listener, &addr.sa, &addr.len) < 0 || connect(fd, &addr.sa, addr.len) < 0)
		return -errno;
	return setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof("tls")) < 0 ? -errno : 0;
}

int kefs_tls_check_kernel(struct kefs_err *err)
{
	int rc = try_kernel();

	if (rc == -ENOENT)
		return kefs_err_set(err, rc, "this kernel has no TLS: load its module tls (modprobe tls)");
	return rc < 0 ? kefs_err_sys(err, rc, "turning TLS on in the kernel") : 0;
}

/* --- sessions --- */

int kefs_tls_begin(struct kefs_tls *tls, int fd, struct kefs_tls_session **ret_session)
{
	struct kefs_tls_session *session = calloc(1, sizeof(*session));

	if (!session)
		return -ENOMEM;
	session->ssl = SSL_new(tls->ctx);
	if (!session->ssl || !SSL_set_fd(session->ssl, fd)) {
		ERR_clear_error();
		kefs_tls_end(session);
		return -ENOMEM;
	}
	SSL_set_accept_state(session->ssl);
	*ret_session = session;
	return 0;
}

void kefs_tls_end(struct kefs_tls_session *session)
{
	if (!session)
		return;
	SSL_free(session->ssl);
	free(session);
}

static enum kefs_tls_reason reason_of(unsigned long error)
{
	int reason = ERR_GET_REASON(error);

	if (ERR_GET_LIB(error) != ERR_LIB_SSL)
		return KEFS_TLS_BAD_HANDSHAKE;
	if (reason >= SSL_AD_REASON_OFFSET)
		return KEFS_TLS_CLIENT_ALERT;	/* "unknown ca": it does not trust us */
	switch (reason) {
	case SSL_R_NO_SHARED_CIPHER:
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_VERSION_TOO_LOW:
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_NO_SUITABLE_KEY_SHARE:
	case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
		return KEFS_TLS_NOTHING_SHARED;
	case SSL_R_EXCESSIVE_MESSAGE_SIZE:
		return KEFS_TLS_TOO_LONG;
	default:
		return KEFS_TLS_BAD_HANDSHAKE;
	}
}

static enum kefs_tls_step failed(const SSL *ssl, int code, enum kefs_tls_reason *ret_reason, struct kefs_err *err)
{
	unsigned long error = ERR_peek_error();
	const char *text = ERR_reason_error_string(error);

	if (code == SSL_ERROR_ZERO_RETURN || (code == SSL_ERROR_SYSCALL && !error) || (code == SSL_ERROR_SSL && !error)) {
		*ret_reason = KEFS_TLS_CLOSED;
		(void)kefs_err_set(err, -ECONNRESET, "the client went away in the middle (%s)", SSL_state_string_long(ssl));
	} else {
		*ret_reason = reason_of(error);
		(void)kefs_err_set(err, -EPROTO, "%s (%s)", text ? text : "it is not TLS", SSL_state_string_long(ssl));
	}
	ERR_clear_error();
	return KEFS_TLS_FAILED;
}

static int read_peer(const SSL *ssl, struct kefs_tls_peer *peer)
{
	X509 *cert = SSL_get1_peer_certificate(ssl);
	int rc = 0;

	*peer = (struct kefs_tls_peer) { .resumed = SSL_session_reused(ssl), .has_cert = cert != NULL };
	if (cert)
		rc = kefs_awscert_read(cert, &peer->cert, NULL);
	X509_free(cert);
	peer->malformed = rc == -EBADMSG;
	return rc == -EBADMSG ? 0 : rc;
}

/* The handshake is over: has the kernel got it all? */
static enum kefs_tls_step finish(SSL *ssl, struct kefs_tls_peer *ret_peer, enum kefs_tls_reason *ret_reason,
				 struct kefs_err *err)
{
	if (BIO_get_ktls_send(SSL_get_wbio(ssl)) <= 0 || BIO_get_ktls_recv(SSL_get_rbio(ssl)) <= 0 ||
	    SSL_has_pending(ssl)) {
		*ret_reason = KEFS_TLS_NOT_IN_KERNEL;
		(void)kefs_err_set(err, -EOPNOTSUPP, "the kernel cannot take %s with %s", SSL_get_version(ssl),
				   SSL_get_cipher_name(ssl));
		return KEFS_TLS_FAILED;
	}
	if (read_peer(ssl, ret_peer) < 0) {
		*ret_reason = KEFS_TLS_BAD_HANDSHAKE;
		(void)kefs_err_sys(err, -ENOMEM, "reading the client's certificate");
		return KEFS_TLS_FAILED;
	}
	return KEFS_TLS_DONE;
}

enum kefs_tls_step kefs_tls_go_on(struct kefs_tls_session *session, struct kefs_tls_peer *ret_peer,
				  enum kefs_tls_reason *ret_reason, struct kefs_err *err)
{
	int rc, code;

	ERR_clear_error();
	errno = 0;
	rc = SSL_do_handshake(session->ssl);
	if (rc == 1)
		return finish(session->ssl, ret_peer, ret_reason, err);
	code = SSL_get_error(session->ssl, rc);
	if (code == SSL_ERROR_WANT_READ)
		return KEFS_TLS_READ;
	if (code == SSL_ERROR_WANT_WRITE)
		return KEFS_TLS_WRITE;
	return failed(session->ssl, code, ret_reason, err);
}
