// SPDX-License-Identifier: GPL-2.0
/* What should work: volumes, connections and grants from beginning to end, and dumps longer than a message. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <netlink/attr.h>

#include <kefs.h>

#include "door.h"

#define MANY	150	/* volumes: more than a message has room for */

struct info {
	uint32_t volumes, conns, lease;
};

static void take_info(struct nlattr **attrs, void *arg)
{
	struct nlattr *tb[KEFS_A_INFO_MAX + 1];
	struct info *info = arg;

	if (!attrs[KEFS_A_INFO] || nla_parse_nested(tb, KEFS_A_INFO_MAX, attrs[KEFS_A_INFO], NULL) < 0)
		return;
	info->volumes = nla_get_u32(tb[KEFS_A_INFO_VOLUMES]);
	info->conns = nla_get_u32(tb[KEFS_A_INFO_CONNS]);
	info->lease = nla_get_u32(tb[KEFS_A_INFO_LEASE_SEC]);
}

static struct info get_info(void)
{
	struct info info = { .volumes = UINT32_MAX };
	struct answer answer;

	talk(talk_request(KEFS_CMD_INFO_GET, 0), take_info, &info, &answer);
	return info;
}

void count_objects(uint32_t *ret_volumes, uint32_t *ret_conns)
{
	struct info info = get_info();

	*ret_volumes = info.volumes;
	*ret_conns = info.conns;
}

int add_volume(uint64_t id, const char *name, struct answer *ret_answer)
{
	static const char key[KEFS_KEY_SIZE] = "0123456789abcde";
	struct nl_msg *msg = talk_request(KEFS_CMD_VOLUME_ADD, 0);
	struct nlattr *nest = nla_nest_start(msg, KEFS_A_VOLUME);

	nla_put_u64(msg, KEFS_A_VOLUME_ID, id);
	nla_put_string(msg, KEFS_A_VOLUME_NAME, name);
	nla_put_s32(msg, KEFS_A_VOLUME_ROOT_FD, fixtures.dir_fd);
	nla_put(msg, KEFS_A_VOLUME_KEY, sizeof(key), key);
	nla_nest_end(msg, nest);
	talk(msg, NULL, NULL, ret_answer);
	return ret_answer->err;
}

int delete_volume(uint64_t id, uint32_t flags, struct answer *ret_answer)
{
	struct nl_msg *msg = talk_request(KEFS_CMD_VOLUME_DEL, 0);
	struct nlattr *nest = nla_nest_start(msg, KEFS_A_VOLUME);

	nla_put_u64(msg, KEFS_A_VOLUME_ID, id);
	if (flags)
		nla_put_u32(msg, KEFS_A_VOLUME_FLAGS, flags);
	nla_nest_end(msg, nest);
	talk(msg, NULL, NULL, ret_answer);
	return ret_answer->err;
}

static void take_conn_id(struct nlattr **attrs, void *arg)
{
	struct nlattr *tb[KEFS_A_CONN_MAX + 1];

	if (attrs[KEFS_A_CONN] && nla_parse_nested(tb, KEFS_A_CONN_MAX, attrs[KEFS_A_CONN], NULL) == 0 &&
	    tb[KEFS_A_CONN_ID])
		*(uint64_t *)arg = nla_get_u64(tb[KEFS_A_CONN_ID]);
}

static uint64_t add_conn_of(int fd, const struct sockaddr_in *peer, const struct sockaddr_in6 *local, uint64_t volume,
			    const char *domain, struct answer *ret_answer)
{
	struct nl_msg *msg = talk_request(KEFS_CMD_CONN_ADD, 0);
	struct nlattr *nest = nla_nest_start(msg, KEFS_A_CONN), *grant;
	uint64_t id = 0;

	nla_put_s32(msg, KEFS_A_CONN_FD, fd);
	nla_put_u64(msg, KEFS_A_CONN_VOLUME, volume);
	if (peer)
		nla_put(msg, KEFS_A_CONN_PEER, sizeof(*peer), peer);
	if (local)
		nla_put(msg, KEFS_A_CONN_LOCAL, sizeof(*local), local);
	grant = nla_nest_start(msg, KEFS_A_CONN_GRANT);
	nla_put_u32(msg, KEFS_A_GRANT_FLAGS, KEFS_GRANT_F_SQUASH_ROOT);
	nla_put(msg, KEFS_A_GRANT_DOMAIN, (int)strlen(domain), domain);
	nla_put_string(msg, KEFS_A_GRANT_PRINCIPAL, "arn:door");
	nla_nest_end(msg, grant);
	nla_nest_end(msg, nest);
	talk(msg, take_conn_id, &id, ret_answer);
	return id;
}

uint64_t add_conn(int fd, uint64_t volume, const char *domain, struct answer *ret_answer)
{
	return add_conn_of(fd, NULL, NULL, volume, domain, ret_answer);
}

