/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The audit log: who called what of the APIs and who mounted what, or tried to. What strangers can cause is bounded by
 * address (limit.h), how long it can grow by rotation (journal.h). Loop thread only. A NULL audit takes everything and
 * does nothing: it is switched off.
 */
#ifndef KEFS_AUDIT_AUDIT_H
#define KEFS_AUDIT_AUDIT_H

#include "audit/journal.h"
#include "audit/record.h"
#include "base/loop.h"
#include "common/err.h"

struct kefs_audit;

struct kefs_audit_parts {
	struct kefs_loop *loop;
	const char *path;		/* of the file */
	uint64_t size;			/* bytes of one file */
	unsigned int keep;		/* old files */
	const char *region, *account;	/* stay the caller's */
};

/* 0 or -errno with err. A file that cannot be written is no error, but logged when it is found. */
int kefs_audit_open(const struct kefs_audit_parts *parts, struct kefs_audit **ret_audit, struct kefs_err *err);

/* Writes what is not written yet and frees it. */
void kefs_audit_free(struct kefs_audit *audit);

/* One call. Those of unproven callers are limited by peer. */
void kefs_audit_add_call(struct kefs_audit *audit, const struct kefs_audit_call *call, const struct kefs_addr *peer);

/* One connection, or what became of it. Those of anonymous and refused clients are limited, but for updates. */
void kefs_audit_add_connection(struct kefs_audit *audit, const struct kefs_audit_connection *connection);

/* Counts of lines. All 0 when it is switched off. */
void kefs_audit_get_stats(const struct kefs_audit *audit, struct kefs_journal_stats *ret_stats);

#endif
