// SPDX-License-Identifier: GPL-2.0
#include "unixsock.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/str.h"

#define BACKLOG 64

static int make_address(const char *path, struct sockaddr_un *ret_addr, struct kefs_err *err)
{
	ret_addr->sun_family = AF_UNIX;
	if (kefs_str_copy(ret_addr->sun_path, sizeof(ret_addr->sun_path), path) < 0)
		return kefs_err_set(err, -ENAMETOOLONG, "socket path %s is longer than %zu bytes", path,
				    sizeof(ret_addr->sun_path) - 1);
	return 0;
}

int kefs_unixsock_connect(const char *path, struct kefs_err *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, rc;

	rc = make_address(path, &addr, err);
	if (rc < 0)
		return rc;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return kefs_err_sys(err, -errno, "socket");
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0) {
		rc = kefs_err_sys(err, -errno, "%s", path);
		(void)close(fd);
		return rc;
	}
	return fd;
}

int kefs_unixsock_listen(const char *path, struct kefs_err *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	CLEANUP_CLOSE int fd = -1;
	mode_t mask;
	int rc;

	rc = make_address(path, &addr, err);
	if (rc < 0)
		return rc;
	rc = kefs_unixsock_connect(path, NULL);
	if (rc >= 0) {
		(void)close(rc);
		return kefs_err_set(err, -EADDRINUSE, "another program listens on %s already", path);
	}
	if (rc == -ECONNREFUSED && unlink(path) < 0)
		return kefs_err_sys(err, -errno, "replacing %s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return kefs_err_sys(err, -errno, "socket");
	/* bind() makes the file: it must never exist with a wider mode. */
	mask = umask(0177);
	rc = bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0 ? -errno : 0;
	(void)umask(mask);
	if (rc < 0)
		return kefs_err_sys(err, rc, "binding %s", path);
	if (listen(fd, BACKLOG) < 0) {
		rc = kefs_err_sys(err, -errno, "listening on %s", path);
		(void)unlink(path);
		return rc;
	}
	return take_fd(fd);
}

int kefs_unixsock_peer(int fd, uid_t *ret_uid, pid_t *ret_pid)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return -errno;
	*ret_uid = cred.uid;
	*ret_pid = cred.pid;
	return 0;
}
