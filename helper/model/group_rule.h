/* SPDX-License-Identifier: GPL-2.0 */
/* A rule of a security group: which packets from whom (ingress) or to whom (egress). Pure. */
#ifndef KEFS_MODEL_GROUP_RULE_H
#define KEFS_MODEL_GROUP_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/id.h"

#define KEFS_GROUP_PREFIX	"sg-"
#define KEFS_RULE_PREFIX	"sgr-"
#define KEFS_GROUP_NAME_SIZE	1021	/* 255 characters */
#define KEFS_RULE_SOURCE_SIZE	64	/* a CIDR block, or a group's id */
#define KEFS_RULE_TEXT_SIZE	1021
#define KEFS_GROUP_MEMBERS_TAG	"kefs:members"

enum { KEFS_PROTOCOL_ALL = -1, KEFS_PROTOCOL_ICMP = 1, KEFS_PROTOCOL_TCP = 6, KEFS_PROTOCOL_UDP = 17,
       KEFS_PROTOCOL_ICMP6 = 58 };

struct kefs_security_group {
	char id[KEFS_ID_SIZE];
	char vpc_id[KEFS_ID_SIZE];
	char name[KEFS_GROUP_NAME_SIZE];
	char description[KEFS_GROUP_NAME_SIZE];
};

struct kefs_group_rule {
	char id[KEFS_ID_SIZE];
	char group_id[KEFS_ID_SIZE];
	bool egress;
	int protocol;			/* IP's number, or KEFS_PROTOCOL_ALL */
	int from_port, to_port;		/* -1: there are none, or all; of ICMP type and code */
	char source[KEFS_RULE_SOURCE_SIZE];	/* "10.0.0.0/8", "2001:db8::/32", "sg-…" */
	char description[KEFS_RULE_TEXT_SIZE];
};

/* "tcp", "udp", "icmp", "icmpv6", "-1" or a number. 0 or -EINVAL. And back; ret_text has 8 bytes. */
int kefs_protocol_parse(const char *text, int *ret_protocol);
void kefs_protocol_format(int protocol, char *ret_text);

/*
 * Are the ports such as the protocol has them? They become -1 where it has none. 0 or -EINVAL with err, the message of
 * InvalidParameterValue.
 */
int kefs_rule_check_ports(struct kefs_group_rule *rule, struct kefs_err *err);

/*
 * A CIDR block of either family in its one true spelling: host bits are cleared, as EC2 does. ret_text has
 * KEFS_RULE_SOURCE_SIZE bytes. 0 or -EINVAL.
 */
int kefs_cidr_normalize(const char *text, bool ipv6, char *ret_text);

/* Does the rule let TCP to this port in? */
bool kefs_rule_lets_in(const struct kefs_group_rule *rule, int port);

/* Are they the same but for id and description? */
bool kefs_rule_same(const struct kefs_group_rule *a, const struct kefs_group_rule *b);

#endif
