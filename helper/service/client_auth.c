// SPDX-License-Identifier: GPL-2.0
#include "client_auth.h"

#include <errno.h>
#include <string.h>

#include "common/sigv4.h"

static int refuse(enum kefs_refusal *ret_reason, enum kefs_refusal reason)
{
	*ret_reason = reason;
	return -EACCES;
}

static bool is_in_time(const struct kefs_awscert *cert, int64_t now)
{
	return now >= cert->not_before - KEFS_CLIENT_SKEW && now <= cert->not_after + KEFS_CLIENT_SKEW;
}

static bool is_signed_in_time(const struct kefs_awscert *cert, int64_t now)
{
	return now >= cert->signed_at - KEFS_CLIENT_SKEW && now <= cert->signed_at + KEFS_CLIENT_SIGNED_FOR;
}

static int verify(const struct kefs_awscert *cert, const struct kefs_client_place *place,
		  const struct kefs_client_source *source, struct kefs_known_client *client,
		  enum kefs_refusal *ret_reason, struct kefs_err *err)
{
	const struct kefs_sigv4_connect connect = kefs_awscert_connect(cert, place->region);
	bool right;
	int rc;

	if (!is_signed_in_time(cert, place->now)) {
		(void)kefs_err_set(err, -EACCES, "its signature is of another time: is the client's clock right?");
		return refuse(ret_reason, KEFS_REFUSED_TIME);
	}
	rc = source->find(source->ctx, cert->access_key, cert->token, client, err);
	if (rc == -ENOENT) {
		(void)kefs_err_set(err, -EACCES, "the access key %s is not known, or not active", cert->access_key);
		return refuse(ret_reason, KEFS_REFUSED_KEY);
	}
	if (rc < 0)
		return rc;
	right = kefs_sigv4_connect_verify(&connect, client->secret, cert->signature);
	explicit_bzero(client->secret, sizeof(client->secret));
	if (right)
		return 0;
	kefs_client_auth_release(source, client);
	(void)kefs_err_set(err, -EACCES, "the signature with access key %s is wrong: secret, region (here %s) or a certificate "
			   "for another key", cert->access_key, place->region);
	return refuse(ret_reason, KEFS_REFUSED_SIGNATURE);
}

int kefs_client_auth(const struct kefs_awscert *cert, const struct kefs_client_place *place,
		     const struct kefs_client_source *source, struct kefs_known_client *ret_client, bool *ret_known,
		     enum kefs_refusal *ret_reason, struct kefs_err *err)
{
	int rc;

	if (!is_in_time(cert, place->now)) {
		(void)kefs_err_set(err, -EACCES, "its certificate is not valid now: is the client's clock right?");
		return refuse(ret_reason, KEFS_REFUSED_TIME);
	}
	if (*cert->fs_id && strcmp(cert->fs_id, place->fs_id)) {
		(void)kefs_err_set(err, -EACCES, "its certificate is for %s, the mount target is of %s", cert->fs_id, place->fs_id);
		return refuse(ret_reason, KEFS_REFUSED_FILE_SYSTEM);
	}
	*ret_known = false;
	if (!cert->has_auth)
		return 0;
	if (!*cert->fs_id) {
		(void)kefs_err_set(err, -EACCES, "its certificate names no file system");
		return refuse(ret_reason, KEFS_REFUSED_FILE_SYSTEM);
	}
	rc = verify(cert, place, source, ret_client, ret_reason, err);
	*ret_known = rc == 0;
	return rc;
}

void kefs_client_auth_release(const struct kefs_client_source *source, struct kefs_known_client *client)
{
	if (source->release)
		source->release(source->ctx, client);
	explicit_bzero(client->secret, sizeof(client->secret));
}
