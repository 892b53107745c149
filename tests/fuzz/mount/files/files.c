// SPDX-License-Identifier: GPL-2.0
/* What mount.efs and kefs-watchdog read that others wrote: the first byte says which of them the rest is. */
#include <stdlib.h>
#include <string.h>

#include "http.h"
#include "ini.h"
#include "mountinfo.h"
#include "profile.h"
#include "sockets.h"
#include "state.h"
#include "tlshd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool true_of_it)
{
	if (!true_of_it)
		abort();
}

static void try_profile(const char *text, size_t len)
{
	struct failure failure = { 0 };
	struct profile profile;
	struct ini ini;

	if (ini_parse(&ini, text, len, "f", &failure) < 0) {
		must(!strncmp(failure.text, "f:", 2));
		return;
	}
	profile = profile_find(&ini, &ini, "default");
	must((profile.kind != PROFILE_CREDENTIALS && profile.kind != PROFILE_CONFIG) ||
	     (profile.access_key && profile.secret));
	must(profile.kind != PROFILE_ROLE || (profile.role_arn && profile.source_profile));
	must(profile.kind != PROFILE_WEB_IDENTITY || (profile.role_arn && profile.token_file));
	ini_free(&ini);
}

static void see(void *arg, const struct mount_row *row)
{
	must(arg != NULL && row->port < 65536 && (row->nfs || !row->port));
}

static void try_answer(char *text, size_t len)
{
	unsigned int status;
	size_t body_len;
	char *body;

	if (http_answer_parse(text, len, &status, &body, &body_len) < 0)
		return;
	must(status >= 100 && status < 600);
	must(body >= text && body + body_len <= text + len && !body[body_len]);
}

static void try_url(const char *text)
{
	struct http_url url;
	struct kefs_err err;

	if (http_url_parse(text, &url, &err) < 0)
		return;
	must(*url.host && *url.port && *url.path == '/' && !strpbrk(url.path, "\r\n ") && !strpbrk(url.authority, "\r\n "));
}

static void try_state(const char *text, size_t len)
{
	static struct state one, two;
	struct kefs_err err;
	char *again;

	memset(&one, 0, sizeof(one));
	memset(&two, 0, sizeof(two));
	if (state_parse(&one, text, len, &err) < 0)
		return;
	must(state_format(&one, &again, &err) == 0);
	must(state_parse(&two, again, strlen(again), &err) == 0);
	must(!memcmp(&one, &two, sizeof(one)));
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sockets_table table;
	char *text;
	size_t len;

	if (!size)
		return 0;
	len = size - 1;
	text = malloc(len + 1);
	must(text != NULL);
	memcpy(text, data + 1, len);
	text[len] = '\0';
	switch (data[0]) {
	case 'p':
		try_profile(text, len);
		break;
	case 'm':
		mountinfo_parse(text, see, &table);
		break;
	case 's':
		sockets_count(text, &table);
		break;
	case 'n':
		(void)tlshd_servers_in_use(text);
		break;
	case 'a':
		try_answer(text, len);
		break;
	case 'u':
		try_url(text);
		break;
	case 'j':
		try_state(text, len);
		break;
	default:
		break;
	}
	free(text);
	return 0;
}
