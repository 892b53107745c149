// SPDX-License-Identifier: GPL-2.0
/*
 * Both ends of the plain connection are made here and handed out, so that nobody can come between them. What the relay
 * says of its client's certificate is believed: that the client has its key is all that TLS proves, and a relay that
 * was taken over has that much of the client in its hands anyway; the signature in the certificate is checked by us.
 *
 * A relay counts until it is killed or has ended. Ended ones are known by their pidfd and reaped at once. Those of an
 * earlier kefsd are not children of ours: init reaps them, and the kernel module's list of connections has them.
 */
#include "relays.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "accept/hosts.h"
#include "accept/credential.h"
#include "accept/relay_msg.h"
#include "base/spawn.h"
#include "base/tcpsock.h"
#include "common/cleanup.h"
#include "common/str.h"

#define PROGRAM	"kefs-relay"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

struct kefs_relay {
	struct kefs_relay *next, *prev;
	struct kefs_relays *all;
	struct kefs_source *talk, *watch;
	struct kefs_addr addr;
	kefs_relay_fn fn;	/* NULL: it was called, or will not be */
	void *ctx;
	int control, plain;	/* -1: given away */
	int pidfd;
	bool counted;
};

struct kefs_relays {
	struct kefs_relays_parts parts;
	char program[512];
	struct kefs_hosts *hosts;
	struct kefs_relay *first;
	struct kefs_relay_stats stats;
};

/* It does not count any more. */
static void discount(struct kefs_relay *relay)
{
	if (!relay->counted)
		return;
	relay->counted = false;
	relay->all->stats.live--;
	kefs_hosts_sub(relay->all->hosts, &relay->addr);
}

static void close_talk(struct kefs_relay *relay)
{
	relay->talk = kefs_loop_remove(relay->talk);
	if (relay->control >= 0)
		(void)close(relay->control);
	relay->control = -1;
	if (relay->plain >= 0)
		(void)close(relay->plain);
	relay->plain = -1;
	relay->fn = NULL;
}

static void forget(struct kefs_relay *relay)
{
	close_talk(relay);
	discount(relay);
	relay->watch = kefs_loop_remove(relay->watch);
	if (relay->pidfd >= 0)
		(void)close(relay->pidfd);
	*(relay->prev ? &relay->prev->next : &relay->all->first) = relay->next;
	if (relay->next)
		relay->next->prev = relay->prev;
	free(relay);
}

static void reap(const struct kefs_relay *relay, int flags)
{
	siginfo_t info;

	while (waitid((idtype_t)P_PIDFD, (id_t)relay->pidfd, &info, WEXITED | flags) < 0 && errno == EINTR)
		;
}

static void end(struct kefs_relay *relay)
{
	(void)syscall(SYS_pidfd_send_signal, relay->pidfd, SIGKILL, NULL, 0);
	close_talk(relay);
	discount(relay);
}

static void tell(struct kefs_relay *relay, const struct kefs_tls_peer *peer, enum kefs_tls_reason reason,
		 const char *text)
{
	kefs_relay_fn fn = relay->fn;
	void *ctx = relay->ctx;

	if (!peer)
		end(relay);
	else
		relay->plain = -1;
	close_talk(relay);
	fn(ctx, peer, reason, text);
}

static void take_report(struct kefs_relay *relay, const struct kefs_relay_report *report)
{
	struct kefs_tls_peer peer;
	char text[sizeof(((struct kefs_err *)NULL)->text)];

	if (!report->fine) {
		(void)kefs_str_format(text, sizeof(text), "%.*s", (int)report->len, (const char *)report->body);
		tell(relay, NULL, report->reason, text);
	} else if (kefs_tls_read_peer(report->body, report->len, &peer) < 0) {
		tell(relay, NULL, KEFS_TLS_REFUSED, "there is no memory for it");
	} else {
		peer.relayed = true;
		peer.plain_fd = relay->plain;
		tell(relay, &peer, 0, NULL);
	}
}

static void on_talk(void *ctx, int fd, uint32_t events)
{
	struct kefs_relay *relay = ctx;
	struct kefs_relay_report report;
	int rc = kefs_relay_receive_report(fd, &report);

	(void)events;
	if (rc == 0)
		take_report(relay, &report);
	else if (rc != -EAGAIN)
		tell(relay, NULL, KEFS_TLS_BAD_HANDSHAKE, "its relay ended without a word");
}

static void on_ended(void *ctx, int fd, uint32_t events)
{
	struct kefs_relay *relay = ctx;

	(void)fd;
	/* What it said last */
	if (relay->fn)
		on_talk(relay, relay->control, events);
	if (relay->fn)
		tell(relay, NULL, KEFS_TLS_BAD_HANDSHAKE, "its relay was killed");
	reap(relay, WNOHANG);
	forget(relay);
}

