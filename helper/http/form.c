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
	form->params = NULL;
	form->count = 0;
}

const char *kefs_form_get(const struct kefs_form *form, const char *format, ...)
{
	char name[KEFS_FORM_NAME_SIZE];
	va_list ap;
	int rc;

	va_start(ap, format);
	rc = kefs_str_vformat(name, sizeof(name), format, ap);
	va_end(ap);
	for (size_t i = 0; i < form->count && rc == 0; i++) {
		if (!strcmp(form->params[i].name, name))
			return form->params[i].value;
	}
	return NULL;
}

int kefs_form_has(const struct kefs_form *form, const char *format, ...)
{
	char name[KEFS_FORM_NAME_SIZE];
	va_list ap;
	int rc;

	va_start(ap, format);
	rc = kefs_str_vformat(name, sizeof(name), format, ap);
	va_end(ap);
	for (size_t i = 0; i < form->count && rc == 0; i++) {
		if (kefs_str_after(form->params[i].name, name))
			return 1;
	}
	return 0;
}
