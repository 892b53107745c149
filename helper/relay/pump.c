// SPDX-License-Identifier: GPL-2.0
/*
 * Two streams, each with a buffer that is filled when it is empty and emptied when it is full: what one end does not
 * take, the other is not asked for. A descriptor is polled only for what a stream waits for, so that an end that hangs
 * up meanwhile does not wake us in vain; but for the server's, whose end is noted while the client takes its time.
 */
#include "pump.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER		((size_t)64 * 1024)	/* four records of TLS */
#define FLUSH_MS	10000			/* for a client to take the last of what a server that has ended sent it */

enum step { MOVED, STUCK, ENDED };

struct stream {
	uint8_t bytes[BUFFER];
	size_t at, len;		/* what is to be delivered */
	bool ended;		/* nothing will come after it */
};

struct pump {
	SSL *ssl;
	int client_fd, plain_fd;
	struct stream up, down;	/* from the client, to it */
	short client_events, plain_events;
	bool server_gone;
};

/* What OpenSSL waits for, or that it is over. */
static enum step tls_stuck(struct pump *pump, int rc)
{
	switch (SSL_get_error(pump->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		pump->client_events |= POLLIN;
		return STUCK;
	case SSL_ERROR_WANT_WRITE:
		pump->client_events |= POLLOUT;
		return STUCK;
	default:
		return ENDED;
	}
}

static enum step fill_up(struct pump *pump)
{
	struct stream *up = &pump->up;
	int n;

	if (up->len || up->ended)
		return STUCK;
	n = SSL_read(pump->ssl, up->bytes, (int)sizeof(up->bytes));
	if (n <= 0) {
		enum step step = tls_stuck(pump, n);

		up->ended = step == ENDED;
		return step == ENDED ? MOVED : step;
	}
	up->at = 0;
	up->len = (size_t)n;
	return MOVED;
}

static enum step empty_up(struct pump *pump)
{
	struct stream *up = &pump->up;
	ssize_t n;

	if (!up->len)
		return up->ended ? ENDED : STUCK;
	n = send(pump->plain_fd, up->bytes + up->at, up->len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && errno == EAGAIN) {
		pump->plain_events |= POLLOUT;
		return STUCK;
	}
	if (n < 0)
		return errno == EINTR ? MOVED : ENDED;
	up->at += (size_t)n;
	up->len -= (size_t)n;
	return MOVED;
}

static enum step fill_down(struct pump *pump)
{
	struct stream *down = &pump->down;
	ssize_t n;

	if (down->len || down->ended)
		return STUCK;
	n = recv(pump->plain_fd, down->bytes, sizeof(down->bytes), MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN) {
		pump->plain_events |= POLLIN;
		return STUCK;
	}
	if (n < 0 && errno == EINTR)
		return MOVED;
	down->ended = n <= 0;
	down->at = 0;
	down->len = n > 0 ? (size_t)n : 0;
	return MOVED;
}

static enum step empty_down(struct pump *pump)
{
	struct stream *down = &pump->down;
	int n;

	if (!down->len)
		return down->ended ? ENDED : STUCK;
	n = SSL_write(pump->ssl, down->bytes + down->at, (int)down->len);
	if (n <= 0)
		return tls_stuck(pump, n);
	down->at += (size_t)n;
	down->len -= (size_t)n;
	return MOVED;
}

/* All that can be done now; false: it is over. */
static bool move(struct pump *pump)
{
	static enum step (*const steps[])(struct pump *pump) = { fill_up, empty_up, fill_down, empty_down };
	bool moved = true;

	while (moved) {
		moved = false;
		pump->client_events = 0;
		pump->plain_events = 0;
		for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
			enum step step = steps[i](pump);

			if (step == ENDED)
				return false;
			moved |= step == MOVED;
		}
	}
	return true;
}

/* False: the client does not take what is left for it. */
static bool wait_for_events(struct pump *pump)
{
	struct pollfd fds[] = {
		{ .fd = pump->client_events ? pump->client_fd : -1, .events = pump->client_events },
		{ .fd = pump->plain_fd, .events = (short)(pump->plain_events | POLLRDHUP) },
	};
	int n;

	if (pump->server_gone) {
		fds[1].fd = pump->plain_events ? pump->plain_fd : -1;
		fds[1].events = pump->plain_events;
	}
	n = poll(fds, 2, pump->server_gone ? FLUSH_MS : -1);
	if (fds[1].revents & (POLLRDHUP | POLLHUP | POLLERR))
		pump->server_gone = true;
	return n > 0 || (n < 0 && errno == EINTR);
}

void kefs_pump(SSL *ssl, int plain_fd)
{
	static struct pump pump;	/* too large for a stack, and the process has one */

	pump.ssl = ssl;
	pump.client_fd = SSL_get_fd(ssl);
	pump.plain_fd = plain_fd;
	while (move(&pump) && wait_for_events(&pump))
		;
	/* The server's end is told to the client, if it takes it at once. */
	SSL_set_quiet_shutdown(ssl, 0);
	if (pump.down.ended && !pump.down.len && !pump.up.ended)
		(void)SSL_shutdown(ssl);
}
