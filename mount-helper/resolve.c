// SPDX-License-Identifier: GPL-2.0
#include "resolve.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "aws.h"
#include "common/cleanup.h"
#include "common/str.h"
#include "proc.h"

#define PROBE_TRIES	3
#define PROBE_MS	2000
#define PROBE_PAUSE_MS	500

static int look_up(const char *name, int flags, struct addrinfo **ret_list)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = flags };

	*ret_list = NULL;
	return getaddrinfo(name, NULL, &hints, ret_list);
}

int resolve_canonical(const char *name, char ret_canonical[NAME_SIZE], struct failure *failure)
{
	struct addrinfo *list;
	int rc = look_up(name, AI_CANONNAME, &list);

	if (rc)
		return refuse(failure, MSG_UNRESOLVED, name, gai_strerror(rc));
	rc = kefs_str_copy(ret_canonical, NAME_SIZE, list->ai_canonname ? list->ai_canonname : name);
	freeaddrinfo(list);
	return rc < 0 ? refuse(failure, MSG_LONG_NAME, name) : 0;
}

/* With and without a dot at the end, which keeps search domains out. 0 or getaddrinfo()'s error. */
static int resolves(const char *name)
{
	char dotted[NAME_SIZE + 1];
	struct addrinfo *list;
	int rc = look_up(name, 0, &list);

	if (rc == 0)
		freeaddrinfo(list);
	else if (kefs_str_format(dotted, sizeof(dotted), "%s.", name) == 0 && look_up(dotted, 0, &list) == 0) {
		freeaddrinfo(list);
		rc = 0;
	}
	return rc;
}

struct probe {
	const char *address;
	unsigned int port;
};

/* One attempt to connect: 0 or -errno. */
static int connect_once(const struct addrinfo *ai)
{
	CLEANUP_CLOSE int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t len = sizeof(int);
	int error = 0, n;

	if (fd < 0)
		return -errno;
	if (connect(fd, ai->ai_addr, ai->ai_addrlen) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	n = poll(&p, 1, PROBE_MS);
	if (n <= 0)
		return n < 0 ? -errno : -ETIMEDOUT;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 ? -errno : -error;
}

static int probe(void *arg)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	const struct timespec pause = { 0, PROBE_PAUSE_MS * 1000000L };
	const struct probe *probe = arg;
	struct addrinfo *ai = NULL;
	char port[8];
	int rc;

	(void)kefs_str_format(port, sizeof(port), "%u", probe->port);
	if (getaddrinfo(probe->address, port, &hints, &ai) != 0)
		return -EINVAL;
	rc = connect_once(ai);
	/* Only silence is worth another try: a refusal is an answer */
	for (int i = 1; rc == -ETIMEDOUT && i < PROBE_TRIES; i++) {
		(void)nanosleep(&pause, NULL);
		rc = connect_once(ai);
	}
	freeaddrinfo(ai);
	return rc;
}

static int check_reachable(const struct plan *plan, const char *address, unsigned int port, struct failure *failure)
{
	struct probe arg = { address, port };
	int rc = proc_in_netns(plan->netns, probe, &arg);

	return rc < 0 ? refuse(failure, MSG_UNREACHABLE, address, kefs_err_name(rc)) : 0;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static bool in_zone(const json_t *target, const char *zone)
{
	return !strcmp(text_of(target, "AvailabilityZoneName"), zone) ||
		!strcmp(text_of(target, "AvailabilityZoneId"), zone);
}

const char *resolve_pick(const json_t *answer, const char *zone)
{
	const json_t *list = json_object_get(answer, "MountTargets"), *target;
	const char *any = NULL;
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		const char *address;

		target = json_array_get(list, i);
		address = text_of(target, "IpAddress");
		if (!*address)
			address = text_of(target, "Ipv6Address");
		if (!*address || strcmp(text_of(target, "LifeCycleState"), "available") != 0)
			continue;
		if (*zone && in_zone(target, zone))
			return address;
		if (!any)
			any = address;
	}
	return any;
}

static int ask_api(const struct plan *plan, const struct places *places, char ret_target[NAME_SIZE],
		   struct failure *why)
{
	struct creds_places creds_places = places_for_creds(places, places_env);
	struct aws_call call = { .region = plan->region, .service = "elasticfilesystem", .limit_ms = AWS_LIMIT_MS,
				 .ca_file = places_env("AWS_CA_BUNDLE") };
	char url[URL_SIZE + 128];
	const char *address;
	struct creds creds;
	struct kefs_err err;
	json_t *answer;
	int rc;

	if (!*places->efs_url || !*plan->region)
		return refuse(why, MSG_NO_REGION, "the API", "efs-utils.conf");
	rc = creds_find(&plan->creds, &creds_places, &creds, why);
	if (rc < 0)
		return rc;
	(void)kefs_str_format(url, sizeof(url), "%s/2015-02-01/mount-targets?FileSystemId=%s", places->efs_url,
			      plan->device.fs_id);
	call.url = url;
	call.creds = &creds;
	rc = aws_do(&call, &answer, &err);
	explicit_bzero(&creds, sizeof(creds));
	if (rc < 0)
		return refuse(why, MSG_CONFIG, err.text);
	address = resolve_pick(answer, plan->zone);
	rc = address ? kefs_str_copy(ret_target, NAME_SIZE, address) :
		refuse(why, MSG_CONFIG, "the API knows no mount target of it that is available; "
		     "make one, or try again in a few minutes if it is new");
	json_decref(answer);
	return rc;
}

int resolve_target(const struct plan *plan, unsigned int port, const struct places *places, char ret_target[NAME_SIZE],
		   struct failure *failure)
{
	struct failure why;
	int rc;

	if (*plan->address) {
		(void)kefs_str_copy(ret_target, NAME_SIZE, plan->address);
		return check_reachable(plan, plan->address, port, failure);
	}
	rc = resolves(plan->name);
	if (rc == 0)
		return kefs_str_copy(ret_target, NAME_SIZE, plan->name);
	if (!plan->fallback)
		return refuse(failure, MSG_UNRESOLVED, plan->name, gai_strerror(rc));
	if (ask_api(plan, places, ret_target, &why) < 0)
		return refuse(failure, MSG_UNRESOLVED_FALLBACK, plan->name, gai_strerror(rc), why.text);
	return check_reachable(plan, ret_target, port, failure);
}
