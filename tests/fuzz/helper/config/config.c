// SPDX-License-Identifier: GPL-2.0
/* The text of kefsd.conf: parsed or refused with a message that has the line in it. */
#include <stdlib.h>
#include <string.h>

#include "model/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kefs_settings settings;
	struct kefs_err err = { "" };
	char *text = malloc(size ? size : 1);
	int rc;

	if (!text)
		return 0;
	memcpy(text, data, size);
	kefs_settings_init(&settings);
	rc = kefs_settings_parse(&settings, text, size, "f", &err);
	if (rc > 0 || (rc < 0 && strncmp(err.text, "f:", 2)))
		abort();
	if (rc == 0 && (!settings.listen_count || settings.listen_count > KEFS_SETTINGS_LISTEN_MAX))
		abort();
	if (rc == 0 && *settings.state_dir != '/')
		abort();
	free(text);
	return 0;
}
