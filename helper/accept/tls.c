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
#include <linux/tls.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "accept/credential.h"
#include "base/tcpsock.h"
#include "common/cleanup.h"
#include "common/str.h"

#define CIPHERS_12	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:" \
			"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"
#define CIPHERS_13	"TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256"
/* What accept/hello.c counts as a relay's, and those above. */
#define RELAY_12	"ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AESCCM"
#define RELAY_13	CIPHERS_13 ":TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256"
#define CERT_LIST_MAX	(16 * 1024)	/* the mount helper's certificate has 1.5 KiB; with the largest token 6 */
#define SESSION_SECONDS	3600
#define ALPN		"\x06sunrpc"	/* RFC 9289 section 8.2 */

struct kefs_tls {
	SSL_CTX *ctx;
	struct kefs_ca *ca;	/* NULL: a relay's */
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

/* What only the server that gives its keys away does. */
static bool set_up_kernel(struct kefs_tls *tls)
{
	if (!SSL_CTX_set_cipher_list(tls->ctx, CIPHERS_12) || !SSL_CTX_set_ciphersuites(tls->ctx, CIPHERS_13))
		return false;
	(void)SSL_CTX_set_options(tls->ctx, SSL_OP_ENABLE_KTLS);
	(void)SSL_CTX_set_timeout(tls->ctx, SESSION_SECONDS);
	SSL_CTX_set_cert_cb(tls->ctx, choose_cert, tls);
	return true;
}

/* And what only a relay does. */
static bool set_up_relay(SSL_CTX *ctx, const char *credential, size_t len)
{
	if (!SSL_CTX_set_cipher_list(ctx, RELAY_12) || !SSL_CTX_set_ciphersuites(ctx, RELAY_13) ||
	    !SSL_CTX_set_num_tickets(ctx, 0) || kefs_credential_use(credential, len, ctx) < 0)
		return false;
	(void)SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	return true;
}

static bool set_up(struct kefs_tls *tls)
{
	unsigned char id[16];
	SSL_CTX *ctx = tls->ctx;

	if (RAND_bytes(id, sizeof(id)) != 1 || !SSL_CTX_set_session_id_context(ctx, id, sizeof(id)) ||
	    !SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION))
		return false;
	(void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
				       SSL_OP_IGNORE_UNEXPECTED_EOF);
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);	/* tickets only: nothing grows here */
	SSL_CTX_set_max_cert_list(ctx, CERT_LIST_MAX);
	SSL_CTX_set_read_ahead(ctx, 0);
	SSL_CTX_set_quiet_shutdown(ctx, 1);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, take_any, NULL);
	SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
	return true;
}

static int new_tls(struct kefs_ca *ca, const char *credential, size_t len, struct kefs_tls **ret_tls,
		   struct kefs_err *err)
{
	struct kefs_tls *tls = calloc(1, sizeof(*tls));

	if (!tls)
		return kefs_err_sys(err, -ENOMEM, "TLS");
	tls->ca = ca;
	tls->ctx = SSL_CTX_new(TLS_server_method());
	if (!tls->ctx || !set_up(tls) || !(ca ? set_up_kernel(tls) : set_up_relay(tls->ctx, credential, len))) {
		const char *reason = ERR_reason_error_string(ERR_peek_error());

		(void)kefs_err_set(err, -EIO, "setting TLS up: %s", reason ? reason : "OpenSSL does not say why");
		ERR_clear_error();
		kefs_tls_free(tls);
		return -EIO;
	}
	*ret_tls = tls;
	return 0;
}

int kefs_tls_new(struct kefs_ca *ca, struct kefs_tls **ret_tls, struct kefs_err *err)
{
	return new_tls(ca, NULL, 0, ret_tls, err);
}

int kefs_tls_new_relay(const char *credential, size_t len, struct kefs_tls **ret_tls, struct kefs_err *err)
{
	return new_tls(NULL, credential, len, ret_tls, err);
}

