// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "common/str.h"
#include "internal.h"

/* A statement that applies, and how it names the caller. */
struct found {
	const struct kefs_policy *policy;
	size_t statement;
	unsigned int match;
};

/* The first statement of the effect that applies and names the caller in one of the ways of mask. */
static bool find(struct context *context, const struct kefs_policy *policy, bool allow, unsigned int mask,
		 struct found *found)
{
	for (size_t i = 0; policy && i < policy->count; i++) {
		const struct statement *statement = &policy->statements[i];
		unsigned int match;

		if (statement->allow != allow)
			continue;
		match = statement_match(context, statement) & mask;
		if (match) {
			*found = (struct found){ policy, i, match };
			return true;
		}
	}
	return false;
}

static bool find_identity(struct context *context, const struct kefs_policy_set *set, bool allow, struct found *found)
{
	for (size_t i = 0; i < set->identity_count; i++)
		if (find(context, set->identity[i], allow, ~0u, found))
			return true;
	return false;
}

static bool answer(struct kefs_policy_answer *ret, enum kefs_policy_verdict verdict, enum kefs_policy_note note,
		   const struct found *found)
{
	ret->verdict = verdict;
	ret->note = note;
	ret->policy = found ? found->policy : NULL;
	ret->statement = found ? found->statement : 0;
	return verdict == KEFS_POLICY_ALLOWED;
}

static bool denied(struct context *context, const struct kefs_policy_set *set, struct found *found)
{
	return find(context, set->resource, false, ~0u, found) || find_identity(context, set, false, found) ||
	       find(context, set->boundary, false, ~0u, found) || find(context, set->session, false, ~0u, found);
}

/* What keeps from the caller what its identity policies give, or NONE. */
static enum kefs_policy_note limit(struct context *context, const struct kefs_policy_set *set)
{
	struct found found;

	if (set->boundary && !find(context, set->boundary, true, ~0u, &found))
		return KEFS_POLICY_NOTE_BOUNDARY;
	/* A federated user has only what a session policy was passed for */
	if (!set->session && context->request->principal->type != KEFS_PRINCIPAL_FEDERATED)
		return KEFS_POLICY_NOTE_NONE;
	return find(context, set->session, true, ~0u, &found) ? KEFS_POLICY_NOTE_NONE : KEFS_POLICY_NOTE_SESSION;
}

/*
 * The account's side: an identity policy within boundary and session policy, or the account's own root. found is
 * what allows it, or would; its policy is NULL for root and where nothing does.
 */
static bool account_allows(struct context *context, const struct kefs_policy_set *set, struct found *found,
			   enum kefs_policy_note *ret_note)
{
	*found = (struct found){ NULL, 0, 0 };
	*ret_note = KEFS_POLICY_NOTE_NONE;
	if (context->request->principal->type == KEFS_PRINCIPAL_ROOT) {
		*ret_note = KEFS_POLICY_NOTE_ROOT;
		return true;
	}
	if (!find_identity(context, set, true, found))
		return false;
	*ret_note = limit(context, set);
	return *ret_note == KEFS_POLICY_NOTE_NONE;
}

/*
 * Within one account either side is enough, but for two things: naming the account leaves it to the account, and a
 * role's trust policy must at least do that.
 */
static bool decide_within(struct context *context, const struct kefs_policy_set *set,
			  struct kefs_policy_answer *ret_answer)
{
	struct found found, resource = { NULL, 0, 0 };
	enum kefs_policy_note note, role_limit = KEFS_POLICY_NOTE_NONE;
	bool trust = set->resource && set->resource->kind == KEFS_POLICY_TRUST, delegated;

	if (find(context, set->resource, true, MATCH_DIRECT | MATCH_ANYONE, &found))
		return answer(ret_answer, KEFS_POLICY_ALLOWED, KEFS_POLICY_NOTE_NONE, &found);
	if (find(context, set->resource, true, MATCH_ROLE, &resource)) {
		role_limit = limit(context, set);
		if (role_limit == KEFS_POLICY_NOTE_NONE)
			return answer(ret_answer, KEFS_POLICY_ALLOWED, KEFS_POLICY_NOTE_NONE, &resource);
	}
	delegated = find(context, set->resource, true, MATCH_ACCOUNT, &found);
	if (delegated)
		resource = found;
	if (account_allows(context, set, &found, &note)) {
		if (!trust || delegated)
			return answer(ret_answer, KEFS_POLICY_ALLOWED, note, found.policy ? &found : NULL);
		return answer(ret_answer, KEFS_POLICY_NO_STATEMENT, KEFS_POLICY_NOTE_CROSS_ACCOUNT, NULL);
	}
	if (found.policy)
		return answer(ret_answer, KEFS_POLICY_NO_STATEMENT, note, &found);
	if (role_limit != KEFS_POLICY_NOTE_NONE)
		return answer(ret_answer, KEFS_POLICY_NO_STATEMENT, role_limit, &resource);
	if (delegated)
		return answer(ret_answer, KEFS_POLICY_NO_STATEMENT, KEFS_POLICY_NOTE_DELEGATED, &resource);
	return answer(ret_answer, KEFS_POLICY_NO_STATEMENT, KEFS_POLICY_NOTE_NONE, NULL);
}

/* Between accounts both sides must. */
static bool decide_across(struct context *context, const struct kefs_policy_set *set,
			  struct kefs_policy_answer *ret_answer)
{
	enum kefs_policy_note note;
	struct found resource, found;
	bool here = find(context, set->resource, true, ~0u, &resource);
	bool there = account_allows(context, set, &found, &note);

