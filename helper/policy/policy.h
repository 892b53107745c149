/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IAM policies: documents checked and compiled, requests decided. Pure: no clock, no store, no name look-up; who
 * calls gives all of that. A compiled policy is immutable and owns its memory, so threads may share it.
 *
 * The rules are those of AWS's policy language. Where AWS says nothing, the choice is the one that gives less:
 * - Element names, Effect and operators are taken in their exact spelling; duplicate and unknown names are refused.
 * - Values of numbers, dates, booleans, addresses and base64 must be such values when the policy is set.
 * - A caller is exempt from a Deny with NotPrincipal only if its account and each of its ARNs (user; or role and
 *   session) are listed, and left out of an Allow with NotPrincipal as soon as one of them is.
 * - A variable without value and default makes its whole statement not apply, wherever it stands.
 * - IgnoreCase, actions and key names fold ASCII letters only. "?" is one character, not one byte.
 */
#ifndef KEFS_POLICY_POLICY_H
#define KEFS_POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

#define KEFS_POLICY_TEXT_MAX	131072	/* bytes of any document */
#define KEFS_POLICY_ID_SIZE	132	/* a unique id (AIDA…, AROA…) of at most 128 characters, NUL */
#define KEFS_POLICY_REASON_SIZE	512

/* What a document is for: which elements it must have and may not. */
enum kefs_policy_kind {
	KEFS_POLICY_FILE_SYSTEM,	/* PutFileSystemPolicy: a principal; EFS's actions; this file system or no resource */
	KEFS_POLICY_IDENTITY,		/* of users, groups, roles, sessions, and boundaries: no principal; a resource */
	KEFS_POLICY_TRUST,		/* of a role: a principal; STS's actions; no resource */
};

struct kefs_policy_rules {
	enum kefs_policy_kind kind;
	const char *name;	/* how answers call it: "the file system policy", "the policy ReadOnly"; copied */
	/*
	 * Most characters: 0 = 20000 of a file system's, 6144 of an identity's, 2048 of a trust policy. As in IAM,
	 * white space does not count in the latter two.
	 */
	size_t chars_max;
	const char *resource;	/* FILE_SYSTEM: the file system's ARN; stands for a Resource that is not given */
	/*
	 * Who is named by a principal: a user's, role's, session's, federated user's ARN, an account's root ARN
	 * (also when only its id stands in the text), or a unique id. 0 and the unique id that the grant holds to
	 * ("" = whoever has the ARN), so that one made anew under the same name does not inherit it; -ENOENT if
	 * nobody has that name: the policy is refused. NULL: everybody exists and has no id.
	 */
	int (*resolve)(void *ctx, const char *principal, char ret_id[KEFS_POLICY_ID_SIZE]);
	void *ctx;
};

struct kefs_policy;

/*
 * Checks and compiles a document of len bytes (need not end in NUL). 0 and a policy to free; -E2BIG over the size;
 * -EINVAL for anything wrong with it, with err saying what and where ("Statement 2 (Sid "x"): …"), fit to be the
 * Message of InvalidPolicyException or MalformedPolicyDocument; a principal that is malformed or that nobody has
 * gives "Policy contains invalid Principal block: …"; -ENOMEM.
 */
int kefs_policy_parse(const char *text, size_t len, const struct kefs_policy_rules *rules,
		      struct kefs_policy **ret_policy, struct kefs_err *err);

/* NULL is fine. */
void kefs_policy_free(struct kefs_policy *policy);

/* Its name, number of statements, and a statement's Sid ("" if it has none), good as long as the policy. */
const char *kefs_policy_name(const struct kefs_policy *policy);
size_t kefs_policy_statements(const struct kefs_policy *policy);
const char *kefs_policy_sid(const struct kefs_policy *policy, size_t statement);

/* Is its Effect Allow? */
bool kefs_policy_allows(const struct kefs_policy *policy, size_t statement);

/* Calls fn for each principal (ARN or unique id) that has a resolved id: what a store keeps beside the text. */
void kefs_policy_each_principal(const struct kefs_policy *policy,
				void (*fn)(void *ctx, const char *principal, const char *id), void *ctx);

enum kefs_principal_type {
	KEFS_PRINCIPAL_ANONYMOUS,	/* nothing else is set */
	KEFS_PRINCIPAL_ROOT,		/* the account itself; is allowed what no statement denies in its account */
	KEFS_PRINCIPAL_USER,
	KEFS_PRINCIPAL_SESSION,		/* of a role */
	KEFS_PRINCIPAL_FEDERATED,	/* federated user */
	KEFS_PRINCIPAL_SERVICE,
};

/* Who asks. Strings are the caller's; NULL where there is none. */
struct kefs_principal {
	enum kefs_principal_type type;
	const char *account;	/* 12 digits; not of SERVICE */
	const char *arn;	/* arn:aws:iam::<account>:root or :user/…, arn:aws:sts::<account>:assumed-role/<role>/… */
	const char *role_arn;	/* SESSION: arn:aws:iam::<account>:role/… */
	const char *id;		/* unique id: of the user, or of the session's role */
	const char *name;	/* user name, session name, federated user's name; SERVICE: "….amazonaws.com" */
	int64_t issued;		/* when the session's key was, seconds since the epoch; 0: the key is one for good */
};