/* CONN_DEL by @type (ID or VOLUME). */
static int delete_conn(int type, uint64_t id, struct answer *ret_answer)
{
	struct nl_msg *msg = talk_request(KEFS_CMD_CONN_DEL, 0);
	struct nlattr *nest = nla_nest_start(msg, KEFS_A_CONN);

	nla_put_u64(msg, type, id);
	nla_nest_end(msg, nest);
	talk(msg, NULL, NULL, ret_answer);
	return ret_answer->err;
}

/* The peer of a closed connection hears of it. */
static bool closed(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char byte;

	return poll(&p, 1, 10000) == 1 && recv(fd, &byte, 1, 0) <= 0;
}

void test_life(void)
{
	struct answer answer;
	uint64_t conn, second;
	int pair[2], other[2];

	point(!add_volume(DOOR_VOLUME, "fs-door", &answer), &answer, "a volume is added");
	point(add_volume(DOOR_VOLUME, "fs-more", &answer) == -EEXIST && answer.attr == KEFS_A_VOLUME_ID, &answer,
	      "its id is taken then");
	tcp_pair(pair);
	conn = add_conn(pair[0], DOOR_VOLUME, "door", &answer);
	point(!answer.err && conn, &answer, "a connection is taken over");
	point(!add_conn(pair[0], DOOR_VOLUME, "door", &answer) && answer.err == -EBUSY, &answer, "but not twice");
	close(pair[0]);
	tcp_pair(other);
	second = add_conn(other[0], DOOR_VOLUME, "door", &answer);
	close(other[0]);
	point(second > conn, &answer, "another one has a greater id");
	point(delete_volume(DOOR_VOLUME, 0, &answer) == -EBUSY, &answer, "a volume in use is not deleted");
	point(!delete_conn(KEFS_A_CONN_ID, conn, &answer) && closed(pair[1]), &answer, "a connection is closed");
	point(!delete_volume(DOOR_VOLUME, KEFS_VOLUME_F_FORCE, &answer) && closed(other[1]), &answer,
	      "a volume in use is deleted by force, and the peer hears of it");
	point(delete_volume(DOOR_VOLUME, 0, &answer) == -ENOENT && answer.attr == KEFS_A_VOLUME_ID, &answer,
	      "it is gone then");
	point(delete_conn(KEFS_A_CONN_ID, second, &answer) == -ENOENT, &answer, "and so is its connection");
	close(pair[1]);
	close(other[1]);
}

struct seen_conn {
	uint64_t id;
	uint32_t flags;
	char domain[KEFS_DOMAIN_MAX + 1];
	unsigned int count;
	struct sockaddr_storage peer, local;
	bool relayed;
};

static void take_conn(struct nlattr **attrs, void *arg)
{
	struct nlattr *tb[KEFS_A_CONN_MAX + 1], *grant[KEFS_A_GRANT_MAX + 1];
	struct seen_conn *seen = arg;

	if (!attrs[KEFS_A_CONN] || nla_parse_nested(tb, KEFS_A_CONN_MAX, attrs[KEFS_A_CONN], NULL) < 0 ||
	    nla_parse_nested(grant, KEFS_A_GRANT_MAX, tb[KEFS_A_CONN_GRANT], NULL) < 0)
		return;
	seen->id = nla_get_u64(tb[KEFS_A_CONN_ID]);
	seen->flags = nla_get_u32(grant[KEFS_A_GRANT_FLAGS]);
	snprintf(seen->domain, sizeof(seen->domain), "%.*s", nla_len(grant[KEFS_A_GRANT_DOMAIN]),
		 (char *)nla_data(grant[KEFS_A_GRANT_DOMAIN]));
	memcpy(&seen->peer, nla_data(tb[KEFS_A_CONN_PEER]), (size_t)nla_len(tb[KEFS_A_CONN_PEER]));
	memcpy(&seen->local, nla_data(tb[KEFS_A_CONN_LOCAL]), (size_t)nla_len(tb[KEFS_A_CONN_LOCAL]));
	seen->relayed = nla_get_u8(tb[KEFS_A_CONN_RELAYED]);
	seen->count++;
}

static int set_grant(uint64_t conn, uint32_t flags, const char *domain, int root, struct answer *ret_answer)
{
	struct nl_msg *msg = talk_request(KEFS_CMD_GRANT_SET, 0);
	struct nlattr *nest = nla_nest_start(msg, KEFS_A_CONN), *grant;

	nla_put_u64(msg, KEFS_A_CONN_ID, conn);
	grant = nla_nest_start(msg, KEFS_A_CONN_GRANT);
	nla_put_u32(msg, KEFS_A_GRANT_FLAGS, flags);
	if (domain)
		nla_put(msg, KEFS_A_GRANT_DOMAIN, (int)strlen(domain), domain);
	if (root >= 0)
		nla_put_s32(msg, KEFS_A_GRANT_ROOT_FD, root);
	nla_nest_end(msg, grant);
	nla_nest_end(msg, nest);
	talk(msg, NULL, NULL, ret_answer);
	return ret_answer->err;
}

