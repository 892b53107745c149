/* SPDX-License-Identifier: GPL-2.0 */
/* Socket addresses as text and back. Pure: no name is looked up. */
#ifndef KEFS_COMMON_ADDR_H
#define KEFS_COMMON_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define KEFS_ADDR_TEXT 64	/* "[" IPv6 "%" scope "]:" port NUL */

struct kefs_addr {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_storage storage;
	};
	socklen_t len;		/* 0: none */
};

/*
 * "192.0.2.1", "192.0.2.1:2049", "[2001:db8::1]", "[2001:db8::1]:2049", "2001:db8::1"; the port is default_port
 * where none is given. 0, -EINVAL (no address), -ERANGE (port not 1..65535).
 */
int kefs_addr_parse(const char *text, uint16_t default_port, struct kefs_addr *ret_addr);

/* Fills addr from len bytes of a sockaddr_in or sockaddr_in6. 0 or -EAFNOSUPPORT. */
int kefs_addr_set(struct kefs_addr *ret_addr, const void *sa, size_t len);

/* Text of address and port in the forms above; ret_text has room for KEFS_ADDR_TEXT. "?" if it is none. */
void kefs_addr_format(const struct kefs_addr *addr, char *ret_text);

/*
 * What identifies the host: 16 bytes without the port, IPv4 as a mapped address, so that a client that comes in
 * through a dual-stack socket counts as the same.
 */
void kefs_addr_host(const struct kefs_addr *addr, uint8_t ret_host[16]);

/*
 * Where the host is: the same bytes, but of IPv6 the /64 alone. One host may have all of that, or it may be a whole
 * LAN's.
 */
void kefs_addr_site(const struct kefs_addr *addr, uint8_t ret_site[16]);

/* Same address and port? */
bool kefs_addr_equal(const struct kefs_addr *a, const struct kefs_addr *b);

#endif