/* A key of the request's context. Its name's case does not matter. */
struct kefs_policy_key {
	const char *name;		/* "aws:SecureTransport", "aws:RequestTag/team" */
	const char *value;		/* of a key with one value */
	const char *const *values;	/* where value is NULL: the values of a key that may have several, */
	size_t count;			/* with 0 as good as absent */
};

/*
 * A request. The keys aws:PrincipalArn, aws:PrincipalAccount, aws:PrincipalType, aws:userid, aws:username,
 * aws:TokenIssueTime, aws:MultiFactorAuthPresent, aws:CurrentTime and aws:EpochTime come from principal and now, and
 * are not to be among keys.
 */
struct kefs_policy_request {
	const struct kefs_principal *principal;
	const char *action;	/* "elasticfilesystem:ClientMount" */
	const char *resource;	/* ARN, or "*" for what has none */
	const char *account;	/* that the resource belongs to; NULL: the principal's own */
	const struct kefs_policy_key *keys;
	size_t key_count;
	int64_t now;		/* seconds since the epoch */
};

/* The policies that apply. All may be empty. */
struct kefs_policy_set {
	const struct kefs_policy *resource;		/* of the file system, or the role's trust policy */
	const struct kefs_policy *const *identity;	/* of the user and its groups, or of the role */
	size_t identity_count;
	const struct kefs_policy *boundary;		/* permissions boundary; NULL: none */
	const struct kefs_policy *session;		/* session policy; NULL: none */
	const struct kefs_policy_key *keys;		/* aws:PrincipalTag/…, for who asks to put among a request's */
	size_t key_count;
};

enum kefs_policy_verdict {
	KEFS_POLICY_NO_STATEMENT,	/* denied: nothing allows it */
	KEFS_POLICY_ALLOWED,
	KEFS_POLICY_DENIED,		/* a statement does, or, with none named, the evaluation failed */
};

/* Why something that an identity policy allows is not allowed all the same, or who allows with no statement. */
enum kefs_policy_note {
	KEFS_POLICY_NOTE_NONE,
	KEFS_POLICY_NOTE_ROOT,		/* allowed: the account's own root */
	KEFS_POLICY_NOTE_DEFAULT,	/* allowed: no file system policy is set (nfs.h) */
	KEFS_POLICY_NOTE_BOUNDARY,	/* not allowed by the boundary */
	KEFS_POLICY_NOTE_SESSION,	/* not allowed by the session policy */
	KEFS_POLICY_NOTE_CROSS_ACCOUNT,	/* the other side does not allow it */
	KEFS_POLICY_NOTE_DELEGATED,	/* the resource's policy leaves it to the account, whose policies do not allow it */
	KEFS_POLICY_NOTE_MOUNT,		/* not given without ClientMount (nfs.h) */
	KEFS_POLICY_NOTE_FAILED,	/* no memory, or a variable's value beyond all bounds */
};

struct kefs_policy_answer {
	enum kefs_policy_verdict verdict;
	enum kefs_policy_note note;
	const struct kefs_policy *policy;	/* that decided; NULL: none */
	size_t statement;			/* its index, from 0, in that policy */
	/*
	 * Until then, in seconds since the epoch, time alone does not make the answer another one; at that instant it may:
	 * a date in a condition that was looked at comes. 0: it never does.
	 */
	int64_t changes;
};

/*
 * Decides: a Deny of any policy; else, within one account, an Allow of the resource's policy for the caller or an
 * Allow of an identity policy (within boundary and session policy); between accounts both. ret_answer is always
 * filled and names the first statement that decided. True if allowed.
 */
bool kefs_policy_evaluate(const struct kefs_policy_set *set, const struct kefs_policy_request *request,
			  struct kefs_policy_answer *ret_answer);

/*
 * The answer as text: "allowed by statement 2 (Sid "x") of the file system policy", "denied: no statement allows
 * it". ret_text has room for KEFS_POLICY_REASON_SIZE; what does not fit is cut.
 */
void kefs_policy_reason(const struct kefs_policy_answer *answer, char *ret_text);

/*
 * One statement alone, for people who ask why: does it apply? If not, ret_text says the first thing that does not
 * match ("the condition Bool aws:SecureTransport does not hold"); it has room for KEFS_POLICY_REASON_SIZE. bounded:
 * the caller has a permissions boundary.
 */
bool kefs_policy_explain(const struct kefs_policy *policy, size_t statement,
			 const struct kefs_policy_request *request, bool bounded, char *ret_text);

/*
 * PutFileSystemPolicy's safety check: with set->resource as the new policy, may the caller of request (whose action
 * and resource are not looked at) still call PutFileSystemPolicy on the file system fs_arn? 0, or -EPERM with the
 * service's message. Not to be called when the lock-out check is bypassed.
 */
int kefs_policy_check_lockout(const struct kefs_policy_set *set, const struct kefs_policy_request *request,
			      const char *fs_arn, struct kefs_err *err);

#endif
