// SPDX-License-Identifier: GPL-2.0
/*
 * door DIRECTORY: sends the module, for each command, each attribute short, long, absent, out of range, unknown and
 * wrongly nested, unknown flags and bad descriptors, and checks that each is refused, that the extended ack names the
 * attribute, and that nothing was changed. Then (life.c) that what is right works.
 * Needs root, the module, and no kefsd.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>

#include <kefs.h>

#include "door.h"

struct fixtures fixtures;
static unsigned int passed, failed;

enum kind { U32, U64, FLAGS, FD, STRING, BINARY, IDS, ADDRESS, NEST };

/* An attribute of a command's object as it should be; inner ones follow their NEST. */
struct attribute {
	int type;
	const char *name;
	enum kind kind;
	bool required;
	int level;		/* 1: in the object, 2: in the NEST before it */
	uint64_t value;		/* a good one; of STRING and BINARY the greatest length */
	uint64_t bad[2];	/* out of range, if not 0 0 (then: 0 itself is bad if zero_bad) */
	bool zero_bad;
};

struct command {
	uint8_t cmd;
	const char *name;
	int object, unknown;	/* type of the object; a number that its attributes do not reach */
	int foreign;		/* an attribute of the object that has no meaning in this command */
	bool dump;
	const struct attribute *attributes;	/* up to type 0 */
};

#define A(t, ...) .type = t, .name = #t, __VA_ARGS__

#define GRANT_ATTRIBUTES(domain)										\
	{ A(KEFS_A_GRANT_FLAGS, .kind = FLAGS, .required = true, .level = 2,					\
	    .value = KEFS_GRANT_F_ENFORCE_IDS) },								\
	{ A(KEFS_A_GRANT_DOMAIN, .kind = BINARY, .required = domain, .level = 2, .value = KEFS_DOMAIN_MAX) },	\
	{ A(KEFS_A_GRANT_ROOT_FD, .kind = FD, .level = 2) },							\
	{ A(KEFS_A_GRANT_ACCESS_POINT, .kind = STRING, .level = 2, .value = KEFS_NAME_MAX) },			\
	{ A(KEFS_A_GRANT_PRINCIPAL, .kind = STRING, .level = 2, .value = KEFS_PRINCIPAL_MAX) },			\
	{ A(KEFS_A_GRANT_UID, .kind = U32, .required = true, .level = 2, .value = 1000, .bad = { UINT32_MAX }) }, \
	{ A(KEFS_A_GRANT_GID, .kind = U32, .required = true, .level = 2, .value = 1000, .bad = { UINT32_MAX }) }, \
	{ A(KEFS_A_GRANT_GIDS, .kind = IDS, .level = 2, .value = KEFS_GIDS_MAX * 4) }

static const struct attribute config[] = {
	{ A(KEFS_A_CONFIG_MEM_BUDGET, .kind = U64, .level = 1, .value = 64 << 20, .bad = { 1, (16 << 20) - 1 }) },
	{ A(KEFS_A_CONFIG_LEASE_SEC, .kind = U32, .level = 1, .value = 90, .bad = { 9, 3601 }, .zero_bad = true) },
	{ A(KEFS_A_CONFIG_THREADS_MAX, .kind = U32, .level = 1, .value = 64, .bad = { 1, 1025 }, .zero_bad = true) },
	{ A(KEFS_A_CONFIG_CONNS_MAX, .kind = U32, .level = 1, .value = 64, .bad = { 1048577 }, .zero_bad = true) },
	{ .type = 0 },
};

static const struct attribute volume_add[] = {
	{ A(KEFS_A_VOLUME_ID, .kind = U64, .required = true, .level = 1, .value = DOOR_VOLUME, .zero_bad = true) },
	{ A(KEFS_A_VOLUME_NAME, .kind = STRING, .required = true, .level = 1, .value = KEFS_NAME_MAX) },
	{ A(KEFS_A_VOLUME_ROOT_FD, .kind = FD, .required = true, .level = 1) },
	{ A(KEFS_A_VOLUME_KEY, .kind = BINARY, .required = true, .level = 1, .value = KEFS_KEY_SIZE) },
	{ A(KEFS_A_VOLUME_FLAGS, .kind = FLAGS, .level = 1) },
	{ A(KEFS_A_VOLUME_RECOVERY_FD, .kind = FD, .level = 1) },
	{ .type = 0 },
};

