// SPDX-License-Identifier: GPL-2.0
#include "group_rule.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "common/str.h"

static const struct {
	const char *name;
	int number;
} protocols[] = {
	{ "tcp", KEFS_PROTOCOL_TCP }, { "udp", KEFS_PROTOCOL_UDP }, { "icmp", KEFS_PROTOCOL_ICMP },
	{ "icmpv6", KEFS_PROTOCOL_ICMP6 }, { "-1", KEFS_PROTOCOL_ALL },
};

#define PROTOCOLS (sizeof(protocols) / sizeof(protocols[0]))

int kefs_protocol_parse(const char *text, int *ret_protocol)
{
	uint64_t number;

	for (size_t i = 0; i < PROTOCOLS; i++) {
		if (!strcmp(protocols[i].name, text)) {
			*ret_protocol = protocols[i].number;
			return 0;
		}
	}
	if (kefs_str_u64(text, 0, 255, &number) < 0)
		return -EINVAL;
	*ret_protocol = (int)number;
	return 0;
}

void kefs_protocol_format(int protocol, char *ret_text)
{
	for (size_t i = 0; i < PROTOCOLS; i++) {
		if (protocols[i].number == protocol) {
			(void)kefs_str_copy(ret_text, 8, protocols[i].name);
			return;
		}
	}
	(void)kefs_str_format(ret_text, 8, "%d", protocol);
}

int kefs_rule_check_ports(struct kefs_group_rule *rule, struct kefs_err *err)
{
	bool icmp = rule->protocol == KEFS_PROTOCOL_ICMP || rule->protocol == KEFS_PROTOCOL_ICMP6;
	char name[8];

	if (icmp)
		return rule->from_port > 255 || rule->to_port > 255 ?
			       kefs_err_set(err, -EINVAL, "ICMP type and code must be -1 or from 0 to 255") : 0;
	if (rule->protocol != KEFS_PROTOCOL_TCP && rule->protocol != KEFS_PROTOCOL_UDP) {
		rule->from_port = rule->to_port = -1;
		return 0;
	}
	if (rule->from_port >= 0 && rule->to_port >= rule->from_port)
		return 0;
	kefs_protocol_format(rule->protocol, name);
	return kefs_err_set(err, -EINVAL, "Invalid value for portRange. Must specify both from and to ports with %s, from not "
			    "above to.", name);
}

int kefs_cidr_normalize(const char *text, bool ipv6, char *ret_text)
{
	char address[KEFS_RULE_SOURCE_SIZE], plain[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	unsigned char bytes[16];
	size_t size = ipv6 ? 16 : 4;
	uint64_t prefix;

	if (!slash || kefs_str_u64(slash + 1, 0, 8 * size, &prefix) < 0 ||
	    kefs_str_format(address, sizeof(address), "%.*s", (int)(slash - text), text) < 0 ||
	    inet_pton(ipv6 ? AF_INET6 : AF_INET, address, bytes) != 1)
		return -EINVAL;
	for (size_t i = 0; i < size; i++) {
		unsigned int bits = prefix <= 8 * i ? 0 : prefix >= 8 * i + 8 ? 8 : (unsigned int)(prefix - 8 * i);

		bytes[i] = (unsigned char)(bytes[i] & (0xff00 >> bits));
	}
	if (!inet_ntop(ipv6 ? AF_INET6 : AF_INET, bytes, plain, sizeof(plain)))
		return -EINVAL;
	return kefs_str_format(ret_text, KEFS_RULE_SOURCE_SIZE, "%s/%u", plain, (unsigned int)prefix);
}

bool kefs_rule_lets_in(const struct kefs_group_rule *rule, int port)
{
	if (rule->egress)
		return false;
	return rule->protocol == KEFS_PROTOCOL_ALL ||
	       (rule->protocol == KEFS_PROTOCOL_TCP && rule->from_port <= port && port <= rule->to_port);
}

bool kefs_rule_same(const struct kefs_group_rule *a, const struct kefs_group_rule *b)
{
	return a->egress == b->egress && a->protocol == b->protocol && a->from_port == b->from_port &&
	       a->to_port == b->to_port && !strcmp(a->source, b->source) && !strcmp(a->group_id, b->group_id);
}
