// SPDX-License-Identifier: GPL-2.0
#include "listen.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/tcpsock.h"
#include "common/cleanup.h"

static int add(struct kefs_listen_sockets *sockets, int fd)
{
	struct kefs_addr addr = { .len = sizeof(addr.storage) };

	if (getsockname(fd, &addr.sa, &addr.len) < 0)
		return -errno;
	sockets->sockets[sockets->count].fd = fd;
	sockets->sockets[sockets->count].addr = addr;
	sockets->count++;
	return 0;
}

static int take_activated(struct kefs_listen_sockets *sockets, struct kefs_err *err)
{
	int count = sd_listen_fds(1);

	for (int fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + count; fd++) {
		int flags;

		if (sd_is_socket(fd, AF_INET, SOCK_STREAM, 1) <= 0 && sd_is_socket(fd, AF_INET6, SOCK_STREAM, 1) <= 0)
			return kefs_err_set(err, -EINVAL,
					    "descriptor %d from systemd is not a listening TCP socket: look at kefsd.socket", fd);
		if (sockets->count == KEFS_LISTEN_MAX)
			return kefs_err_set(err, -E2BIG, "more than %d sockets from systemd", KEFS_LISTEN_MAX);
		flags = fcntl(fd, F_GETFL);
		if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || add(sockets, fd) < 0)
			return kefs_err_sys(err, -errno, "taking descriptor %d from systemd", fd);
	}
	sockets->activated = sockets->count > 0;
	return 0;
}

static int open_one(struct kefs_listen_sockets *sockets, const struct kefs_addr *addr)
{
	CLEANUP_CLOSE int fd = kefs_tcpsock_listen(addr);
	int rc = fd < 0 ? fd : add(sockets, fd);

	if (rc == 0)
		(void)take_fd(fd);
	return rc;
}

int kefs_listen_open(const struct kefs_addr *addrs, size_t count, bool optional,
		     struct kefs_listen_sockets *ret_sockets, struct kefs_err *err)
{
	char text[KEFS_ADDR_TEXT];
	int rc;

	*ret_sockets = (struct kefs_listen_sockets) { .count = 0 };
	rc = take_activated(ret_sockets, err);
	if (rc < 0 || ret_sockets->count)
		return rc;
	for (size_t i = 0; i < count; i++) {
		rc = open_one(ret_sockets, &addrs[i]);
		if (rc == 0 || (optional && (rc == -EAFNOSUPPORT || rc == -EADDRNOTAVAIL) && count > 1))
			continue;
		kefs_listen_close(ret_sockets);
		kefs_addr_format(&addrs[i], text);
		if (rc == -EADDRINUSE)
			return kefs_err_set(err, rc,
					    "listening on %s: another program has this port (ss -ltnp shows which; nfs-server?): end "
					    "it, or set listen in kefsd.conf", text);
		if (rc == -EADDRNOTAVAIL)
			return kefs_err_set(err, rc, "listening on %s: this machine does not have the address: correct listen in "
					    "kefsd.conf", text);
		return kefs_err_sys(err, rc, "listening on %s", text);
	}
	if (!ret_sockets->count)
		return kefs_err_set(err, -EADDRNOTAVAIL, "there is no address to listen on: set listen in kefsd.conf");
	return 0;
}

void kefs_listen_close(struct kefs_listen_sockets *sockets)
{
	for (size_t i = 0; i < sockets->count; i++)
		(void)close(sockets->sockets[i].fd);
	sockets->count = 0;
}