static const struct attribute volume_del[] = {
	{ A(KEFS_A_VOLUME_ID, .kind = U64, .required = true, .level = 1, .value = DOOR_VOLUME, .zero_bad = true) },
	{ A(KEFS_A_VOLUME_FLAGS, .kind = FLAGS, .level = 1) },
	{ .type = 0 },
};

static const struct attribute grace_end[] = {
	{ A(KEFS_A_VOLUME_ID, .kind = U64, .required = true, .level = 1, .value = DOOR_VOLUME, .zero_bad = true) },
	{ .type = 0 },
};

static const struct attribute conn_add[] = {
	{ A(KEFS_A_CONN_FD, .kind = FD, .required = true, .level = 1) },
	{ A(KEFS_A_CONN_VOLUME, .kind = U64, .required = true, .level = 1, .value = DOOR_VOLUME, .zero_bad = true) },
	{ A(KEFS_A_CONN_GRANT, .kind = NEST, .required = true, .level = 1) },
	GRANT_ATTRIBUTES(true),
	{ A(KEFS_A_CONN_PEER, .kind = ADDRESS, .required = true, .level = 1, .value = 28, .zero_bad = true) },
	{ A(KEFS_A_CONN_LOCAL, .kind = ADDRESS, .required = true, .level = 1, .value = 28, .zero_bad = true) },
	{ .type = 0 },
};

static const struct attribute conn_del[] = {
	{ A(KEFS_A_CONN_ID, .kind = U64, .required = true, .level = 1, .value = UINT64_MAX, .zero_bad = true) },
	{ .type = 0 },
};

static const struct attribute grant_set[] = {
	{ A(KEFS_A_CONN_ID, .kind = U64, .required = true, .level = 1, .value = UINT64_MAX, .zero_bad = true) },
	{ A(KEFS_A_CONN_GRANT, .kind = NEST, .required = true, .level = 1) },
	GRANT_ATTRIBUTES(false),
	{ .type = 0 },
};

static const struct attribute volume_get[] = {
	{ A(KEFS_A_VOLUME_ID, .kind = U64, .level = 1, .value = DOOR_VOLUME, .zero_bad = true) },
	{ .type = 0 },
};

static const struct attribute conn_get[] = {
	{ A(KEFS_A_CONN_VOLUME, .kind = U64, .level = 1, .value = DOOR_VOLUME, .zero_bad = true) },
	{ .type = 0 },
};

static const struct attribute client_get[] = {
	{ A(KEFS_A_CLIENT_VOLUME, .kind = U64, .level = 1, .value = DOOR_VOLUME, .zero_bad = true) },
	{ .type = 0 },
};

static const struct attribute stats_get[] = {
	{ A(KEFS_A_STATS_VOLUME, .kind = U64, .level = 1, .value = DOOR_VOLUME, .zero_bad = true) },
	{ .type = 0 },
};

static const struct attribute none[] = { { .type = 0 } };

#define C(c, ...) .cmd = c, .name = #c, __VA_ARGS__

