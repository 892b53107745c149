// SPDX-License-Identifier: GPL-2.0
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "cleanup.h"
#include "str.h"

#define KEYS_MAX 64	/* a bit each in "seen" */

/* Cuts white space at both ends, in place; returns the start. */
static char *trim(char *text)
{
	size_t len;

	while (isspace((unsigned char)*text))
		text++;
	len = strlen(text);
	while (len && isspace((unsigned char)text[len - 1]))
		text[--len] = '\0';
	return text;
}

/* A '#' begins a comment at the start or after white space, so that a value may hold one inside. */
static void cut_comment(char *line)
{
	for (char *p = line; *p; p++) {
		if (*p == '#' && (p == line || isspace((unsigned char)p[-1]))) {
			*p = '\0';
			return;
		}
	}
}

static int set_key(char *line, const struct kefs_config_key *keys, size_t count, uint64_t *seen, void *settings,
		   struct kefs_err *err)
{
	char *equals = strchr(line, '=');
	char *name, *value;
	int rc;

	if (!equals)
		return kefs_err_set(err, -EINVAL, "\"%.40s\" is not of the form \"key = value\"; comments start with #", line);
	*equals = '\0';
	name = trim(line);
	value = trim(equals + 1);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(keys[i].name, name))
			continue;
		if (*seen & (uint64_t)1 << i)
			return kefs_err_set(err, -EINVAL, "%s is set a second time; remove one of the lines", name);
		*seen |= (uint64_t)1 << i;
		rc = keys[i].set(settings, value, err);
		return rc < 0 ? kefs_err_prefix(err, rc, "%s: ", name) : 0;
	}
	return kefs_err_set(err, -EINVAL, "unknown key \"%.40s\"; see kefsd.conf(5) for the keys", name);
}

int kefs_config_parse(const char *text, size_t len, const char *source, const struct kefs_config_key *keys,
		      size_t count, void *settings, struct kefs_err *err)
{
	const char *end = text + len;
	unsigned int number = 0;
	uint64_t seen = 0;

	if (count > KEYS_MAX)
		return kefs_err_set(err, -E2BIG, "%s: more than %d keys in the table", source, KEYS_MAX);
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t line_len = (size_t)((newline ? newline : end) - text);
		char line[KEFS_CONFIG_LINE_MAX + 1], *start;
		int rc;

		number++;
		if (line_len > KEFS_CONFIG_LINE_MAX)
			return kefs_err_set(err, -EINVAL, "%s:%u: the line is longer than %d bytes", source, number,
					    KEFS_CONFIG_LINE_MAX);
		if (memchr(text, '\0', line_len))
			return kefs_err_set(err, -EINVAL, "%s:%u: a NUL byte; this is no text file", source, number);
		memcpy(line, text, line_len);
		line[line_len] = '\0';
		text = newline ? newline + 1 : end;
		cut_comment(line);
		start = trim(line);
		if (!*start)
			continue;
		rc = set_key(start, keys, count, &seen, settings, err);
		if (rc < 0)
			return kefs_err_prefix(err, rc, "%s:%u: ", source, number);
	}
	return 0;
}

int kefs_config_read(const char *path, char **ret_text, size_t *ret_len, struct kefs_err *err)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct kefs_buf buf = { .cap = KEFS_CONFIG_SIZE_MAX };
	char chunk[4096];
	ssize_t n = 1;
	int rc = 0;

	if (fd < 0)
		return kefs_err_sys(err, -errno, "configuration file %s", path);
	while (rc == 0) {
		n = read(fd, chunk, sizeof(chunk));
		if (n <= 0)
			break;
		rc = kefs_buf_add(&buf, chunk, (size_t)n);
	}
	if (n < 0)
		rc = -errno;
	if (rc == 0 && !buf.data)
		rc = kefs_buf_add(&buf, "", 0);
	if (rc == -EMSGSIZE)
		rc = kefs_err_set(err, rc, "configuration file %s is larger than %d KiB", path, KEFS_CONFIG_SIZE_MAX / 1024);
	else if (rc < 0)
		rc = kefs_err_sys(err, rc, "configuration file %s", path);
	if (rc < 0) {
		kefs_buf_free(&buf);
		return rc;
	}
	*ret_text = buf.data;
	*ret_len = buf.len;
	return 0;
}
