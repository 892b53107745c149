// SPDX-License-Identifier: GPL-2.0
/* What a relay, which may have been taken over, says to kefsd, and what is said to a relay. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "accept/credential.h"
#include "accept/relay_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* It would bring libssl and an authority with it. */
void kefs_credential_free(char *text, size_t len)
{
	(void)len;
	free(text);
}

static void put(int fd, const void *bytes, size_t size)
{
	if (send(fd, bytes, size, 0) != (ssize_t)size)
		abort();
}

/* Taken or refused; said again by our own it is the same. */
static void report(int pair[2], const uint8_t *data, size_t size)
{
	struct kefs_relay_report *first = calloc(1, sizeof(*first)), *second = calloc(1, sizeof(*second));

	if (!first || !second)
		abort();
	put(pair[0], data, size);
	if (kefs_relay_receive_report(pair[1], first) == 0) {
		if (first->reason >= KEFS_TLS_REASONS || first->len > sizeof(first->body) || first->len != size - 2)
			abort();
		if (kefs_relay_send_report(pair[0], first) < 0 || kefs_relay_receive_report(pair[1], second) < 0 ||
		    memcmp(first, second, sizeof(*first)))
			abort();
	}
	if (kefs_relay_receive_report(pair[1], first) != -EAGAIN)
		abort();
	free(first);
	free(second);
}

/* Without descriptors it is no job. */
static void job(int pair[2], const uint8_t *data, size_t size)
{
	int client, plain;
	char *credential;
	size_t len;

	put(pair[0], data, size);
	if (kefs_relay_receive_job(pair[1], &client, &plain, &credential, &len) == 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int pair[2];

	if (!size)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		abort();
	report(pair, data, size);
	job(pair, data, size);
	(void)close(pair[0]);
	(void)close(pair[1]);
	return 0;
}
