/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The EFS API: what an operation's function gets and gives. Inside api/ only. A function reads its checked input,
 * works through the services, and returns 0 and its output, or a fault and a text; efs.c makes the answer of it.
 */
#ifndef KEFS_API_EFS_H
#define KEFS_API_EFS_H

#include <jansson.h>

#include "api/api.h"
#include "api/efs_shapes.h"
#include "http/server.h"
#include "model/fault.h"
#include "model/page.h"
#include "model/tag.h"
#include "service/identities.h"

struct kefs_efs_call {
	const struct kefs_api *api;
	const struct kefs_efs *efs;
	const json_t *in;			/* checked */
	const struct kefs_who *who;		/* that asks */
	const struct kefs_http_caller *caller;
	json_t *out;				/* a new reference, or NULL: no body */
	/* A member that an error's body has besides code and message; "" if none. */
	const char *extra;
	char extra_value[KEFS_ID_SIZE];
	struct kefs_err err;
};

typedef int (*kefs_efs_fn)(struct kefs_efs_call *call);

struct kefs_efs_op {
	const char *name;
	const char *method;
	const char *pattern;		/* behind /2015-02-01 */
	unsigned int status;		/* when all is well */
	const struct kefs_shape *shape;
	kefs_efs_fn run;
};

/* The operations, *ret_count rows; the order counts as in a route table. */
const struct kefs_efs_op *kefs_efs_ops(size_t *ret_count);

/* The handler of all operations; the route's data is the row. */
void kefs_efs_handle(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply);

/*
 * An operation's input, body, path and query in one object, checked against its shape: 0 and a new reference, or
 * -KEFS_E_BAD_REQUEST.
 */
int kefs_efs_input(const struct kefs_shape *shape, const struct kefs_http_request *request, json_t **ret_in,
		   struct kefs_err *err);

/* May the caller do this, on what the input names? 0 or -KEFS_E_ACCESS_DENIED. */
int kefs_efs_authorize(struct kefs_efs_call *call, const char *operation);

/* The page that MaxItems and Marker, or MaxResults and NextToken, ask for: 0 or -KEFS_E_BAD_REQUEST. */
int kefs_efs_page(struct kefs_efs_call *call, char kind, bool marker, struct kefs_page *ret_page);

/*
 * Puts the list into the output as name, with what a page has besides: the place where the next one starts, if more
 * is set, and the request's marker. Takes the list's reference. 0 or -ENOMEM.
 */
struct kefs_efs_next {
	bool more;
	int64_t ms;
	const char *id;
};
int kefs_efs_list(struct kefs_efs_call *call, const char *name, json_t *list, char kind, bool marker,
		  const struct kefs_efs_next *next);

/* Makes the output of a new reference; NULL is -ENOMEM. */
int kefs_efs_out(struct kefs_efs_call *call, json_t *out);

/* Seconds since the epoch, as the service writes a time. */
double kefs_efs_seconds(int64_t ms);

/* The tags of a request's member: 0, -ENOMEM; to be freed. */
int kefs_efs_read_tags(const json_t *in, const char *name, struct kefs_tags *ret_tags);

/* The keys of tags that a request takes away: how many. They are good as long as the input. */
#define KEFS_EFS_TAG_KEYS_MAX 50	/* that the shapes let through */
size_t kefs_efs_read_tag_keys(const json_t *in, const char *ret_keys[KEFS_EFS_TAG_KEYS_MAX]);

/* All tags of a resource as a list of objects: a new reference, or NULL. Name's value is put into name, if asked. */
json_t *kefs_efs_tags_json(const struct kefs_efs *efs, const char *id, char *name, size_t name_size);

/* A file system's description; state overrides what the store says, if not NULL. A new reference, or NULL. */
json_t *kefs_efs_fs_json(const struct kefs_efs *efs, const struct kefs_fs *fs, const char *state);

/* Operations, in the files that are named after their objects. */
int kefs_efs_create_file_system(struct kefs_efs_call *call);
int kefs_efs_describe_file_systems(struct kefs_efs_call *call);
int kefs_efs_update_file_system(struct kefs_efs_call *call);
int kefs_efs_delete_file_system(struct kefs_efs_call *call);
int kefs_efs_update_protection(struct kefs_efs_call *call);
int kefs_efs_put_policy(struct kefs_efs_call *call);
int kefs_efs_describe_policy(struct kefs_efs_call *call);
int kefs_efs_delete_policy(struct kefs_efs_call *call);
int kefs_efs_put_lifecycle(struct kefs_efs_call *call);
int kefs_efs_describe_lifecycle(struct kefs_efs_call *call);
int kefs_efs_put_backup(struct kefs_efs_call *call);
int kefs_efs_describe_backup(struct kefs_efs_call *call);
int kefs_efs_create_replication(struct kefs_efs_call *call);
int kefs_efs_delete_replication(struct kefs_efs_call *call);
int kefs_efs_describe_replications(struct kefs_efs_call *call);
int kefs_efs_create_mount_target(struct kefs_efs_call *call);
int kefs_efs_describe_mount_targets(struct kefs_efs_call *call);
int kefs_efs_delete_mount_target(struct kefs_efs_call *call);
int kefs_efs_describe_groups(struct kefs_efs_call *call);
int kefs_efs_modify_groups(struct kefs_efs_call *call);
int kefs_efs_create_access_point(struct kefs_efs_call *call);
int kefs_efs_describe_access_points(struct kefs_efs_call *call);
int kefs_efs_delete_access_point(struct kefs_efs_call *call);
int kefs_efs_tag_resource(struct kefs_efs_call *call);
int kefs_efs_untag_resource(struct kefs_efs_call *call);
int kefs_efs_list_tags(struct kefs_efs_call *call);
int kefs_efs_create_tags(struct kefs_efs_call *call);
int kefs_efs_delete_tags(struct kefs_efs_call *call);
int kefs_efs_describe_tags(struct kefs_efs_call *call);
int kefs_efs_put_preferences(struct kefs_efs_call *call);
int kefs_efs_describe_preferences(struct kefs_efs_call *call);

#endif
