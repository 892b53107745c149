// SPDX-License-Identifier: GPL-2.0
/*
 * Compiled policies are kept by identity, and those of sessions by their key, until anything changes: deciding anew on
 * thousands of connections reads each identity's policies once.
 */
#include "identities.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/sigv4.h"
#include "common/str.h"
#include "policy/managed.h"
#include "store/st_iam_policy.h"
#include "store/st_tag.h"

#define BUCKETS		256
#define ENTRIES_MAX	4096
#define CHUNK		8

#define TAG_KEY		"aws:PrincipalTag/"

/* The policies of an identity and its tags as keys, or the policy of a session. */
struct entry {
	struct entry *next;
	char key[KEFS_KEY_ID_SIZE];
	const struct kefs_policy **policies;
	size_t count, size;
	struct kefs_tags tags;
	struct kefs_policy_key *tag_keys;
	char (*tag_names)[sizeof(TAG_KEY) + KEFS_TAG_KEY_SIZE];
	bool broken;
};

struct kefs_identities {
	struct kefs_identities_parts parts;
	struct entry *buckets[BUCKETS];
	size_t entries;
};

int kefs_identities_new(const struct kefs_identities_parts *parts, struct kefs_identities **ret_identities,
			struct kefs_err *err)
{
	struct kefs_identities *identities = calloc(1, sizeof(*identities));

	if (!identities)
		return kefs_err_sys(err, -ENOMEM, "identities");
	identities->parts = *parts;
	*ret_identities = identities;
	return 0;
}

static void free_entry(struct entry *entry)
{
	for (size_t i = 0; i < entry->count; i++)
		kefs_policy_free((struct kefs_policy *)(uintptr_t)entry->policies[i]);
	free(entry->policies);
	free(entry->tag_keys);
	free(entry->tag_names);
	kefs_tags_free(&entry->tags);
	free(entry);
}

static void forget(struct kefs_identities *identities)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		while (identities->buckets[i]) {
			struct entry *entry = identities->buckets[i];

			identities->buckets[i] = entry->next;
			free_entry(entry);
		}
	}
	identities->entries = 0;
}

void kefs_identities_free(struct kefs_identities *identities)
{
	if (!identities)
		return;
	forget(identities);
	free(identities);
}

void kefs_identities_changed(struct kefs_identities *identities)
{
	forget(identities);
	if (identities->parts.changed)
		identities->parts.changed(identities->parts.ctx);
}

void kefs_identities_arn(const struct kefs_identities *identities, const struct kefs_identity *identity, char *ret_arn)
{
	kefs_iam_arn(identities->parts.topology->account, kefs_identity_kind_name(identity->kind), identity->path,
		     identity->name, ret_arn);
}

/* --- who --- */

static int describe_account(const struct kefs_identities *identities, struct kefs_who *who, struct kefs_err *err)
{
	return kefs_caller_parse(identities->parts.topology->account, NULL, NULL, &who->caller, err);
}

/* session: the name of a role's session. */
static int describe(const struct kefs_identities *identities, const char *identity_id, const char *session,
		    struct kefs_who *who, struct kefs_err *err)
{
	char arn[KEFS_IAM_ARN_SIZE], session_arn[KEFS_IAM_ARN_SIZE];
	struct kefs_identity identity;
	int rc;

	(void)kefs_str_copy(who->identity_id, sizeof(who->identity_id), identity_id);
	if (!*identity_id)
		return describe_account(identities, who, err);
	rc = kefs_st_identity_by_id(identities->parts.db, identity_id, &identity, err);
	if (rc < 0)
		return rc;
	kefs_identities_arn(identities, &identity, arn);
	if (identity.kind != KEFS_IDENTITY_ROLE)
		return kefs_caller_parse(arn, NULL, identity.id, &who->caller, err);
	(void)kefs_str_format(session_arn, sizeof(session_arn), "arn:aws:sts::%s:assumed-role/%s/%s",
			      identities->parts.topology->account, identity.name, session);
	return kefs_caller_parse(session_arn, arn, identity.id, &who->caller, err);
}

static int from_key(struct kefs_identities *identities, const struct kefs_access_key *key, struct kefs_who *who,
		    struct kefs_err *err)
{
	if (!key->active)
		return -ENOENT;
	(void)kefs_str_copy(who->access_key, sizeof(who->access_key), key->id);
	(void)kefs_str_copy(who->secret, sizeof(who->secret), key->secret);
	return describe(identities, key->user_id, "", who, err);
}

static int from_session(struct kefs_identities *identities, const struct kefs_session *session, int64_t now,
			struct kefs_who *who, struct kefs_err *err)
{
	int rc;

