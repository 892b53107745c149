// SPDX-License-Identifier: GPL-2.0
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "common/log.h"

static int make_blocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0 ? -errno : 0;
}

static int hand_over(const struct kefs_acceptor_parts *parts, int fd, const struct kefs_ends *ends,
		     const struct kefs_grant *grant, struct kefs_err *err)
{
	const int on = 1;
	int rc = make_blocking(fd);

	if (rc < 0)
		return kefs_err_sys(err, rc, "fcntl");
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return parts->ops->hand_over(parts->ctx, fd, ends, grant, err);
}

int kefs_serve(const struct kefs_acceptor_parts *parts, int fd, const struct kefs_addr *peer,
	       const struct kefs_tls_peer *tls, struct kefs_acceptor_stats *stats)
{
	struct kefs_claims claims = {
		.peer = *peer,
		.local.len = sizeof(claims.local.storage),
		.tls = tls != NULL,
		.tunnel = tls && !tls->asked,
		.malformed = tls && tls->malformed,
		.cert = tls && tls->has_cert && !tls->malformed ? &tls->cert : NULL,
	};
	bool relayed = tls && tls->relayed;
	char text[KEFS_ADDR_TEXT];
	struct kefs_grant grant;
	struct kefs_ends ends;
	struct kefs_err err;
	int rc;

	if (getsockname(fd, &claims.local.sa, &claims.local.len) < 0)
		claims.local.len = 0;
	rc = parts->ops->decide(parts->ctx, &claims, &grant, &err);
	if (rc < 0) {
		stats->no_file_system += rc == -ENOENT;
		stats->denied += rc != -ENOENT;
		kefs_addr_format(peer, text);
		log_warn_limited("refused a connection from %s: %s", text, err.text);
		return rc;
	}
	ends = (struct kefs_ends) { .peer = claims.peer, .local = claims.local };
	rc = hand_over(parts, relayed ? tls->plain_fd : fd, relayed ? &ends : NULL, &grant, &err);
	kefs_grant_release(&grant);
	if (rc < 0) {
		stats->hand_over_failed++;
		kefs_addr_format(peer, text);
		log_warn_limited("dropped a connection from %s: %s", text, err.text);
		return rc;
	}
	stats->handed_over++;
	return 0;
}
