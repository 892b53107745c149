// SPDX-License-Identifier: GPL-2.0
#include "ini.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/str.h"
#include "file.h"

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

static int add(struct ini *ini, const char *section, const char *key, const char *value)
{
	struct ini_entry *bigger;

	if (ini->count == INI_ENTRIES_MAX)
		return -E2BIG;
	if ((ini->count & (ini->count - 1)) == 0) {
		bigger = realloc(ini->entries, (ini->count ? 2 * ini->count : 1) * sizeof(*bigger));
		if (!bigger)
			return -ENOMEM;
		ini->entries = bigger;
	}
	ini->entries[ini->count++] = (struct ini_entry){ section, key, value };
	return 0;
}

/* A line that is no comment; *section is where it stands, or becomes the one that it opens. NULL or what is wrong. */
static const char *parse_line(struct ini *ini, char *line, const char **section)
{
	char *end, *value;
	int rc;

	if (*line == '[') {
		end = strchr(line, ']');
		if (!end)
			return "a section must end in ']'";
		*end = '\0';
		*section = trim(line + 1);
		rc = add(ini, *section, "", "");
		return rc < 0 ? kefs_err_name(rc) : NULL;
	}
	value = strpbrk(line, "=:");
	if (!value)
		return "want 'key = value', '[section]' or a comment";
	if (!*section)
		return "a key before the first section";
	*value++ = '\0';
	for (char *p = line; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	value = trim(value);
	/* Values become lines of other files */
	for (const char *p = value; *p; p++)
		if (iscntrl((unsigned char)*p) && *p != '\t')
			return "a control character";
	rc = add(ini, *section, trim(line), value);
	return rc < 0 ? kefs_err_name(rc) : NULL;
}

static int wrong(struct failure *failure, const char *source, unsigned int number, const char *what)
{
	char text[FAILURE_SIZE];

	(void)kefs_str_format(text, sizeof(text), "%s:%u: %s", source, number, what);
	return refuse(failure, MSG_CONFIG, text);
}

int ini_parse(struct ini *ini, const char *text, size_t len, const char *source, struct failure *failure)
{
	const char *section = NULL, *what = NULL;
	unsigned int number = 0;
	char *line, *next;

	*ini = (struct ini){ 0 };
	if (len > INI_SIZE_MAX || memchr(text, '\0', len))
		return wrong(failure, source, 1, "no text file of a sensible size");
	ini->text = strndup(text, len);
	if (!ini->text)
		return refuse(failure, MSG_NO_MEMORY);
	for (line = ini->text; line && !what; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		number++;
		if (*line == '#' || *line == ';' || isspace((unsigned char)*line) || !*line)
			continue;
		what = parse_line(ini, line, &section);
	}
	if (!what)
		return 0;
	ini_free(ini);
	return wrong(failure, source, number, what);
}

int ini_read(struct ini *ini, const char *path, struct failure *failure)
{
	char *text;
	size_t len;
	int rc;

	*ini = (struct ini){ 0 };
	rc = file_read(path, INI_SIZE_MAX, &text, &len);
	if (rc == -ENOENT)
		return rc;
	if (rc < 0)
		return refuse(failure, MSG_NO_FILE, "configuration", path, kefs_err_name(rc));
	rc = ini_parse(ini, text, len, path, failure);
	free(text);
	return rc;
}

const char *ini_get(const struct ini *ini, const char *section, const char *key)
{
	for (size_t i = ini->count; i-- > 0;)
		if (!strcmp(ini->entries[i].section, section) && !strcmp(ini->entries[i].key, key))
			return ini->entries[i].value;
	return NULL;
}

bool ini_has_section(const struct ini *ini, const char *section)
{
	for (size_t i = 0; i < ini->count; i++)
		if (!strcmp(ini->entries[i].section, section))
			return true;
	return false;
}

void ini_free(struct ini *ini)
{
	free(ini->entries);
	free(ini->text);
	*ini = (struct ini){ 0 };
}