	if (session->expires_sec <= now)
		return -EKEYEXPIRED;
	(void)kefs_str_copy(who->access_key, sizeof(who->access_key), session->id);
	(void)kefs_str_copy(who->secret, sizeof(who->secret), session->secret);
	(void)kefs_str_copy(who->token, sizeof(who->token), session->token);
	who->session = true;
	who->expires = session->expires_sec;
	rc = describe(identities, session->identity_id, session->name, who, err);
	who->caller.principal.issued = session->issued_sec;
	return rc;
}

/* token NULL: is not looked at. */
static int look_at(struct kefs_identities *identities, const char *access_key, const char *token, int64_t now,
		   struct kefs_who *who, struct kefs_err *err)
{
	struct kefs_session session;
	struct kefs_access_key key;
	int rc = kefs_st_key_get(identities->parts.db, access_key, &key, err);

	if (rc == 0) {
		rc = token && *token ? -EACCES : from_key(identities, &key, who, err);
		explicit_bzero(&key, sizeof(key));
		return rc;
	}
	if (rc != -ENOENT)
		return rc;
	rc = kefs_st_session_get(identities->parts.db, access_key, &session, err);
	if (rc < 0)
		return rc;
	if (token && !kefs_sigv4_equal(token, session.token))
		rc = -EACCES;
	else
		rc = from_session(identities, &session, now, who, err);
	explicit_bzero(&session, sizeof(session));
	return rc;
}

int kefs_identities_find(struct kefs_identities *identities, const char *access_key, const char *token, int64_t now,
			 struct kefs_who *ret_who, struct kefs_err *err)
{
	int rc;

	memset(ret_who, 0, sizeof(*ret_who));
	rc = look_at(identities, access_key, token ? token : "", now, ret_who, err);
	if (rc < 0)
		explicit_bzero(ret_who->secret, sizeof(ret_who->secret));
	explicit_bzero(ret_who->token, sizeof(ret_who->token));
	return rc;
}

int kefs_identities_look_up(struct kefs_identities *identities, const char *access_key, struct kefs_who *ret_who,
			    struct kefs_err *err)
{
	int rc;

	memset(ret_who, 0, sizeof(*ret_who));
	rc = look_at(identities, access_key, NULL, INT64_MIN, ret_who, err);
	if (rc < 0)
		explicit_bzero(ret_who, sizeof(*ret_who));
	return rc;
}

int kefs_identities_recall(struct kefs_identities *identities, const char *access_key, int64_t now,
			   struct kefs_who *ret_who, struct kefs_err *err)
{
	int rc;

	memset(ret_who, 0, sizeof(*ret_who));
	if (!*access_key)
		return describe_account(identities, ret_who, err);
	rc = look_at(identities, access_key, NULL, now, ret_who, err);
	explicit_bzero(ret_who->secret, sizeof(ret_who->secret));
	explicit_bzero(ret_who->token, sizeof(ret_who->token));
	return rc;
}

/* --- policies --- */

static int add_policy(struct entry *entry, const char *name, const char *document, struct kefs_err *err)
{
	const struct kefs_policy_rules rules = {
		.kind = KEFS_POLICY_IDENTITY, .name = name, .chars_max = KEFS_POLICY_TEXT_MAX,
	};
	const struct kefs_policy **grown;
	struct kefs_policy *policy;
	int rc;

	if (entry->count == entry->size) {
		grown = reallocarray(entry->policies, entry->size + CHUNK, sizeof(struct kefs_policy *));
		if (!grown)
			return -ENOMEM;
		entry->policies = grown;
		entry->size += CHUNK;
	}
	rc = kefs_policy_parse(document, strlen(document), &rules, &policy, err);
	if (rc == 0)
		entry->policies[entry->count++] = policy;
	return rc == -ENOMEM ? rc : rc < 0 ? -EBADMSG : 0;
}

struct loading {
	struct entry *entry;
	struct kefs_err *err;
};

static int load_one(void *ctx, const char *name, const char *document)
{
	const struct loading *loading = ctx;
	const struct kefs_aws_policy *aws = *document ? NULL : kefs_aws_policy_find(name);
	char text[KEFS_IAM_NAME_SIZE + 16];

	(void)kefs_str_format(text, sizeof(text), "the policy %s", name);
	return add_policy(loading->entry, text, aws ? aws->document : document, loading->err);
}

static int load_session(struct kefs_identities *identities, const char *access_key, struct entry *entry,
			struct kefs_err *err)
{
	CLEANUP_FREE char *document = NULL;
	int rc = kefs_st_session_policy(identities->parts.db, access_key, &document, err);

	if (rc == -ENOENT)
		return 0;
	return rc < 0 ? rc : add_policy(entry, "the session policy", document, err);
}

