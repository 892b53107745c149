// SPDX-License-Identifier: GPL-2.0
#include "tcpsock.h"

#include <errno.h>
#include <sys/socket.h>

#include "common/cleanup.h"

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