static void test_grant_set(uint64_t conn)
{
	int outside = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), inside;
	struct answer answer;

	if (mkdirat(fixtures.dir_fd, "inside", 0755) < 0 && errno != EEXIST)
		perror("door: mkdir");
	inside = openat(fixtures.dir_fd, "inside", O_PATH | O_DIRECTORY | O_CLOEXEC);
	point(!set_grant(conn, KEFS_GRANT_F_READ_ONLY, NULL, inside, &answer), &answer, "a grant is replaced");
	point(!set_grant(conn, KEFS_GRANT_F_READ_ONLY, "door", -1, &answer), &answer, "with its own domain too");
	point(set_grant(conn, 0, "else", -1, &answer) == -EINVAL && answer.attr == KEFS_A_GRANT_DOMAIN, &answer,
	      "not with another one");
	point((set_grant(conn, 0, NULL, outside, &answer) == -EXDEV || answer.err == -EINVAL) &&
	      answer.attr == KEFS_A_GRANT_ROOT_FD, &answer, "nor with a root outside the volume");
	point(set_grant(conn, 1u << 31, NULL, -1, &answer) == -EOPNOTSUPP && answer.attr == KEFS_A_GRANT_FLAGS, &answer,
	      "nor with unknown flags");
	point(set_grant(UINT64_MAX, 0, NULL, -1, &answer) == -ENOENT && answer.attr == KEFS_A_CONN_ID, &answer,
	      "nor for no connection");
	close(inside);
	close(outside);
	unlinkat(fixtures.dir_fd, "inside", AT_REMOVEDIR);
}

void test_grants(void)
{
	struct seen_conn seen = { .id = 0 };
	struct answer answer;
	uint64_t conn;
	int pair[2];

	add_volume(DOOR_VOLUME, "fs-door", &answer);
	tcp_pair(pair);
	conn = add_conn(pair[0], DOOR_VOLUME, "door", &answer);
	close(pair[0]);
	test_grant_set(conn);
	talk(talk_request(KEFS_CMD_CONN_GET, NLM_F_DUMP), take_conn, &seen, &answer);
	point(!answer.err && seen.count == 1 && seen.id == conn && seen.flags == KEFS_GRANT_F_READ_ONLY && !seen.relayed &&
	      !strcmp(seen.domain, "door"), &answer, "the dump shows the connection with the last grant");
	point(!delete_conn(KEFS_A_CONN_VOLUME, DOOR_VOLUME, &answer) && closed(pair[1]), &answer,
	      "a volume's connections are closed");
	point(!delete_volume(DOOR_VOLUME, KEFS_VOLUME_F_FORCE, &answer), &answer, "the volume goes");
	close(pair[1]);
}

/* A connection whose socket leads to a relay is known by its client's addresses. */
void test_relayed(void)
{
	struct sockaddr_in peer = { .sin_family = AF_INET, .sin_port = htons(700), .sin_addr.s_addr = htonl(0xc0000201) };
	struct sockaddr_in6 local = { .sin6_family = AF_INET6, .sin6_port = htons(2049), .sin6_addr.s6_addr = { 0xfd } };
	struct seen_conn seen = { .id = 0 };
	struct answer answer;
	uint64_t conn;
	int pair[2];

	add_volume(DOOR_VOLUME, "fs-door", &answer);
	tcp_pair(pair);
	point(!add_conn_of(pair[0], &peer, NULL, DOOR_VOLUME, "door", &answer) && answer.err == -EINVAL &&
	      answer.missing == KEFS_A_CONN_LOCAL, &answer, "one address without the other is refused");
	conn = add_conn_of(pair[0], &peer, &local, DOOR_VOLUME, "door", &answer);
	close(pair[0]);
	talk(talk_request(KEFS_CMD_CONN_GET, NLM_F_DUMP), take_conn, &seen, &answer);
	point(!answer.err && conn && seen.id == conn && seen.relayed && !memcmp(&seen.peer, &peer, sizeof(peer)) &&
	      !memcmp(&seen.local, &local, sizeof(local)), &answer, "a relayed connection has its client's addresses");
	point(!delete_volume(DOOR_VOLUME, KEFS_VOLUME_F_FORCE, &answer) && closed(pair[1]), &answer, "and closes as any");
	close(pair[1]);
}

struct seen_volumes {
	unsigned char times[MANY];
	unsigned int others;
};

