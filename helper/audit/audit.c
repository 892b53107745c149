// SPDX-License-Identifier: GPL-2.0
#include "audit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audit/limit.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/str.h"

struct kefs_audit {
	struct kefs_audit_parts parts;
	struct kefs_journal *journal;
	struct kefs_source *timer;	/* runs while something was left out */
	bool armed;
	struct kefs_limit limit;
	char path[256];			/* for the log */
};

static struct kefs_audit_place place_of(const struct kefs_audit *audit)
{
	return (struct kefs_audit_place) { audit->parts.region, audit->parts.account, time(NULL) };
}

static void add(struct kefs_audit *audit, json_t *record)
{
	CLEANUP_FREE char *line = kefs_audit_line(record);

	if (line)
		kefs_journal_add(audit->journal, line, strlen(line));
}

static void add_gap(struct kefs_audit *audit, const char *operation, const char *address, uint64_t lines)
{
	const struct kefs_audit_place place = place_of(audit);

	add(audit, kefs_audit_gap_record(&place, operation, address, lines));
}

/* --- bounds --- */

static void tell_left_out(struct kefs_audit *audit, bool all)
{
	char address[KEFS_ADDR_TEXT];
	uint64_t left_out;

	while (kefs_limit_take(&audit->limit, kefs_loop_now_ms(audit->parts.loop), all, address, &left_out))
		add_gap(audit, "RecordsLeftOut", address, left_out);
}

/* As long as it goes on, once in an interval; the last time finds nothing. */
static void on_timer(void *ctx)
{
	struct kefs_audit *audit = ctx;

	audit->armed = false;
	tell_left_out(audit, true);
}

static bool allow(struct kefs_audit *audit, const struct kefs_addr *peer)
{
	if (kefs_limit_allow(&audit->limit, peer, kefs_loop_now_ms(audit->parts.loop)))
		return true;
	if (!audit->armed) {
		audit->armed = true;
		kefs_loop_rearm(audit->timer, KEFS_LIMIT_MS);
	}
	return false;
}

/* --- the file --- */

static void on_state(void *ctx, int rc, uint64_t lost)
{
	struct kefs_audit *audit = ctx;

	if (rc < 0) {
		log_err("the audit log %s cannot be written: %s; lines are left out and counted until it can", audit->path,
			kefs_err_name(rc));
		return;
	}
	log_warn("the audit log %s is written again; %llu lines were left out", audit->path, (unsigned long long)lost);
	add_gap(audit, "RecordsLost", "localhost", lost);
}

int kefs_audit_open(const struct kefs_audit_parts *parts, struct kefs_audit **ret_audit, struct kefs_err *err)
{
	struct kefs_audit *audit = calloc(1, sizeof(*audit));
	const struct kefs_journal_parts journal = {
		.loop = parts->loop, .path = parts->path, .size = parts->size, .keep = parts->keep, .state = on_state,
		.ctx = audit,
	};
	int rc = audit ? kefs_loop_add_timer(parts->loop, 0, on_timer, audit, &audit->timer) : -ENOMEM;

	if (rc < 0) {
		free(audit);
		return kefs_err_sys(err, rc, "the audit log");
	}
	kefs_loop_enable(audit->timer, false);
	audit->parts = *parts;
	(void)kefs_str_copy(audit->path, sizeof(audit->path), parts->path);
	rc = kefs_journal_open(&journal, &audit->journal, err);
	if (rc < 0) {
		kefs_audit_free(audit);
		return rc;
	}
	*ret_audit = audit;
	return 0;
}

void kefs_audit_free(struct kefs_audit *audit)
{
	if (!audit)
		return;
	if (audit->journal)
		tell_left_out(audit, true);
	kefs_journal_free(audit->journal);
	(void)kefs_loop_remove(audit->timer);
	free(audit);
}

void kefs_audit_add_call(struct kefs_audit *audit, const struct kefs_audit_call *call, const struct kefs_addr *peer)
{
	struct kefs_audit_place place;

	if (!audit || (!call->identity && !allow(audit, peer)))
		return;
	place = place_of(audit);
	add(audit, kefs_audit_call_record(&place, call));
}

void kefs_audit_add_connection(struct kefs_audit *audit, const struct kefs_audit_connection *connection)
{
	struct kefs_audit_place place;
	bool known = connection->principal && !connection->refused && connection->decision && connection->decision->mount;

	if (!audit || (!known && !connection->update && !allow(audit, connection->peer)))
		return;
	place = place_of(audit);
	add(audit, kefs_audit_connection_record(&place, connection));
}

void kefs_audit_get_stats(const struct kefs_audit *audit, struct kefs_journal_stats *ret_stats)
{
	memset(ret_stats, 0, sizeof(*ret_stats));
	if (audit)
		kefs_journal_get_stats(audit->journal, ret_stats);
}
