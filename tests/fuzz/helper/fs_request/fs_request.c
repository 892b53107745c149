// SPDX-License-Identifier: GPL-2.0
/* The body of a creation: decoded to a request that holds its own rules, or refused with a message. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/fs_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kefs_fs_request request;
	struct kefs_err err = { "" };
	char *body = malloc(size ? size : 1);
	int rc;

	if (!body)
		return 0;
	memcpy(body, data, size);
	rc = kefs_fs_request_decode(body, size, &request, &err);
	if (rc != 0 && (rc != -EINVAL || !*err.text))
		abort();
	if (rc == 0 && kefs_fs_check_name(request.name, NULL) < 0)
		abort();
	if (rc == 0 && *request.token && kefs_fs_check_token(request.token, NULL) < 0)
		abort();
	free(body);
	return 0;
}
