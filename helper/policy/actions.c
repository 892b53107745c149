// SPDX-License-Identifier: GPL-2.0
/* Which actions a document may name. */
#include <string.h>

#include "internal.h"

/* Every action of EFS, in lower case: one that is not here is a slip of the pen. */
static const char *const efs_actions[] = {
	"backup", "clientmount", "clientrootaccess", "clientwrite", "createaccesspoint", "createfilesystem",
	"createmounttarget", "createreplicationconfiguration", "createtags", "deleteaccesspoint", "deletefilesystem",
	"deletefilesystempolicy", "deletemounttarget", "deletereplicationconfiguration", "deletetags",
	"describeaccesspoints", "describeaccountpreferences", "describebackuppolicy", "describefilesystempolicy",
	"describefilesystems", "describelifecycleconfiguration", "describemounttargets",
	"describemounttargetsecuritygroups", "describereplicationconfigurations", "describetags", "listtagsforresource",
	"modifymounttargetsecuritygroups", "putaccountpreferences", "putbackuppolicy", "putfilesystempolicy",
	"putlifecycleconfiguration", "replicationread", "replicationwrite", "restore", "tagresource", "untagresource",
	"updatefilesystem", "updatefilesystemprotection",
};

static const char *const trust_actions[] = {
	"assumerole", "assumerolewithsaml", "assumerolewithwebidentity", "setcontext", "setsourceidentity", "tagsession",
};

static bool any_matches(const struct expr *expr, size_t skip, const char *const *names, size_t count)
{
	const struct part *part = &expr->parts[0];

	for (size_t i = 0; i < count; i++)
		if (glob_match(part->text + skip, part->len - skip, names[i], strlen(names[i])))
			return true;
	return false;
}

/* The service before the colon: a name, or "*". */
static bool vendor_valid(const char *text, size_t len)
{
	return len && ((len == 1 && *text == '*') || strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == len);
}

static const char *trust_problem(const char *text, const struct expr *expr)
{
	if (strncmp(text, "sts:", 4) ||
	    !any_matches(expr, 4, trust_actions, sizeof(trust_actions) / sizeof(trust_actions[0])))
		return "AssumeRole policy may only specify STS AssumeRole actions";
	return NULL;
}

static const char *efs_problem(const char *text, size_t vendor, const struct expr *expr)
{
	if (*text == '*')
		return NULL;
	if (vendor != strlen("elasticfilesystem") || strncmp(text, "elasticfilesystem", vendor))
		return "an action of another service has no meaning in a file system policy";
	if (!any_matches(expr, vendor + 1, efs_actions, sizeof(efs_actions) / sizeof(efs_actions[0])))
		return "elasticfilesystem has no such action";
	return NULL;
}

const char *action_problem(enum kefs_policy_kind kind, const char *text, const struct expr *expr)
{
	const char *colon = strchr(text, ':');
	size_t vendor = colon ? (size_t)(colon - text) : 0;

	if (kind == KEFS_POLICY_TRUST)
		return trust_problem(text, expr);
	if (!strcmp(text, "*"))
		return NULL;
	if (!colon || !colon[1] || !vendor_valid(text, vendor))
		return "an action is \"*\" or a service, a colon and a name, as elasticfilesystem:ClientMount";
	if (colon[1 + strspn(colon + 1, "abcdefghijklmnopqrstuvwxyz0123456789*?-_")])
		return "an action's name has letters, digits, \"-\", \"_\" and wildcards only";
	return kind == KEFS_POLICY_FILE_SYSTEM ? efs_problem(text, vendor, expr) : NULL;
}
