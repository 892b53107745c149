// SPDX-License-Identifier: GPL-2.0
#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/str.h"
#include "file.h"

/* States of a connection as /proc/net/tcp numbers them: include/net/tcp_states.h */
#define ESTABLISHED	0x01
#define LISTEN		0x0a
#define FIRST_FD	3	/* where the socket came in: LISTEN_FDS */
#define FD_MAX		64

void sockets_count(const char *text, struct sockets_table *table)
{
	memset(table->ports, 0, sizeof(table->ports));
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		unsigned int local, state, waiting;

		/* "  sl: local:port remote:port st tx:rx …"; the rx of a listener is how many wait to be accepted */
		if (sscanf(line, " %*d: %*8[0-9A-F]:%4x %*8[0-9A-F]:%*4x %2x %*8x:%8x", &local, &state, &waiting) != 3 ||
		    local >= SOCKETS_PORTS)	/* scanf's numbers may have a sign */
			continue;
		if (state == ESTABLISHED)
			table->ports[local].connected++;
		else if (state == LISTEN)
			table->ports[local].waiting += waiting;
	}
}

int sockets_look(struct sockets_table *table, int pid, uint64_t net_ns, unsigned int port, struct sockets *ret_sockets)
{
	CLEANUP_FREE char *text = NULL;
	char path[64] = "/proc/self/net/tcp";
	size_t len;
	int rc;

	if (!table->filled || table->net_ns != net_ns) {
		if (pid)
			(void)kefs_str_format(path, sizeof(path), "/proc/%d/net/tcp", pid);
		rc = file_read(path, SOCKETS_MAX, &text, &len);
		if (rc < 0)
			return rc;
		sockets_count(text, table);
		table->filled = true;
		table->net_ns = net_ns;
	}
	*ret_sockets = table->ports[port % SOCKETS_PORTS];
	return 0;
}

static bool listens_at(int fd, unsigned int port)
{
	struct sockaddr_in addr = { 0 };
	socklen_t len = sizeof(addr), int_len = sizeof(int);
	int listening = 0;

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &int_len) == 0 && listening &&
		getsockname(fd, (struct sockaddr *)&addr, &len) == 0 && addr.sin_family == AF_INET &&
		addr.sin_port == htons((uint16_t)port);
}

int sockets_borrow_listener(int pidfd, unsigned int port)
{
	for (int i = FIRST_FD; i < FD_MAX; i++) {
		/* The copy is closed on exec: pidfd_getfd(2) */
		CLEANUP_CLOSE int fd = pidfd_getfd(pidfd, i, 0);

		if (fd >= 0 && listens_at(fd, port))
			return take_fd(fd);
	}
	return -ENOENT;
}
