// SPDX-License-Identifier: GPL-2.0
/*
 * The first bytes of a connection. What is decided hangs on the ciphers alone: the same whatever comes after them, no
 * while the last is missing, and no as soon as one of the kernel's is among them.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "accept/hello.h"

#define SESSION_ID_AT 43	/* its length */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of a copy of just that size, so that a byte too many is seen. */
static bool asks(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + !size);
	bool answer;

	if (!copy)
		abort();
	memcpy(copy, data, size);
	answer = kefs_hello_needs_relay(copy, size);
	free(copy);
	return answer;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t other[KEFS_HELLO_PEEK];
	size_t ciphers, end;

	if (size > sizeof(other) || !asks(data, size))
		return 0;
	/* It was read as a ClientHello with ciphers. */
	ciphers = SESSION_ID_AT + 1 + (size_t)data[SESSION_ID_AT] + 2;
	end = ciphers + ((size_t)data[ciphers - 2] << 8 | data[ciphers - 1]);
	if (end > size || end < ciphers + 2)
		abort();
	for (size_t n = 0; n <= size; n++) {
		if (asks(data, n) != (n >= end))
			abort();
	}
	memcpy(other, data, size);
	other[ciphers] = 0x13;
	other[ciphers + 1] = 0x01;
	if (asks(other, size))
		abort();
	return 0;
}