static const struct command commands[] = {
	{ C(KEFS_CMD_INFO_GET, .attributes = none) },
	{ C(KEFS_CMD_CONFIG_SET, .object = KEFS_A_CONFIG, .unknown = KEFS_A_CONFIG_MAX + 1,
	    .foreign = KEFS_A_CONFIG_PAD, .attributes = config) },
	{ C(KEFS_CMD_VOLUME_ADD, .object = KEFS_A_VOLUME, .unknown = KEFS_A_VOLUME_MAX + 1,
	    .foreign = KEFS_A_VOLUME_CONNS, .attributes = volume_add) },
	{ C(KEFS_CMD_VOLUME_DEL, .object = KEFS_A_VOLUME, .unknown = KEFS_A_VOLUME_MAX + 1,
	    .foreign = KEFS_A_VOLUME_ROOT_FD, .attributes = volume_del) },
	{ C(KEFS_CMD_VOLUME_GET, .object = KEFS_A_VOLUME, .unknown = KEFS_A_VOLUME_MAX + 1, .dump = true,
	    .foreign = KEFS_A_VOLUME_NAME, .attributes = volume_get) },
	{ C(KEFS_CMD_CONN_ADD, .object = KEFS_A_CONN, .unknown = KEFS_A_CONN_MAX + 1,
	    .foreign = KEFS_A_CONN_ID, .attributes = conn_add) },
	{ C(KEFS_CMD_CONN_DEL, .object = KEFS_A_CONN, .unknown = KEFS_A_CONN_MAX + 1,
	    .foreign = KEFS_A_CONN_FD, .attributes = conn_del) },
	{ C(KEFS_CMD_CONN_GET, .object = KEFS_A_CONN, .unknown = KEFS_A_CONN_MAX + 1, .dump = true,
	    .foreign = KEFS_A_CONN_ID, .attributes = conn_get) },
	{ C(KEFS_CMD_GRANT_SET, .object = KEFS_A_CONN, .unknown = KEFS_A_CONN_MAX + 1,
	    .foreign = KEFS_A_CONN_FD, .attributes = grant_set) },
	{ C(KEFS_CMD_CLIENT_GET, .object = KEFS_A_CLIENT, .unknown = KEFS_A_CLIENT_MAX + 1, .dump = true,
	    .foreign = KEFS_A_CLIENT_ID, .attributes = client_get) },
	{ C(KEFS_CMD_STATS_GET, .object = KEFS_A_STATS, .unknown = KEFS_A_STATS_MAX + 1, .dump = true,
	    .foreign = KEFS_A_STATS_OPS, .attributes = stats_get) },
	{ C(KEFS_CMD_GRACE_END, .object = KEFS_A_VOLUME, .unknown = KEFS_A_VOLUME_MAX + 1,
	    .foreign = KEFS_A_VOLUME_FLAGS, .attributes = grace_end) },
};

/* How one attribute differs from what it should be. */
enum change { ABSENT, SHORT, LONG, VALUE, NO_NUL, PAST_NUL };

void point(bool good, const struct answer *answer, const char *format, ...)
{
	va_list args;

	printf("%s - ", good ? "ok" : "not ok");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	if (!good && answer)
		printf("    answer %d (%s), \"%s\", attribute %d, missing %d\n", answer->err, strerror(-answer->err),
		       answer->text, answer->attr, answer->missing);
	passed += good;
	failed += !good;
}

static size_t good_length(const struct attribute *a)
{
	switch (a->kind) {
	case U64:
		return 8;
	case STRING:
	case BINARY:
	case IDS:
	case ADDRESS:
		return a->value;
	case NEST:
		return 0;
	default:
		return 4;
	}
}

/* The attribute as it should be. */
static void put_good(struct nl_msg *msg, const struct attribute *a)
{
	static const struct sockaddr_in6 address = { .sin6_family = AF_INET6 };
	static const char text[4096] = "door";
	int fd = a->type == KEFS_A_CONN_FD && a->level == 1 ? fixtures.sock_fd : fixtures.dir_fd;

	if (!strcmp(a->name, "KEFS_A_VOLUME_RECOVERY_FD"))
		fd = fixtures.memory_fd;
	switch (a->kind) {
	case U32:
	case FLAGS:
		nla_put_u32(msg, a->type, (uint32_t)a->value);
		break;
	case U64:
		nla_put_u64(msg, a->type, a->value);
		break;
	case FD:
		nla_put_s32(msg, a->type, fd);
		break;
	case STRING:
		nla_put_string(msg, a->type, text);
		break;
	case BINARY:
	case IDS:
		nla_put(msg, a->type, (int)a->value, text);
		break;
	case ADDRESS:
		nla_put(msg, a->type, (int)a->value, &address);
		break;
	case NEST:
		break;
	}
}

static void put_changed(struct nl_msg *msg, const struct attribute *a, enum change change, uint64_t value)
{
	char bytes[4096];
	size_t length = good_length(a);

	memset(bytes, 'x', sizeof(bytes));
	switch (change) {
	case ABSENT:
		return;
	case SHORT:
		/* A string needs its NUL, a range of lengths has its least, a list is of whole numbers. */
		length = a->kind == STRING ? 0 : a->kind == BINARY && length > KEFS_KEY_SIZE ? 0 : length - 1;
		nla_put(msg, a->type, (int)length, bytes);
		return;
	case LONG:
		if (a->kind == STRING)
			bytes[++length] = '\0';
		nla_put(msg, a->type, (int)length + 1, bytes);
		return;
	case NO_NUL:
		nla_put(msg, a->type, 4, bytes);
		return;
	case PAST_NUL:
		nla_put(msg, a->type, 4, "a\0b");
		return;
	case VALUE:
		memcpy(bytes, &value, sizeof(value));
		nla_put(msg, a->type, (int)good_length(a), bytes);
		return;
	}
}

