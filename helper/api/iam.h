/* SPDX-License-Identifier: GPL-2.0 */
/* IAM's operations, and what they share. Inside api/ only. */
#ifndef KEFS_API_IAM_H
#define KEFS_API_IAM_H

#include "api/query.h"
#include "model/tag.h"

/* Of a row's kind that is one of an identity. */
enum kefs_identity_kind kefs_iam_kind(const char *name);

/*
 * What an operation is allowed for, by its row (iam_authorize.c): who or what it is about; and the tags that he gets,
 * those that he loses; and the policy that is attached; something new, and its tags; what it is about, under the name
 * and path that it gets.
 */
int kefs_iam_authorize(struct kefs_query_call *call);
int kefs_iam_authorize_tag(struct kefs_query_call *call);
int kefs_iam_authorize_untag(struct kefs_query_call *call);
int kefs_iam_authorize_attach(struct kefs_query_call *call);
int kefs_iam_authorize_new(struct kefs_query_call *call);
int kefs_iam_authorize_rename(struct kefs_query_call *call);

/* The identity that the operation's row names, found: 0, ValidationError or NoSuchEntity. A user may be the caller. */
int kefs_iam_subject(struct kefs_query_call *call, struct kefs_identity *ret_identity);

/* The identity of a kind that a parameter names. */
int kefs_iam_find(struct kefs_query_call *call, enum kefs_identity_kind kind, const char *param,
		  struct kefs_identity *ret_identity);

/* A name for something new: 0 or ValidationError. */
int kefs_iam_name(struct kefs_query_call *call, const char *param, size_t max, const char **ret_name);

/* A parameter that is a path, "/" if it is absent: 0 or ValidationError. */
int kefs_iam_path(struct kefs_query_call *call, const char *param, const char **ret_path);

/* Text for people of at most 1000 bytes, "" if it is absent. 0 or ValidationError. */
int kefs_iam_description(struct kefs_query_call *call, const char **ret_text);

/* NoSuchEntity with the service's text ("The user with name x cannot be found."). */
int kefs_iam_missing(struct kefs_query_call *call, const char *what, const char *name);

/* A list in pages, in the order of names: MaxItems and Marker, IsTruncated and Marker. */
struct kefs_iam_pager {
	char after[KEFS_IAM_NAME_SIZE];
	uint64_t max, shown;
	bool after_aws, more, last_aws;
	char last[KEFS_IAM_NAME_SIZE];
};
int kefs_iam_pager_begin(struct kefs_query_call *call, struct kefs_iam_pager *ret_pager);
/* Is it on the page? aws: it is a policy of AWS's, which comes behind an own one of the same name. */
bool kefs_iam_pager_take(struct kefs_iam_pager *pager, const char *name, bool aws);
void kefs_iam_pager_end(struct kefs_query_call *call, const struct kefs_iam_pager *pager);

/* Where tags, and the keys of tags, are among the parameters, as kefs_query_tags() and kefs_query_list() want it. */
#define KEFS_IAM_TAGS		"Tags.member"
#define KEFS_IAM_TAG_KEYS	"TagKeys.member"

/* The tags, checked: 0, InvalidInput, -ENOMEM; to be freed. */
int kefs_iam_read_tags(struct kefs_query_call *call, struct kefs_tags *ret_tags);
int kefs_iam_write_tags(struct kefs_query_call *call, const char *id);
int kefs_iam_store_tags(struct kefs_query_call *call, const char *id, const struct kefs_tags *tags);

/* Operations; the rows are in iam.c. */
int kefs_iam_create_user(struct kefs_query_call *call);
int kefs_iam_create_group(struct kefs_query_call *call);
int kefs_iam_create_role(struct kefs_query_call *call);
int kefs_iam_get(struct kefs_query_call *call);
int kefs_iam_get_group(struct kefs_query_call *call);
int kefs_iam_list_users(struct kefs_query_call *call);
int kefs_iam_list_groups(struct kefs_query_call *call);
int kefs_iam_list_roles(struct kefs_query_call *call);
int kefs_iam_list_groups_for_user(struct kefs_query_call *call);
int kefs_iam_list_profiles(struct kefs_query_call *call);
int kefs_iam_rename(struct kefs_query_call *call);
int kefs_iam_update_role(struct kefs_query_call *call);
int kefs_iam_delete(struct kefs_query_call *call);
int kefs_iam_update_trust(struct kefs_query_call *call);
int kefs_iam_add_user(struct kefs_query_call *call);
int kefs_iam_remove_user(struct kefs_query_call *call);
int kefs_iam_tag(struct kefs_query_call *call);
int kefs_iam_untag(struct kefs_query_call *call);
int kefs_iam_list_tags(struct kefs_query_call *call);
int kefs_iam_create_key(struct kefs_query_call *call);
int kefs_iam_list_keys(struct kefs_query_call *call);
int kefs_iam_update_key(struct kefs_query_call *call);
int kefs_iam_delete_key(struct kefs_query_call *call);
int kefs_iam_put_inline(struct kefs_query_call *call);
int kefs_iam_get_inline(struct kefs_query_call *call);
int kefs_iam_delete_inline(struct kefs_query_call *call);
int kefs_iam_list_inline(struct kefs_query_call *call);
int kefs_iam_attach(struct kefs_query_call *call);
int kefs_iam_detach(struct kefs_query_call *call);
int kefs_iam_list_attached(struct kefs_query_call *call);
int kefs_iam_create_policy(struct kefs_query_call *call);
int kefs_iam_get_policy(struct kefs_query_call *call);
int kefs_iam_list_policies(struct kefs_query_call *call);
int kefs_iam_delete_policy(struct kefs_query_call *call);
int kefs_iam_create_version(struct kefs_query_call *call);
int kefs_iam_get_version(struct kefs_query_call *call);
int kefs_iam_list_versions(struct kefs_query_call *call);
int kefs_iam_set_default_version(struct kefs_query_call *call);
int kefs_iam_delete_version(struct kefs_query_call *call);

/* An identity's document, checked: 0 or MalformedPolicyDocument, LimitExceeded. */
int kefs_iam_check_policy(struct kefs_query_call *call, const char *text, size_t chars_max);

#endif