static void take_volume(struct nlattr **attrs, void *arg)
{
	struct nlattr *tb[KEFS_A_VOLUME_MAX + 1];
	struct seen_volumes *seen = arg;
	uint64_t id;

	if (!attrs[KEFS_A_VOLUME] || nla_parse_nested(tb, KEFS_A_VOLUME_MAX, attrs[KEFS_A_VOLUME], NULL) < 0)
		return;
	id = nla_get_u64(tb[KEFS_A_VOLUME_ID]);
	if (id >= DOOR_VOLUME && id < DOOR_VOLUME + MANY)
		seen->times[id - DOOR_VOLUME]++;
	else
		seen->others++;
}

struct seen_stats {
	unsigned int module, volumes, counters;
};

static void take_stats(struct nlattr **attrs, void *arg)
{
	struct nlattr *tb[KEFS_A_STATS_MAX + 1];
	struct seen_stats *seen = arg;

	if (!attrs[KEFS_A_STATS] || nla_parse_nested(tb, KEFS_A_STATS_MAX, attrs[KEFS_A_STATS], NULL) < 0)
		return;
	if (tb[KEFS_A_STATS_VOLUME])
		seen->volumes++;
	else if (!seen->volumes)	/* it comes first */
		seen->module++;
	if (tb[KEFS_A_STATS_COUNTERS])
		seen->counters = (unsigned int)nla_len(tb[KEFS_A_STATS_COUNTERS]) / 8;
}

static void test_stats(void)
{
	struct nl_msg *msg = talk_request(KEFS_CMD_STATS_GET, NLM_F_DUMP);
	struct seen_stats seen = { .module = 0 };
	struct answer answer;
	struct nlattr *nest;

	talk(msg, take_stats, &seen, &answer);
	point(!answer.err && seen.module == 1 && seen.volumes == get_info().volumes &&
	      seen.counters == __KEFS_CNT_MAX, &answer, "statistics: the module's, then each volume's");
	memset(&seen, 0, sizeof(seen));
	msg = talk_request(KEFS_CMD_STATS_GET, NLM_F_DUMP);
	nest = nla_nest_start(msg, KEFS_A_STATS);
	nla_put_u64(msg, KEFS_A_STATS_VOLUME, DOOR_VOLUME + 7);
	nla_nest_end(msg, nest);
	talk(msg, take_stats, &seen, &answer);
	point(!answer.err && !seen.module && seen.volumes == 1, &answer, "statistics of one volume");
}

/* The module's volumes with this id; how many there were besides is in *ret_others. */
static unsigned int volumes_with(uint64_t id, unsigned int *ret_others, struct answer *answer)
{
	struct nl_msg *msg = talk_request(KEFS_CMD_VOLUME_GET, NLM_F_DUMP);
	struct nlattr *nest = nla_nest_start(msg, KEFS_A_VOLUME);
	struct seen_volumes seen = { .others = 0 };
	unsigned int all = 0, i;

	nla_put_u64(msg, KEFS_A_VOLUME_ID, id);
	nla_nest_end(msg, nest);
	talk(msg, take_volume, &seen, answer);
	for (i = 0; i < MANY; i++)
		all += seen.times[i];
	i = id < DOOR_VOLUME + MANY ? seen.times[id - DOOR_VOLUME] : 0;
	*ret_others = all + seen.others - i;
	return i;
}

static void test_one_volume(void)
{
	struct answer answer;
	unsigned int others;

	point(volumes_with(DOOR_VOLUME + 7, &others, &answer) == 1 && !answer.err && !others, &answer, "a dump of one");
	point(!volumes_with(DOOR_VOLUME + MANY, &others, &answer) && !answer.err && !others, &answer,
	      "and of one that is not there");
}

void test_dumps(void)
{
	struct seen_volumes seen = { .others = 0 };
	struct info before = get_info();
	struct answer answer = { .err = 0 };
	unsigned int i, bad = 0;
	char name[32];

	for (i = 0; i < MANY && !answer.err; i++) {
		/* Not in the order of their ids. */
		snprintf(name, sizeof(name), "fs-%u", i * 7 % MANY);
		add_volume(DOOR_VOLUME + i * 7 % MANY, name, &answer);
	}
	point(!answer.err, &answer, "%d volumes are added", MANY);
	talk(talk_request(KEFS_CMD_VOLUME_GET, NLM_F_DUMP), take_volume, &seen, &answer);
	for (i = 0; i < MANY; i++)
		bad += seen.times[i] != 1;
	point(!answer.err && !bad && seen.others == before.volumes, &answer, "a long dump has each of them once");
	test_one_volume();
	test_stats();
	for (i = 0; i < MANY; i++)
		bad += delete_volume(DOOR_VOLUME + i, 0, &answer) != 0;
	point(!bad && get_info().volumes == before.volumes, &answer, "they are deleted again");
}