/* The command with its attribute @victim (NULL: none) changed. */
static struct nl_msg *build(const struct command *c, const struct attribute *victim, enum change change, uint64_t value)
{
	struct nl_msg *msg = talk_request(c->cmd, c->dump ? NLM_F_DUMP : 0);
	struct nlattr *object = c->object ? nla_nest_start(msg, c->object) : NULL, *nest = NULL;
	const struct attribute *a;
	bool skip = false;

	for (a = c->attributes; a->type; a++) {
		if (a->level == 1) {
			if (nest)
				nla_nest_end_keep_empty(msg, nest);
			nest = NULL;
			skip = a->kind == NEST && a == victim;
		}
		if (a == victim)
			put_changed(msg, a, change, value);
		else if (a->kind == NEST)
			nest = nla_nest_start(msg, a->type);
		else if (!skip || a->level == 1)
			put_good(msg, a);
	}
	if (nest)
		nla_nest_end_keep_empty(msg, nest);
	if (object)
		nla_nest_end_keep_empty(msg, object);
	return msg;
}

static bool names(const struct answer *answer, int type, const char *name)
{
	return answer->attr == type || answer->missing == type || (name && strstr(answer->text, name));
}

static void refused(const struct command *c, const struct attribute *a, enum change change, uint64_t value,
		    const char *what)
{
	struct answer answer;
	bool good;

	talk(build(c, a, change, value), NULL, NULL, &answer);
	good = (answer.err == -EINVAL || answer.err == -ERANGE) && answer.text[0] && names(&answer, a->type, a->name);
	point(good, &answer, "%s: %s %s is refused by name", c->name, a->name, what);
}

static void test_attribute(const struct command *c, const struct attribute *a)
{
	struct answer answer;
	unsigned int i;

	if (a->required)
		refused(c, a, ABSENT, 0, "absent");
	if (a->kind != NEST) {
		refused(c, a, SHORT, 0, "short");
		refused(c, a, LONG, 0, "long");
	}
	if (a->kind == STRING) {
		refused(c, a, NO_NUL, 0, "without a NUL");
		refused(c, a, PAST_NUL, 0, "behind its NUL");
	}
	if (a->zero_bad)
		refused(c, a, VALUE, 0, "zero");
	for (i = 0; i < 2; i++)
		if (a->bad[i])
			refused(c, a, VALUE, a->bad[i], "out of range");
	if (a->kind == FLAGS) {
		talk(build(c, a, VALUE, a->value | 1u << 31), NULL, NULL, &answer);
		point(answer.err == -EOPNOTSUPP && names(&answer, a->type, NULL), &answer,
		      "%s: %s unknown is not supported", c->name, a->name);
	}
}

/* The command as it should be, and one attribute more. */
static void test_extra(const struct command *c, int type, bool inside, const char *what)
{
	struct nl_msg *msg = build(c, NULL, ABSENT, 0);
	struct nlattr *object = nlmsg_attrdata(nlmsg_hdr(msg), GENL_HDRLEN);
	struct answer answer;
	int before = (int)nlmsg_hdr(msg)->nlmsg_len;

	nla_put_u32(msg, type, 1);
	if (inside)
		object->nla_len = (uint16_t)(object->nla_len + nlmsg_hdr(msg)->nlmsg_len - (uint32_t)before);
	talk(msg, NULL, NULL, &answer);
	point(answer.err == -EINVAL && names(&answer, type, NULL), &answer, "%s: %s is refused by name", c->name, what);
}