void kefs_tls_free(struct kefs_tls *tls)
{
	if (!tls)
		return;
	SSL_CTX_free(tls->ctx);
	free(tls);
}

/* Turns TLS on for a connection of this machine with itself: the kernel takes it only for one that is established. */
static int try_kernel(const void *keys, socklen_t size, bool *ret_has_tls)
{
	CLEANUP_CLOSE int fd = -1;
	CLEANUP_CLOSE int other = -1;
	int fds[2], rc = kefs_tcpsock_pair(fds);

	*ret_has_tls = false;
	if (rc < 0)
		return rc;
	fd = fds[0];
	other = fds[1];
	if (setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof("tls")) < 0)
		return -errno;
	*ret_has_tls = true;
	return setsockopt(fd, SOL_TLS, TLS_TX, keys, size) < 0 || setsockopt(fd, SOL_TLS, TLS_RX, keys, size) < 0 ? -errno : 0;
}

int kefs_tls_check_kernel(struct kefs_err *err)
{
	static const uint16_t versions[] = { TLS_1_2_VERSION, TLS_1_3_VERSION };
	int rc = 0;

	for (size_t i = 0; i < 4 && rc == 0; i++) {
		struct tls12_crypto_info_aes_gcm_128 small = { .info.cipher_type = TLS_CIPHER_AES_GCM_128 };
		struct tls12_crypto_info_aes_gcm_256 big = { .info.cipher_type = TLS_CIPHER_AES_GCM_256 };
		bool has_tls;

		small.info.version = big.info.version = versions[i / 2];
		rc = i % 2 ? try_kernel(&big, sizeof(big), &has_tls) : try_kernel(&small, sizeof(small), &has_tls);
		if (rc == -ENOENT && !has_tls)
			return kefs_err_set(err, rc, "this kernel has no TLS: load its module tls (modprobe tls)");
		if (rc < 0 && has_tls)
			return kefs_err_sys(err, rc, "this kernel's TLS has no AES-%d-GCM", i % 2 ? 256 : 128);
	}
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

static int set_peer(X509 *cert, struct kefs_tls_peer *peer)
{
	int rc = cert ? kefs_awscert_read(cert, &peer->cert, NULL) : 0;

	peer->has_cert = cert != NULL;
	peer->malformed = rc == -EBADMSG;
	return rc == -EBADMSG ? 0 : rc;
}

static int read_peer(const SSL *ssl, struct kefs_tls_peer *peer)
{
	X509 *cert = SSL_get1_peer_certificate(ssl);
	int rc;

	*peer = (struct kefs_tls_peer) { .resumed = SSL_session_reused(ssl) };
	rc = set_peer(cert, peer);
	X509_free(cert);
	return rc;
}

int kefs_tls_read_peer(const uint8_t *der, size_t len, struct kefs_tls_peer *ret_peer)
{
	X509 *cert = len ? d2i_X509(NULL, &der, (long)len) : NULL;
	int rc;

	ERR_clear_error();
	*ret_peer = (struct kefs_tls_peer) { .has_cert = len > 0, .malformed = len && !cert };
	if (!cert)
		return 0;
	rc = set_peer(cert, ret_peer);
	X509_free(cert);
	return rc;
}

SSL *kefs_tls_ssl(const struct kefs_tls_session *session)
{
	return session->ssl;
}

/* The handshake is over: has the kernel got it all? */
static enum kefs_tls_step finish(SSL *ssl, struct kefs_tls_peer *ret_peer, enum kefs_tls_reason *ret_reason,
				 struct kefs_err *err)
{
	bool kernel = SSL_get_options(ssl) & SSL_OP_ENABLE_KTLS;

	if (kernel && (BIO_get_ktls_send(SSL_get_wbio(ssl)) <= 0 || BIO_get_ktls_recv(SSL_get_rbio(ssl)) <= 0 ||
		       SSL_has_pending(ssl))) {
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
