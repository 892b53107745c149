// SPDX-License-Identifier: GPL-2.0
#include "form.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/str.h"
#include "http/route.h"

#define CHUNK 32

static int add(struct kefs_form *form, size_t *size, const char *name, const char *value)
{
	struct kefs_form_param *grown, *param;

	if (form->count == KEFS_FORM_PARAMS_MAX)
		return -E2BIG;
	if (form->count == *size) {
		grown = reallocarray(form->params, *size + CHUNK, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		form->params = grown;
		*size += CHUNK;
	}
	param = &form->params[form->count];
	param->name = strdup(name);
	param->value = strdup(value);
	if (param->name && param->value) {
		form->count++;
		return 0;
	}
	free(param->name);
	free(param->value);
	return -ENOMEM;
}

static int by_name(const void *a, const void *b)
{
	const struct kefs_form_param *const *one = a, *const *two = b;
	int order = strcmp((*one)->name, (*two)->name);

	return order ? order : *one < *two ? -1 : 1;
}

static int sort(struct kefs_form *form)
{
	form->sorted = calloc(form->count + 1, sizeof(struct kefs_form_param *));
	if (!form->sorted)
		return -ENOMEM;
	for (size_t i = 0; i < form->count; i++)
		form->sorted[i] = &form->params[i];
	qsort(form->sorted, form->count, sizeof(struct kefs_form_param *), by_name);
	return 0;
}

int kefs_form_parse(const char *text, size_t len, struct kefs_form *ret_form)
{
	CLEANUP_FREE char *value = malloc(len + 1);
	struct kefs_form form = { .count = 0 };
	char name[KEFS_FORM_NAME_SIZE];
	size_t size = 0;
	int rc;

	if (!value)
		return -ENOMEM;
	if (strlen(text) != len)
		return -EINVAL;
	while ((rc = kefs_query_next(&text, name, sizeof(name), value, len + 1)) > 0) {
		rc = add(&form, &size, name, value);
		if (rc < 0)
			break;
	}
	if (rc == 0)
		rc = sort(&form);
	if (rc < 0) {
		kefs_form_free(&form);
		return rc == -ENAMETOOLONG ? -E2BIG : rc;
	}
	*ret_form = form;
	return 0;
}

void kefs_form_free(struct kefs_form *form)
{
	for (size_t i = 0; i < form->count; i++) {
		free(form->params[i].name);
		free(form->params[i].value);
	}
	free(form->params);
	free(form->sorted);
	form->params = NULL;
	form->sorted = NULL;
	form->count = 0;
}

/* The first whose name is not before that. */
static size_t find(const struct kefs_form *form, const char *name)
{
	size_t low = 0, high = form->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(form->sorted[middle]->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const char *kefs_form_get(const struct kefs_form *form, const char *format, ...)
{
	char name[KEFS_FORM_NAME_SIZE];
	va_list ap;
	size_t i;
	int rc;

	va_start(ap, format);
	rc = kefs_str_vformat(name, sizeof(name), format, ap);
	va_end(ap);
	if (rc < 0)
		return NULL;
	i = find(form, name);
	return i < form->count && !strcmp(form->sorted[i]->name, name) ? form->sorted[i]->value : NULL;
}

const struct kefs_form_param *const *kefs_form_range(const struct kefs_form *form, size_t *ret_count,
						     const char *format, ...)
{
	char start[KEFS_FORM_NAME_SIZE];
	size_t first, count = 0;
	va_list ap;
	int rc;

	va_start(ap, format);
	rc = kefs_str_vformat(start, sizeof(start), format, ap);
	va_end(ap);
	first = rc < 0 ? form->count : find(form, start);
	while (first + count < form->count && kefs_str_after(form->sorted[first + count]->name, start))
		count++;
	*ret_count = count;
	return form->sorted + first;
}

int kefs_form_has(const struct kefs_form *form, const char *format, ...)
{
	char start[KEFS_FORM_NAME_SIZE];
	va_list ap;
	size_t i;
	int rc;

	va_start(ap, format);
	rc = kefs_str_vformat(start, sizeof(start), format, ap);
	va_end(ap);
	if (rc < 0)
		return 0;
	i = find(form, start);
	return i < form->count && kefs_str_after(form->sorted[i]->name, start);
}
