// SPDX-License-Identifier: GPL-2.0
#include "tcpsock.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "common/cleanup.h"

#define STRANGERS 64	/* that a pair waits out, */
#define PAIR_MS 1000	/* and for how long for its own: it is there already, but for the last acknowledgement */
#define BACKLOG 4096	/* the kernel cuts it at net.core.somaxconn */

int kefs_tcpsock_listen(const struct kefs_addr *addr)
{
	CLEANUP_CLOSE int fd = socket(addr->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
	const int on = 1;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return -errno;
	/* IPv4 has sockets of its own: one that takes both would collide with them. */
	if (addr->sa.sa_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0)
		return -errno;
	if (bind(fd, &addr->sa, addr->len) < 0 || listen(fd, BACKLOG) < 0)
		return -errno;
	return take_fd(fd);
}

/* The connection that fd began: whoever else found the port is not of it. */
static int accept_own(int listener, int fd)
{
	struct kefs_addr own = { .len = sizeof(own.storage) };

	if (getsockname(fd, &own.sa, &own.len) < 0)
		return -errno;
	errno = 0;
	for (int i = 0; i < STRANGERS; i++) {
		struct kefs_addr peer = { .len = sizeof(peer.storage) };
		struct pollfd pfd = { .fd = listener, .events = POLLIN };
		int other = poll(&pfd, 1, PAIR_MS) > 0 ? accept4(listener, &peer.sa, &peer.len, SOCK_CLOEXEC) : -1;

		if (other < 0 && errno != EINTR && errno != ECONNABORTED)
			return errno ? -errno : -EBUSY;
		if (other >= 0 && kefs_addr_equal(&peer, &own))
			return other;
		if (other >= 0)
			(void)close(other);
	}
	return -EBUSY;
}

int kefs_tcpsock_pair(int ret_fds[2])
{
	const struct kefs_addr any = {
		.in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) }, .len = sizeof(any.in),
	};
	CLEANUP_CLOSE int listener = kefs_tcpsock_listen(&any);
	CLEANUP_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct kefs_addr addr = { .len = sizeof(addr.storage) };
	int other;

	if (listener < 0)
		return listener;
	if (fd < 0 || getsockname(listener, &addr.sa, &addr.len) < 0 || connect(fd, &addr.sa, addr.len) < 0)
		return -errno;
	other = accept_own(listener, fd);
	if (other < 0)
		return other;
	ret_fds[0] = take_fd(fd);
	ret_fds[1] = other;
	return 0;
}