	if (here && there)
		return answer(ret_answer, KEFS_POLICY_ALLOWED, KEFS_POLICY_NOTE_NONE, &resource);
	if (here)
		return answer(ret_answer, KEFS_POLICY_NO_STATEMENT, KEFS_POLICY_NOTE_CROSS_ACCOUNT, &resource);
	if (there && found.policy)
		return answer(ret_answer, KEFS_POLICY_NO_STATEMENT, KEFS_POLICY_NOTE_CROSS_ACCOUNT, &found);
	return answer(ret_answer, KEFS_POLICY_NO_STATEMENT, KEFS_POLICY_NOTE_NONE, NULL);
}

static bool decide(struct context *context, const struct kefs_policy_set *set, struct kefs_policy_answer *ret_answer)
{
	const struct kefs_policy_request *request = context->request;
	const struct kefs_principal *caller = request->principal;
	struct found found;

	if (denied(context, set, &found))
		return answer(ret_answer, KEFS_POLICY_DENIED, KEFS_POLICY_NOTE_NONE, &found);
	if (caller->type == KEFS_PRINCIPAL_ANONYMOUS || caller->type == KEFS_PRINCIPAL_SERVICE) {
		if (find(context, set->resource, true, ~0u, &found))
			return answer(ret_answer, KEFS_POLICY_ALLOWED, KEFS_POLICY_NOTE_NONE, &found);
		return answer(ret_answer, KEFS_POLICY_NO_STATEMENT, KEFS_POLICY_NOTE_NONE, NULL);
	}
	if (request->account && (!caller->account || strcmp(request->account, caller->account)))
		return decide_across(context, set, ret_answer);
	return decide_within(context, set, ret_answer);
}

bool kefs_policy_evaluate(const struct kefs_policy_set *set, const struct kefs_policy_request *request,
			  struct kefs_policy_answer *ret_answer)
{
	struct context context;
	bool allowed;

	allowed = context_begin(&context, request, set->boundary) == 0 && decide(&context, set, ret_answer);
	/* A Deny may be what could not be evaluated */
	if (context.failed || !context.action)
		allowed = answer(ret_answer, KEFS_POLICY_DENIED, KEFS_POLICY_NOTE_FAILED, NULL);
	ret_answer->changes = context.changes;
	context_end(&context);
	return allowed;
}

static const char *note_text(enum kefs_policy_note note)
{
	switch (note) {
	case KEFS_POLICY_NOTE_ROOT:
		return ": the caller is the account's root";
	case KEFS_POLICY_NOTE_DEFAULT:
		return ": the file system has no policy, and without one everybody may";
	case KEFS_POLICY_NOTE_BOUNDARY:
		return ", but the permissions boundary does not allow it";
	case KEFS_POLICY_NOTE_SESSION:
		return ", but no session policy allows it";
	case KEFS_POLICY_NOTE_CROSS_ACCOUNT:
		return ", but the other side does not allow it";
	case KEFS_POLICY_NOTE_DELEGATED:
		return ", which leaves it to the account, and no policy of the caller allows it";
	case KEFS_POLICY_NOTE_MOUNT:
		return ", but has no meaning without ClientMount";
	case KEFS_POLICY_NOTE_FAILED:
		return ": the policies could not be evaluated";
	default:
		return "";
	}
}

static const char *verdict_text(const struct kefs_policy_answer *given)
{
	if (given->verdict == KEFS_POLICY_ALLOWED)
		return "allowed";
	if (given->verdict == KEFS_POLICY_DENIED || !given->policy)
		return "denied";
	return "denied: allowed";
}

void kefs_policy_reason(const struct kefs_policy_answer *given, char *ret_text)
{
	const char *verdict = verdict_text(given), *note = note_text(given->note), *sid;

	if (given->policy) {
		sid = kefs_policy_sid(given->policy, given->statement);
		(void)kefs_str_format(ret_text, KEFS_POLICY_REASON_SIZE, "%s by statement %zu%s%.*s%s of %.*s%s",
				      verdict, given->statement + 1, *sid ? " (Sid \"" : "", text_cut(sid, 128), sid,
				      *sid ? "\")" : "", text_cut(given->policy->name, 160), given->policy->name, note);
	} else if (given->verdict == KEFS_POLICY_NO_STATEMENT) {
		(void)kefs_str_format(ret_text, KEFS_POLICY_REASON_SIZE, "denied: no statement allows it");
	} else {
		(void)kefs_str_format(ret_text, KEFS_POLICY_REASON_SIZE, "%s%s", verdict, note);
	}
}

int kefs_policy_check_lockout(const struct kefs_policy_set *set, const struct kefs_policy_request *request,
			      const char *fs_arn, struct kefs_err *err)
{
	struct kefs_policy_request again = *request;
	char reason[KEFS_POLICY_REASON_SIZE];
	struct kefs_policy_answer given;

	again.action = "elasticfilesystem:PutFileSystemPolicy";
	again.resource = fs_arn;
	if (kefs_policy_evaluate(set, &again, &given))
		return 0;
	kefs_policy_reason(&given, reason);
	return kefs_err_set(err, -EPERM, "This policy would prevent future FileSystemPolicy updates by the caller (%s). "
			    "To put it all the same, retry with BypassPolicyLockoutSafetyCheck", reason);
}
