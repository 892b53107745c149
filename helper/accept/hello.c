// SPDX-License-Identifier: GPL-2.0
/*
 * RFC 8446 sections 5.1 and 4.1.2 (and RFC 5246 likewise): a record's head, a handshake message's head, a version, 32
 * random bytes, a session id of up to 32, then the ciphers, two bytes each. A ClientHello that is cut into records
 * before that is nobody's.
 */
#include "hello.h"

#define RECORD_HEAD	5
#define MESSAGE_HEAD	4
#define VERSION_RANDOM	34
#define SESSION_ID_MAX	32
#define HANDSHAKE	22
#define CLIENT_HELLO	1

static const uint16_t of_kernel[] = { 0x1301, 0x1302, 0xc02b, 0xc02c, 0xc02f, 0xc030 };	/* AES-GCM */
static const uint16_t of_relay[] = {
	0x1303, 0xcca8, 0xcca9,			/* ChaCha20-Poly1305 */
	0x1304, 0xc0ac, 0xc0ad,			/* AES-CCM */
};

static bool is_in(uint16_t cipher, const uint16_t *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i] == cipher)
			return true;
	}
	return false;
}

/* The list of ciphers: its first byte and its length, or false. */
static bool find_ciphers(const uint8_t *bytes, size_t len, size_t *ret_at, size_t *ret_len)
{
	size_t at = RECORD_HEAD + MESSAGE_HEAD + VERSION_RANDOM;

	if (len <= at || bytes[0] != HANDSHAKE || bytes[RECORD_HEAD] != CLIENT_HELLO || bytes[at] > SESSION_ID_MAX)
		return false;
	at += 1 + (size_t)bytes[at];
	if (len < at + 2)
		return false;
	*ret_len = (size_t)bytes[at] << 8 | bytes[at + 1];
	*ret_at = at + 2;
	return *ret_len <= len - *ret_at;
}

bool kefs_hello_needs_relay(const uint8_t *bytes, size_t len)
{
	size_t at, count;
	bool relay = false;

	if (!find_ciphers(bytes, len, &at, &count))
		return false;
	for (size_t i = 0; i + 1 < count; i += 2) {
		uint16_t cipher = (uint16_t)(bytes[at + i] << 8 | bytes[at + i + 1]);

		if (is_in(cipher, of_kernel, sizeof(of_kernel) / sizeof(of_kernel[0])))
			return false;
		relay |= is_in(cipher, of_relay, sizeof(of_relay) / sizeof(of_relay[0]));
	}
	return relay;
}
