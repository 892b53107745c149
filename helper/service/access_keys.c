// SPDX-License-Identifier: GPL-2.0
#include "access_keys.h"

#include <errno.h>
#include <string.h>

#include "common/id.h"
#include "common/log.h"
#include "common/str.h"
#include "service/efs.h"

#define ID_LETTERS	"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
#define SECRET_LETTERS	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
#define ID_RANDOM	16	/* characters behind AKIA */
#define SECRET_RANDOM	40

/* len characters of a set that has a power of two of them, so that each is as likely. */
static int draw(const char *letters, char *buf, size_t len)
{
	size_t mask = strlen(letters) - 1;
	int rc = kefs_id_random(buf, len);

	for (size_t i = 0; i < len && rc == 0; i++)
		buf[i] = letters[(unsigned char)buf[i] & mask];
	buf[len] = '\0';
	return rc;
}

static int make(struct kefs_access_key *key)
{
	char random[ID_RANDOM + 1];
	int rc = draw(ID_LETTERS, random, ID_RANDOM);

	*key = (struct kefs_access_key) { .active = true };
	if (rc == 0)
		rc = kefs_str_format(key->id, sizeof(key->id), "AKIA%s", random);
	return rc == 0 ? draw(SECRET_LETTERS, key->secret, SECRET_RANDOM) : rc;
}

int kefs_access_keys_admin(struct kefs_db *db, struct kefs_access_key *ret_key, struct kefs_err *err)
{
	int rc = kefs_st_key_root(db, ret_key, err);

	if (rc != -ENOENT)
		return rc;
	rc = make(ret_key);
	if (rc < 0)
		return kefs_err_sys(err, rc, "drawing an access key");
	rc = kefs_st_key_insert(db, ret_key, kefs_efs_now_ms(), err);
	if (rc == 0)
		log_info("the administrator's access key %s is made (kefsctl admin-key shows it)", ret_key->id);
	return rc;
}

int kefs_access_keys_find(struct kefs_db *db, const char *id, struct kefs_access_key *ret_key, struct kefs_err *err)
{
	int rc = kefs_st_key_get(db, id, ret_key, err);

	if (rc == 0 && !ret_key->active) {
		explicit_bzero(ret_key, sizeof(*ret_key));
		return -ENOENT;
	}
	return rc;
}