static int load_tags(struct kefs_identities *identities, struct entry *entry, struct kefs_err *err)
{
	int rc = kefs_st_tag_list(identities->parts.db, entry->key, 0, KEFS_TAG_MAX, &entry->tags, err);

	if (rc < 0 || !entry->tags.count)
		return rc;
	entry->tag_keys = calloc(entry->tags.count, sizeof(*entry->tag_keys));
	entry->tag_names = calloc(entry->tags.count, sizeof(*entry->tag_names));
	if (!entry->tag_keys || !entry->tag_names)
		return kefs_err_sys(err, -ENOMEM, "tags");
	for (size_t i = 0; i < entry->tags.count; i++) {
		(void)kefs_str_format(entry->tag_names[i], sizeof(*entry->tag_names), TAG_KEY "%s", entry->tags.tags[i].key);
		entry->tag_keys[i] = (struct kefs_policy_key) {
			.name = entry->tag_names[i], .value = entry->tags.tags[i].value,
		};
	}
	return 0;
}

static int load_identity(struct kefs_identities *identities, struct entry *entry, struct kefs_err *err)
{
	struct loading loading = { entry, err };
	int rc = load_tags(identities, entry, err);

	return rc < 0 ? rc : kefs_st_policies_of(identities->parts.db, entry->key, load_one, &loading, err);
}

static unsigned int bucket_of(const char *key)
{
	unsigned int hash = 2166136261u;

	while (*key)
		hash = (hash ^ (unsigned char)*key++) * 16777619u;
	return hash % BUCKETS;
}

/* What is kept under the key, loaded if it is not. A policy that cannot be understood is remembered as such. */
static int get_entry(struct kefs_identities *identities, const char *key, bool session, const struct entry **ret_entry,
		     struct kefs_err *err)
{
	unsigned int bucket = bucket_of(key);
	struct entry *entry = identities->buckets[bucket];
	struct kefs_err why;
	int rc;

	while (entry && strcmp(entry->key, key))
		entry = entry->next;
	if (!entry) {
		entry = calloc(1, sizeof(*entry));
		if (!entry)
			return kefs_err_sys(err, -ENOMEM, "policies");
		(void)kefs_str_copy(entry->key, sizeof(entry->key), key);
		rc = session ? load_session(identities, key, entry, &why) : load_identity(identities, entry, &why);
		if (rc < 0 && rc != -EBADMSG) {
			free_entry(entry);
			return kefs_err_set(err, rc, "%s", why.text);
		}
		entry->broken = rc == -EBADMSG;
		entry->next = identities->buckets[bucket];
		identities->buckets[bucket] = entry;
		identities->entries++;
	}
	if (entry->broken)
		return kefs_err_set(err, -EUCLEAN, "a policy of %s in the store cannot be understood", key);
	*ret_entry = entry;
	return 0;
}

int kefs_identities_policies(struct kefs_identities *identities, const struct kefs_who *who,
			     struct kefs_policy_set *ret_set, struct kefs_err *err)
{
	const struct entry *own = NULL, *session = NULL;
	int rc = 0;

	if (identities->entries + 2 > ENTRIES_MAX)
		forget(identities);
	if (*who->identity_id)
		rc = get_entry(identities, who->identity_id, false, &own, err);
	if (rc == 0 && who->session)
		rc = get_entry(identities, who->access_key, true, &session, err);
	if (rc < 0)
		return rc;
	*ret_set = (struct kefs_policy_set) {
		.identity = own ? own->policies : NULL,
		.identity_count = own ? own->count : 0,
		.session = session && session->count ? session->policies[0] : NULL,
		.keys = own ? own->tag_keys : NULL,
		.key_count = own ? own->tags.count : 0,
	};
	return 0;
}

/* --- principals of policies --- */

static int resolve_named(struct kefs_identities *identities, const char *principal, enum kefs_identity_kind kind,
			 char ret_id[KEFS_POLICY_ID_SIZE])
{
	char arn[KEFS_IAM_ARN_SIZE];
	struct kefs_identity identity;
	struct kefs_err err;
	int rc = kefs_st_identity_get(identities->parts.db, kind, strrchr(principal, '/') + 1, &identity, &err);

	if (rc < 0)
		return rc;
	kefs_identities_arn(identities, &identity, arn);
	return strcmp(arn, principal) ? -ENOENT : kefs_str_copy(ret_id, KEFS_POLICY_ID_SIZE, identity.id);
}

