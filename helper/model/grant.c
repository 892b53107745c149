// SPDX-License-Identifier: GPL-2.0
#include "grant.h"

#include <errno.h>
#include <openssl/sha.h>
#include <string.h>
#include <unistd.h>

#include "common/str.h"

/*
 * Domains outlive this program: a client reclaims what it had in the one that it was in. The volume, then "plain", or
 * the hash of what else tells connections apart. Neither another access key does, nor a user's new name, nor the name
 * that a tool makes up for each session of a role.
 */
static void set_domain(struct kefs_grant *grant, bool tls, const char *id)
{
	static const char kind[] = "plain";
	uint8_t *rest = grant->domain + sizeof(grant->volume_id);
	char text[KEFS_ID_SIZE + KEFS_WHO_SIZE + 8];

	memcpy(grant->domain, &grant->volume_id, sizeof(grant->volume_id));
	if (!tls && !*grant->access_point && !*id) {
		memcpy(rest, kind, sizeof(kind) - 1);
		grant->domain_len = sizeof(grant->volume_id) + sizeof(kind) - 1;
		return;
	}
	/* No id has a line feed. */
	(void)kefs_str_format(text, sizeof(text), "%d\n%s\n%s", tls, grant->access_point, id);
	(void)SHA256((const unsigned char *)text, strlen(text), rest);
	grant->domain_len = sizeof(grant->volume_id) + SHA256_DIGEST_LENGTH;
}

int kefs_grant_make(uint64_t volume_id, bool tls, const char *access_point, const struct kefs_bearer *bearer,
		    struct kefs_grant *ret_grant)
{
	struct kefs_grant grant = { .volume_id = volume_id, .root_fd = -1, .flags = tls ? KEFS_MODEL_GRANT_TLS : 0 };
	int rc = kefs_str_copy(grant.access_point, sizeof(grant.access_point), access_point);

	if (!volume_id)
		return -EACCES;
	if (rc == 0 && bearer)
		rc = kefs_str_format(grant.who, sizeof(grant.who), "%s %s", bearer->access_key, bearer->arn);
	if (rc < 0)
		return rc;
	set_domain(&grant, tls, bearer ? bearer->id : "");
	*ret_grant = grant;
	return 0;
}

void kefs_grant_release(struct kefs_grant *grant)
{
	if (grant->root_fd >= 0)
		(void)close(grant->root_fd);
	grant->root_fd = -1;
}

int kefs_grant_who(const char *who, char ret_access_key[KEFS_AWSCERT_KEY_SIZE], const char **ret_arn)
{
	size_t len = strcspn(who, " ");

	if (!len || len >= KEFS_AWSCERT_KEY_SIZE || who[len] != ' ' || !who[len + 1])
		return -EINVAL;
	memcpy(ret_access_key, who, len);
	ret_access_key[len] = '\0';
	*ret_arn = who + len + 1;
	return 0;
}
