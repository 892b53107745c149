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

static int draw(const char *prefix, char *id, char *secret)
{
	char random[ID_RANDOM + 1];
	int rc = kefs_id_draw(ID_LETTERS, random, ID_RANDOM);

	if (rc == 0)
		rc = kefs_str_format(id, KEFS_KEY_ID_SIZE, "%s%s", prefix, random);
	return rc == 0 ? kefs_id_draw(SECRET_LETTERS, secret, SECRET_RANDOM) : rc;
}

int kefs_access_keys_draw(struct kefs_session *ret_session)
{
	int rc = draw("ASIA", ret_session->id, ret_session->secret);

	return rc == 0 ? kefs_id_draw(SECRET_LETTERS, ret_session->token, sizeof(ret_session->token) - 1) : rc;
}

int kefs_access_keys_make(struct kefs_db *db, const char *user_id, struct kefs_access_key *ret_key,
			  struct kefs_err *err)
{
	int rc;

	*ret_key = (struct kefs_access_key) { .active = true, .created_ms = kefs_efs_now_ms() };
	(void)kefs_str_copy(ret_key->user_id, sizeof(ret_key->user_id), user_id);
	rc = draw("AKIA", ret_key->id, ret_key->secret);
	if (rc < 0)
		return kefs_err_sys(err, rc, "drawing an access key");
	return kefs_st_key_insert(db, ret_key, err);
}

int kefs_access_keys_admin(struct kefs_db *db, struct kefs_access_key *ret_key, struct kefs_err *err)
{
	int rc = kefs_st_key_root(db, ret_key, err);

	if (rc != -ENOENT)
		return rc;
	rc = kefs_access_keys_make(db, "", ret_key, err);
	if (rc == 0)
		log_info("the administrator's access key %s is made (kefsctl admin-key shows it)", ret_key->id);
	return rc;
}