static void test_nesting(const struct command *c)
{
	struct nl_msg *msg = build(c, NULL, ABSENT, 0);
	struct nlattr *object = nlmsg_attrdata(nlmsg_hdr(msg), GENL_HDRLEN);
	struct answer answer;

	object->nla_type &= (uint16_t)~NLA_F_NESTED;
	talk(msg, NULL, NULL, &answer);
	point(answer.err == -EINVAL && names(&answer, c->object, NULL), &answer,
	      "%s: an object not marked as nested is refused by name", c->name);

	msg = talk_request(c->cmd, c->dump ? NLM_F_DUMP : 0);
	nla_put(msg, c->object | NLA_F_NESTED, 2, "xx");
	talk(msg, NULL, NULL, &answer);
	point(answer.err == -EINVAL || answer.err == -ERANGE, &answer, "%s: an object of two bytes is refused", c->name);

	if (c->dump)
		return;
	talk(talk_request(c->cmd, 0), NULL, NULL, &answer);
	point(answer.err == -EINVAL && names(&answer, c->object, NULL), &answer,
	      "%s: without its object it is refused by name", c->name);
}

static void test_command(const struct command *c)
{
	const struct attribute *a;
	struct answer answer;

	for (a = c->attributes; a->type; a++)
		test_attribute(c, a);
	test_extra(c, KEFS_A_MAX + 1, false, "an unknown object");
	test_extra(c, c->object == KEFS_A_STATS ? KEFS_A_INFO : KEFS_A_STATS, false, "another command's object");
	if (c->object) {
		test_extra(c, c->unknown, true, "an unknown attribute");
		test_extra(c, c->foreign, true, "another command's attribute");
		test_nesting(c);
	}
	talk(talk_request(c->cmd, c->dump ? 0 : NLM_F_DUMP), NULL, NULL, &answer);
	point(answer.err == -EOPNOTSUPP, &answer, "%s: %s a dump it is not supported", c->name, c->dump ? "not as" : "as");
}

/* @err for the command with the descriptor @type set to @fd. */
static void bad_fd(uint8_t cmd, const char *name, int fd, int err, const char *what)
{
	const struct attribute *a;
	struct answer answer;
	unsigned int i;

	for (i = 0; commands[i].cmd != cmd; i++)
		;
	for (a = commands[i].attributes; strcmp(a->name, name) != 0; a++)
		;
	talk(build(&commands[i], a, VALUE, (uint32_t)fd), NULL, NULL, &answer);
	point(answer.err == err && names(&answer, a->type, NULL), &answer, "%s: %s %s is %s", commands[i].name, name,
	      what, strerrorname_np(-err));
}

static void test_fds(void)
{
	const char *root = "KEFS_A_VOLUME_ROOT_FD", *conn = "KEFS_A_CONN_FD", *inner = "KEFS_A_GRANT_ROOT_FD";
	const char *recovery = "KEFS_A_VOLUME_RECOVERY_FD";
	struct answer answer;

	bad_fd(KEFS_CMD_VOLUME_ADD, root, -1, -EBADF, "-1");
	bad_fd(KEFS_CMD_VOLUME_ADD, root, 999, -EBADF, "that is closed");
	bad_fd(KEFS_CMD_VOLUME_ADD, root, fixtures.file_fd, -ENOTDIR, "of a file");
	bad_fd(KEFS_CMD_VOLUME_ADD, root, fixtures.sock_fd, -ENOTDIR, "of a socket");

	bad_fd(KEFS_CMD_VOLUME_ADD, recovery, -1, -EBADF, "-1");
	bad_fd(KEFS_CMD_VOLUME_ADD, recovery, fixtures.dir_fd, -EBADF, "that is O_PATH");
	bad_fd(KEFS_CMD_VOLUME_ADD, recovery, fixtures.file_fd, -EINVAL, "that cannot be written");
	bad_fd(KEFS_CMD_VOLUME_ADD, recovery, fixtures.sock_fd, -EINVAL, "of a socket");
	bad_fd(KEFS_CMD_GRACE_END, "KEFS_A_VOLUME_ID", 1, -ENOENT, "of nobody");

	bad_fd(KEFS_CMD_CONN_ADD, "KEFS_A_CONN_VOLUME", 1, -ENOENT, "of nobody");
	add_volume(DOOR_VOLUME, "fs-door", &answer);
	point(!answer.err, &answer, "KEFS_CMD_VOLUME_ADD: works");
	bad_fd(KEFS_CMD_CONN_ADD, conn, -1, -EBADF, "-1");
	bad_fd(KEFS_CMD_CONN_ADD, conn, 999, -EBADF, "that is closed");
	bad_fd(KEFS_CMD_CONN_ADD, conn, fixtures.file_fd, -ENOTSOCK, "of a file");
	bad_fd(KEFS_CMD_CONN_ADD, conn, fixtures.udp_fd, -EPROTOTYPE, "of a UDP socket");
	bad_fd(KEFS_CMD_CONN_ADD, conn, fixtures.alone_fd, -ENOTCONN, "of a socket without a peer");
	bad_fd(KEFS_CMD_CONN_ADD, inner, -1, -EBADF, "-1");
	bad_fd(KEFS_CMD_CONN_ADD, inner, fixtures.file_fd, -ENOTDIR, "of a file");
	delete_volume(DOOR_VOLUME, 0, &answer);
	point(!answer.err, &answer, "KEFS_CMD_VOLUME_DEL: works");
}