/* The process, with its job. */
static int launch(struct kefs_relay *relay, int client_fd, int plain_fd, struct kefs_err *err)
{
	const char *const argv[] = { relay->all->program, NULL };
	struct kefs_addr local = { .len = sizeof(local.storage) };
	CLEANUP_CLOSE int theirs = -1;
	char *credential;
	size_t len;
	pid_t pid;
	int pair[2], rc;

	if (getsockname(client_fd, &local.sa, &local.len) < 0)
		return kefs_err_sys(err, -errno, "its address");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return kefs_err_sys(err, -errno, "a socket for a relay");
	relay->control = pair[0];
	theirs = pair[1];
	rc = kefs_credential_make(relay->all->parts.ca, &local, &credential, &len);
	if (rc < 0)
		return kefs_err_sys(err, rc, "a relay's certificate");
	rc = kefs_relay_send_job(relay->control, client_fd, plain_fd, credential, len);
	kefs_credential_free(credential, len);
	if (rc < 0)
		return kefs_err_sys(err, rc, "a relay's job");
	rc = kefs_spawn_start_on(argv, theirs, &pid, err);
	if (rc < 0)
		return rc;
	relay->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (relay->pidfd >= 0)
		return 0;
	rc = -errno;
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	return kefs_err_sys(err, rc, "watching a relay");
}

static int set_up(struct kefs_relay *relay, int client_fd, struct kefs_err *err)
{
	struct kefs_loop *loop = relay->all->parts.loop;
	int pair[2], rc = kefs_tcpsock_pair(pair);

	if (rc < 0)
		return kefs_err_sys(err, rc, "a relay's connection");
	relay->plain = pair[0];
	rc = launch(relay, client_fd, pair[1], err);
	(void)close(pair[1]);
	if (rc < 0)
		return rc;
	rc = kefs_loop_add_fd(loop, relay->control, EPOLLIN, on_talk, relay, &relay->talk);
	if (rc == 0)
		rc = kefs_loop_add_fd(loop, relay->pidfd, EPOLLIN, on_ended, relay, &relay->watch);
	if (rc == 0)
		return 0;
	end(relay);
	reap(relay, 0);
	return kefs_err_sys(err, rc, "watching a relay");
}

int kefs_relays_start(struct kefs_relays *relays, int fd, const struct kefs_addr *addr, kefs_relay_fn fn, void *ctx,
		      struct kefs_relay **ret_relay, struct kefs_err *err)
{
	bool all_taken = relays->stats.live >= relays->parts.max;
	struct kefs_relay *relay;
	int rc;

	if (all_taken || kefs_hosts_get(relays->hosts, addr) >= (relays->parts.max + 1) / 2) {
		relays->stats.refused++;
		return kefs_err_set(err, all_taken ? -EBUSY : -EUSERS, "%s relays are taken (tls_relays_max in kefsd.conf)",
				    all_taken ? "all" : "its address's");
	}
	relay = calloc(1, sizeof(*relay));
	if (!relay || kefs_hosts_add(relays->hosts, addr) < 0) {
		free(relay);
		return kefs_err_sys(err, -ENOMEM, "a relay");
	}
	*relay = (struct kefs_relay) {
		.next = relays->first, .all = relays, .addr = *addr, .fn = fn, .ctx = ctx, .control = -1, .plain = -1,
		.pidfd = -1, .counted = true,
	};
	if (relays->first)
		relays->first->prev = relay;
	relays->first = relay;
	relays->stats.live++;
	rc = set_up(relay, fd, err);
	if (rc < 0) {
		relays->stats.failed++;
		forget(relay);
		return rc;
	}
	relays->stats.started++;
	*ret_relay = relay;
	return 0;
}

void kefs_relay_cancel(struct kefs_relay *relay)
{
	if (relay)
		end(relay);
}

/* The one beside the program that runs, whichever version of that it is. */
static int find_program(const char *given, char *path, size_t size)
{
	ssize_t len;
	char *slash;
	int rc;

	if (given) {
		rc = kefs_str_copy(path, size, given);
	} else {
		len = readlink("/proc/self/exe", path, size - sizeof(PROGRAM));
		if (len < 0)
			return -errno;
		path[len] = '\0';
		slash = strrchr(path, '/');
		rc = slash ? kefs_str_copy(slash + 1, sizeof(PROGRAM), PROGRAM) : -ENOENT;
	}
	return rc < 0 ? rc : access(path, X_OK) < 0 ? -errno : 0;
}

int kefs_relays_new(const struct kefs_relays_parts *parts, struct kefs_relays **ret_relays, struct kefs_err *err)
{
	struct kefs_relays *relays;
	int rc;

	relays = calloc(1, sizeof(*relays));
	if (!relays)
		return kefs_err_sys(err, -ENOMEM, "relays");
	relays->parts = *parts;
	relays->stats.max = parts->max;
	rc = find_program(parts->program, relays->program, sizeof(relays->program));
	if (rc == 0)
		rc = kefs_hosts_new(&relays->hosts);
	if (rc < 0) {
		(void)kefs_err_sys(err, rc, "%s", *relays->program ? relays->program : PROGRAM);
		free(relays);
		return rc;
	}
	*ret_relays = relays;
	return 0;
}

void kefs_relays_free(struct kefs_relays *relays)
{
	if (!relays)
		return;
	while (relays->first) {
		struct kefs_relay *relay = relays->first;

		if (relay->fn)
			end(relay);
		if (!relay->counted)
			reap(relay, 0);
		forget(relay);
	}
	kefs_hosts_free(relays->hosts);
	free(relays);
}

void kefs_relays_get_stats(const struct kefs_relays *relays, struct kefs_relay_stats *ret_stats)
{
	*ret_stats = relays->stats;
}
