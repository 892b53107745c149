/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The services that speak AWS's query protocol, STS, IAM and EC2: what an operation's function gets and gives. Inside
 * api/ only. A function reads the form, works through store and services, writes the members of its result, and
 * returns 0 or a fault and a text; query.c does the rest.
 */
#ifndef KEFS_API_QUERY_H
#define KEFS_API_QUERY_H

#include <jansson.h>

#include "api/api.h"
#include "http/form.h"
#include "http/server.h"
#include "http/xml.h"
#include "model/fault.h"
#include "model/tag.h"
#include "service/identities.h"

struct kefs_query_service;

struct kefs_query_call {
	const struct kefs_api *api;
	const struct kefs_efs *efs;
	const struct kefs_form *form;
	const struct kefs_who *who;		/* that asks */
	const struct kefs_http_caller *caller;
	const struct kefs_query_service *service;
	const struct kefs_query_op *op;
	struct kefs_xml xml;			/* what stands in the result */
	json_t *made;				/* what of that the audit log is to say; a new reference, or NULL */
	struct kefs_err err;
};

typedef int (*kefs_query_fn)(struct kefs_query_call *call);

/* Where an operation's resources and the keys of its conditions are known: its function to authorize it. */
struct kefs_query_op {
	const char *name;
	kefs_query_fn run;
	kefs_query_fn authorize;		/* asks kefs_query_may() for all that it does; NULL: for it, on "*" */
	/* IAM: what it is about: a kind of identity or "policy", and the parameter that names it. */
	const char *kind, *param;
	/* Parameters (how their names start; NULL ends them) that would narrow what is given, and that are not there yet. */
	const char *const *refused;
	bool everybody;				/* nobody is denied it by policies, or run() asks them */
	bool bare;				/* without a result element */
	bool changes;				/* identities, keys or their policies */
};

struct kefs_query_service {
	const char *name, *ns;
	bool ec2;
	const struct kefs_query_op *(*ops)(size_t *ret_count);
};

/* The handler of POST /. */
void kefs_query_handle(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply);

/* The operations of each. */
const struct kefs_query_op *kefs_sts_ops(size_t *ret_count);
const struct kefs_query_op *kefs_iam_ops(size_t *ret_count);
const struct kefs_query_op *kefs_ec2_ops(size_t *ret_count);

/* All parameters but Action and Version as one object, "Tags.member.1.Key" as in Tags[0].Key: a new reference. */
json_t *kefs_query_parameters(const struct kefs_form *form);

/* A parameter that must be there: 0, or the service's fault for one that is missing. */
int kefs_query_required(struct kefs_query_call *call, const char *name, const char **ret_value);

/* A parameter's number, or preset if it is absent. 0 or the service's fault. */
int kefs_query_number(struct kefs_query_call *call, const char *name, uint64_t min, uint64_t max, uint64_t preset,
		      uint64_t *ret_value);

/* True or false, false if it is absent. 0 or the service's fault. */
int kefs_query_flag(struct kefs_query_call *call, const char *name, bool *ret_value);

/*
 * The tags "<prefix>.N.Key" and ".Value", unchecked, one at most more than there may be: to be freed. 0, -ENOMEM or the
 * service's fault.
 */
int kefs_query_tags(struct kefs_query_call *call, const char *prefix, struct kefs_tags *ret_tags);

/* The texts "<prefix>.N", max at most: how many. They are the form's. */
size_t kefs_query_list(const struct kefs_query_call *call, const char *prefix, const char **ret_texts, size_t max);

/* What is asked of policies. */
struct kefs_query_ask {
	const char *action;			/* "iam:TagUser"; NULL: the operation's own */
	const char *resource;			/* ARN, or "*" */
	const struct kefs_policy_key *keys;	/* as in struct kefs_authorize_request */
	size_t key_count;
	const char *tagged_id;			/* these likewise */
	const struct kefs_tags *tags;
	const char *const *tag_keys;
	size_t tag_key_count;
	const struct kefs_policy *policy;
};

/* May the caller? 0, or the service's fault that says no. */
int kefs_query_may(struct kefs_query_call *call, const struct kefs_query_ask *ask);

#endif