static void test_header(void)
{
	struct nl_msg *msg = talk_request(KEFS_CMD_INFO_GET, 0);
	struct answer answer;

	genlmsg_hdr(nlmsg_hdr(msg))->reserved = 1;
	talk(msg, NULL, NULL, &answer);
	point(answer.err == -EINVAL, &answer, "reserved bits of the header are refused");
	talk(talk_request(KEFS_CMD_MAX + 1, 0), NULL, NULL, &answer);
	point(answer.err == -EOPNOTSUPP, &answer, "an unknown command is not supported");
}

/* Without CAP_NET_ADMIN no command is for us. */
static void test_rights(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct all[2], less[2];
	struct answer answer;
	unsigned int i;

	if (syscall(SYS_capget, &header, all) < 0)
		abort();
	memcpy(less, all, sizeof(less));
	less[CAP_TO_INDEX(CAP_NET_ADMIN)].effective &= ~CAP_TO_MASK(CAP_NET_ADMIN);
	if (syscall(SYS_capset, &header, less) < 0)
		abort();
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		talk(build(&commands[i], NULL, ABSENT, 0), NULL, NULL, &answer);
		point(answer.err == -EPERM, &answer, "%s: needs CAP_NET_ADMIN", commands[i].name);
	}
	if (syscall(SYS_capset, &header, all) < 0)
		abort();
}

void tcp_pair(int fd[2])
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(addr);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	fd[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || fd[1] < 0 || bind(listener, (struct sockaddr *)&addr, len) < 0 || listen(listener, 1) < 0 ||
	    getsockname(listener, (struct sockaddr *)&addr, &len) < 0 ||
	    connect(fd[1], (struct sockaddr *)&addr, len) < 0 ||
	    (fd[0] = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) < 0) {
		perror("door: sockets");
		exit(2);
	}
	close(listener);
}

static void set_up(const char *directory)
{
	int pair[2];

	fixtures.directory = directory;
	fixtures.dir_fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	fixtures.file_fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	fixtures.memory_fd = memfd_create("recovery", MFD_CLOEXEC);
	fixtures.udp_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	fixtures.alone_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	tcp_pair(pair);
	fixtures.sock_fd = pair[0];
	if (fixtures.dir_fd < 0 || fixtures.file_fd < 0 || fixtures.memory_fd < 0 || fixtures.udp_fd < 0 ||
	    fixtures.alone_fd < 0) {
		perror("door");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	uint32_t volumes[2], conns[2];
	unsigned int i;

	if (argc != 2) {
		fputs("usage: door DIRECTORY\n", stderr);
		return 64;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (talk_open() < 0) {
		fputs("door: no netlink family\n", stderr);
		return 2;
	}
	set_up(argv[1]);
	count_objects(&volumes[0], &conns[0]);
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		test_command(&commands[i]);
	test_header();
	test_rights();
	test_fds();
	count_objects(&volumes[1], &conns[1]);
	point(volumes[0] == volumes[1] && conns[0] == conns[1], NULL, "what was refused has left nothing behind");
	test_life();
	test_grants();
	test_relayed();
	test_dumps();
	test_domains();
	talk_close();
	printf("%u passed, %u failed\n", passed, failed);
	return failed || !passed;
}
