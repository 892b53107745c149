/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a line of the audit log says, in the shape of CloudTrail's records (event version 1.08), with what CloudTrail
 * has for EFS: AwsApiCall for calls of the API, NewClientConnection and UpdateClientConnection for clients of NFS. Pure
 * but for the random event id.
 */
#ifndef KEFS_AUDIT_RECORD_H
#define KEFS_AUDIT_RECORD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/addr.h"
#include "policy/nfs.h"
#include "policy/policy.h"

#define KEFS_AUDIT_LINE_MAX	((size_t)64 * 1024)	/* bytes; longer ones lose their parameters */
#define KEFS_AUDIT_HIDDEN	"HIDDEN_DUE_TO_SECURITY_REASONS"

/* Where and when. */
struct kefs_audit_place {
	const char *region, *account;
	int64_t now;		/* seconds since the epoch */
};

/* A call of an API. Strings and objects stay the caller's; NULL where there is none. */
struct kefs_audit_call {
	const char *service;		/* "elasticfilesystem", "iam", …, "kefs" for kefsd's own */
	const char *operation;
	const char *address;		/* of who asks; "": this host */
	const char *user_agent;
	const char *error_code, *error_message;
	const char *request_id;		/* that the answer bears */
	bool read_only;
	json_t *identity;		/* of kefs_audit_identity(); NULL: not proven, */
	const char *access_key;		/* and this is what it said */
	json_t *parameters, *response;	/* as in the API: names become lower-camel, and secrets are hidden */
};

/* A connection of a client of NFS. */
struct kefs_audit_connection {
	bool update;			/* it lives, and what it may do changes */
	const struct kefs_principal *principal;	/* NULL: anonymous, or not believed */
	const char *access_key;		/* "": none */
	const char *fs_id;		/* NULL: it came to no file system */
	const char *access_point;	/* "": none */
	const struct kefs_addr *peer;
	bool tls;
	const struct kefs_nfs_decision *decision;	/* NULL: not by policy, for another reason: */
	const char *refused;				/* why it is refused; NULL: it is not, or by the decision */
};

/* userIdentity of somebody who has proven who he is; access_key "" for none. A new reference or NULL. */
json_t *kefs_audit_identity(const struct kefs_principal *principal, const char *access_key);

/* The records: new references, or NULL without memory. */
json_t *kefs_audit_call_record(const struct kefs_audit_place *place, const struct kefs_audit_call *call);
json_t *kefs_audit_connection_record(const struct kefs_audit_place *place,
				     const struct kefs_audit_connection *connection);

/* One of what is not there: so many lines, and why ("of 192.0.2.1, of which there were too many"). */
json_t *kefs_audit_gap_record(const struct kefs_audit_place *place, const char *operation, const char *address,
			      uint64_t lines);

/* One line, to be freed; NULL without memory. Takes the reference. */
char *kefs_audit_line(json_t *record);

#endif
