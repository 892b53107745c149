// SPDX-License-Identifier: GPL-2.0
#include "addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "str.h"

/* Splits "[host]:port", "host:port" or a bare host; an IPv6 address without brackets has no port. */
static int split(const char *text, char *host, size_t host_size, const char **ret_port)
{
	const char *end, *colon;

	*ret_port = NULL;
	if (*text == '[') {
		end = strchr(text, ']');
		if (!end || (end[1] && end[1] != ':'))
			return -EINVAL;
		if (end[1])
			*ret_port = end + 2;
		return kefs_str_format(host, host_size, "%.*s", (int)(end - text - 1), text + 1);
	}
	colon = strchr(text, ':');
	if (colon && !strchr(colon + 1, ':')) {
		*ret_port = colon + 1;
		return kefs_str_format(host, host_size, "%.*s", (int)(colon - text), text);
	}
	return kefs_str_copy(host, host_size, text);
}

int kefs_addr_parse(const char *text, uint16_t default_port, struct kefs_addr *ret_addr)
{
	struct kefs_addr addr = { .len = 0 };
	uint64_t port = default_port;
	const char *port_text;
	char host[INET6_ADDRSTRLEN];

	if (split(text, host, sizeof(host), &port_text) < 0)
		return -EINVAL;
	if (port_text) {
		int rc = kefs_str_u64(port_text, 1, 65535, &port);

		if (rc < 0)
			return rc;
	}
	if (inet_pton(AF_INET, host, &addr.in.sin_addr) == 1) {
		if (*text == '[')
			return -EINVAL;
		addr.in.sin_family = AF_INET;
		addr.in.sin_port = htons((uint16_t)port);
		addr.len = sizeof(addr.in);
	} else if (inet_pton(AF_INET6, host, &addr.in6.sin6_addr) == 1) {
		addr.in6.sin6_family = AF_INET6;
		addr.in6.sin6_port = htons((uint16_t)port);
		addr.len = sizeof(addr.in6);
	} else {
		return -EINVAL;
	}
	*ret_addr = addr;
	return 0;
}

int kefs_addr_set(struct kefs_addr *ret_addr, const void *sa, size_t len)
{
	struct kefs_addr addr = { .len = 0 };

	if (len < sizeof(addr.sa.sa_family) || len > sizeof(addr.storage))
		return -EAFNOSUPPORT;
	memcpy(&addr.storage, sa, len);
	if (!(addr.sa.sa_family == AF_INET && len >= sizeof(addr.in)) &&
	    !(addr.sa.sa_family == AF_INET6 && len >= sizeof(addr.in6)))
		return -EAFNOSUPPORT;
	addr.len = addr.sa.sa_family == AF_INET ? sizeof(addr.in) : sizeof(addr.in6);
	*ret_addr = addr;
	return 0;
}

void kefs_addr_format(const struct kefs_addr *addr, char *ret_text)
{
	char host[INET6_ADDRSTRLEN] = "?";

	if (addr->len && addr->sa.sa_family == AF_INET) {
		(void)inet_ntop(AF_INET, &addr->in.sin_addr, host, sizeof(host));
		(void)kefs_str_format(ret_text, KEFS_ADDR_TEXT, "%s:%u", host, ntohs(addr->in.sin_port));
	} else if (addr->len && addr->sa.sa_family == AF_INET6) {
		(void)inet_ntop(AF_INET6, &addr->in6.sin6_addr, host, sizeof(host));
		(void)kefs_str_format(ret_text, KEFS_ADDR_TEXT, "[%s]:%u", host, ntohs(addr->in6.sin6_port));
	} else {
		(void)kefs_str_copy(ret_text, KEFS_ADDR_TEXT, host);
	}
}

void kefs_addr_host(const struct kefs_addr *addr, uint8_t ret_host[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	memset(ret_host, 0, 16);
	if (addr->len && addr->sa.sa_family == AF_INET) {
		memcpy(ret_host, mapped, sizeof(mapped));
		memcpy(ret_host + 12, &addr->in.sin_addr, 4);
	} else if (addr->len && addr->sa.sa_family == AF_INET6) {
		memcpy(ret_host, &addr->in6.sin6_addr, 16);
	}
}

void kefs_addr_site(const struct kefs_addr *addr, uint8_t ret_site[16])
{
	kefs_addr_host(addr, ret_site);
	if (addr->len && addr->sa.sa_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&addr->in6.sin6_addr))
		memset(ret_site + 8, 0, 8);
}

bool kefs_addr_equal(const struct kefs_addr *a, const struct kefs_addr *b)
{
	uint8_t host_a[16], host_b[16];

	if (a->len != b->len || a->sa.sa_family != b->sa.sa_family)
		return false;
	kefs_addr_host(a, host_a);
	kefs_addr_host(b, host_b);
	if (memcmp(host_a, host_b, sizeof(host_a)))
		return false;
	return a->sa.sa_family == AF_INET ? a->in.sin_port == b->in.sin_port : a->in6.sin6_port == b->in6.sin6_port;
}