/* rest is "<role>/<session>". */
static int resolve_session(struct kefs_identities *identities, const char *rest, char ret_id[KEFS_POLICY_ID_SIZE])
{
	char name[KEFS_IAM_NAME_SIZE];
	struct kefs_identity identity;
	struct kefs_err err;
	int rc = kefs_str_format(name, sizeof(name), "%.*s", (int)strcspn(rest, "/"), rest);

	if (rc == 0)
		rc = kefs_st_identity_get(identities->parts.db, KEFS_IDENTITY_ROLE, name, &identity, &err);
	if (rc < 0)
		return rc == -ENAMETOOLONG ? -ENOENT : rc;
	return strcmp(identity.name, name) ? -ENOENT : kefs_str_copy(ret_id, KEFS_POLICY_ID_SIZE, identity.id);
}

/* "AROA…" or "AROA…:session": the id is its own. */
static int resolve_id(struct kefs_identities *identities, const char *principal, char ret_id[KEFS_POLICY_ID_SIZE])
{
	char id[KEFS_IAM_ID_SIZE];
	struct kefs_identity identity;
	struct kefs_err err;
	int rc = kefs_str_format(id, sizeof(id), "%.*s", (int)strcspn(principal, ":"), principal);

	if (rc == 0)
		rc = kefs_st_identity_by_id(identities->parts.db, id, &identity, &err);
	if (rc < 0)
		return rc == -ENAMETOOLONG ? -ENOENT : rc;
	return identity.kind == KEFS_IDENTITY_GROUP ? -ENOENT : kefs_str_copy(ret_id, KEFS_POLICY_ID_SIZE, id);
}

int kefs_identities_resolve(void *ctx, const char *principal, char ret_id[KEFS_POLICY_ID_SIZE])
{
	struct kefs_identities *identities = ctx;
	const char *account = kefs_str_after(principal, "arn:aws:iam::"), *rest;
	size_t digits;

	ret_id[0] = '\0';
	if (!kefs_str_after(principal, "arn:"))
		return resolve_id(identities, principal, ret_id);
	if (!account)
		account = kefs_str_after(principal, "arn:aws:sts::");
	digits = account ? strspn(account, "0123456789") : 0;
	if (digits != 12 || account[12] != ':')
		return -ENOENT;
	rest = account + 13;
	/* Nobody can look into other accounts: they are taken at their word. */
	if (!strcmp(rest, "root"))
		return 0;
	if (strncmp(account, identities->parts.topology->account, 12))
		return -ENOENT;
	if (kefs_str_after(rest, "user/"))
		return resolve_named(identities, principal, KEFS_IDENTITY_USER, ret_id);
	if (kefs_str_after(rest, "role/"))
		return resolve_named(identities, principal, KEFS_IDENTITY_ROLE, ret_id);
	rest = kefs_str_after(rest, "assumed-role/");
	return rest ? resolve_session(identities, rest, ret_id) : -ENOENT;
}

int kefs_identities_named(struct kefs_identities *identities, const char *name, struct kefs_who *ret_who,
			  struct kefs_err *err)
{
	const char *session = strstr(name, ":assumed-role/") ? strrchr(name, '/') + 1 : "session";
	char id[KEFS_POLICY_ID_SIZE] = "";
	int rc = 0;

	memset(ret_who, 0, sizeof(*ret_who));
	if (kefs_str_after(name, "arn:"))
		rc = kefs_identities_resolve(identities, name, id);
	if (rc < 0)
		return rc;
	/* The account itself, or another one, of which nothing else is known. */
	if (!*id)
		return kefs_caller_parse(name, NULL, NULL, &ret_who->caller, err);
	return describe(identities, id, session, ret_who, err);
}

int kefs_identities_resolve_stored(void *ctx, const char *principal, char ret_id[KEFS_POLICY_ID_SIZE])
{
	const struct kefs_principals_owner *owner = ctx;
	const char *rest = kefs_str_after(principal, "arn:aws:iam::");
	struct kefs_err err;

	ret_id[0] = '\0';
	if (rest && strlen(rest) > 13 && !strcmp(rest + 13, "root"))
		return 0;
	return kefs_st_principal_get(owner->db, owner->id, principal, ret_id, &err);
}

struct storing {
	struct kefs_db *db;
	const char *owner_id;
	struct kefs_err *err;
	int rc;
};

static void store_principal(void *ctx, const char *principal, const char *id)
{
	struct storing *storing = ctx;

	if (storing->rc == 0)
		storing->rc = kefs_st_principal_set(storing->db, storing->owner_id, principal, id, storing->err);
}

int kefs_identities_store_principals(struct kefs_db *db, const char *owner_id, const struct kefs_policy *policy,
				     struct kefs_err *err)
{
	struct storing storing = { db, owner_id, err, 0 };

	storing.rc = kefs_st_principals_clear(db, owner_id, err);
	kefs_policy_each_principal(policy, store_principal, &storing);
	return storing.rc;
}
