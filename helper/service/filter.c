// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel tells of changes; where it does not, a look at the table's handle must do: one that was made anew has
 * another.
 */
#include "filter.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/log.h"
#include "common/str.h"
#include "net/nft.h"
#include "service/packet_filter.h"

#define PATH_SIZE	1024
#define PAUSE_MS	1000

struct kefs_filter {
	struct kefs_filter_parts parts;
	char path[PATH_SIZE];
	struct kefs_source *watch;	/* NULL: there are no notices */
	int watch_fd;
	bool right;			/* as far as is known */
	uint64_t applied_ms;
	uint64_t handle;		/* of our table then; 0: none */
};

/* Where one cannot look there is none: the worst that comes of it is that it is applied anew at each check. */
static uint64_t look(void)
{
	uint64_t handle;

	return kefs_nft_table(KEFS_PACKET_FILTER_TABLE, &handle) < 0 ? 0 : handle;
}

int kefs_filter_apply(struct kefs_filter *filter, struct kefs_err *err)
{
	bool made = false;
	int rc = kefs_packet_filter_apply(filter->parts.db, filter->parts.topology, filter->path, &made, err);

	filter->applied_ms = kefs_loop_now_ms(filter->parts.loop);
	/* Those are of this change, and of what it has put right. Who comes behind it is told of, or seen by the handle. */
	if (filter->watch_fd >= 0)
		(void)kefs_nft_drain(filter->watch_fd, KEFS_PACKET_FILTER_TABLE);
	if (rc == 0)
		filter->handle = look();
	filter->right = rc == 0 && (filter->handle || !made);
	return rc;
}

int kefs_filter_check(struct kefs_filter *filter, struct kefs_err *err)
{
	if (filter->right && look() == filter->handle)
		return 0;
	if (filter->right)
		log_warn_limited("the packet filter's table %s was taken away by somebody else; it is made anew",
				 KEFS_PACKET_FILTER_TABLE);
	return kefs_filter_apply(filter, err);
}

static void on_notice(void *ctx, int fd, uint32_t events)
{
	struct kefs_filter *filter = ctx;
	struct kefs_err err;

	(void)events;
	if (!kefs_nft_drain(fd, KEFS_PACKET_FILTER_TABLE))
		return;
	filter->right = false;
	/* Somebody who does it again and again is answered by the next check. */
	if (kefs_loop_now_ms(filter->parts.loop) - filter->applied_ms < PAUSE_MS)
		return;
	log_warn_limited("the packet filter's table %s was changed by somebody else; it is made anew", KEFS_PACKET_FILTER_TABLE);
	if (kefs_filter_apply(filter, &err) < 0)
		log_err("the packet filter is not as security groups have it: %s", err.text);
}

int kefs_filter_new(const struct kefs_filter_parts *parts, struct kefs_filter **ret_filter, struct kefs_err *err)
{
	struct kefs_filter *filter = calloc(1, sizeof(*filter));
	int rc;

	if (!filter)
		return kefs_err_sys(err, -ENOMEM, "packet filter");
	filter->parts = *parts;
	filter->watch_fd = kefs_nft_watch();
	rc = kefs_str_format(filter->path, sizeof(filter->path), "%s/security-groups.nft", parts->run_dir);
	if (rc == 0 && filter->watch_fd >= 0)
		rc = kefs_loop_add_fd(parts->loop, filter->watch_fd, EPOLLIN, on_notice, filter, &filter->watch);
	if (rc < 0) {
		kefs_filter_free(filter);
		return kefs_err_sys(err, rc, "packet filter");
	}
	*ret_filter = filter;
	return 0;
}

void kefs_filter_free(struct kefs_filter *filter)
{
	if (!filter)
		return;
	(void)kefs_loop_remove(filter->watch);
	if (filter->watch_fd >= 0)
		(void)close(filter->watch_fd);
	free(filter);
}
