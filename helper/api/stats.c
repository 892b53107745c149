// SPDX-License-Identifier: GPL-2.0
/* The module's counters by operation, and events, with names. */
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/str.h"
#include "internal.h"
#include "kernel/names.h"

static json_t *op_json(const struct kefs_kop *op)
{
	const char *name = kefs_names_op(op->op);
	char number[24];

	if (!name) {
		(void)kefs_str_format(number, sizeof(number), "OP_%u", op->op);
		name = number;
	}
	return json_pack("{ss sI sI sI sI}", "Operation", name, "Count", (json_int_t)op->count, "Errors",
			 (json_int_t)op->errors, "Nanoseconds", (json_int_t)op->nsec, "Bytes", (json_int_t)op->bytes);
}

static json_t *ops_json(const struct kefs_kstats *stats)
{
	json_t *array = json_array();

	for (size_t i = 0; i < stats->op_count; i++)
		(void)json_array_append_new(array, op_json(&stats->ops[i]));
	return array;
}

static json_t *counters_json(const struct kefs_kstats *stats)
{
	json_t *object = json_object();

	for (size_t i = 0; i < stats->counter_count; i++) {
		const char *name = kefs_names_counter(i);
		char number[24];

		if (!name) {
			(void)kefs_str_format(number, sizeof(number), "Counter%zu", i);
			name = number;
		}
		(void)json_object_set_new(object, name, json_integer((json_int_t)stats->counters[i]));
	}
	return object;
}

static json_t *stats_json(const struct kefs_api *api, const struct kefs_kstats *stats)
{
	json_t *object = json_pack("{sI sI so}", "BytesIn", (json_int_t)stats->bytes_in, "BytesOut",
				   (json_int_t)stats->bytes_out, "Operations", ops_json(stats));
	const char *id = kefs_volumes_name(api->volumes, stats->volume);

	if (stats->volume)
		(void)json_object_set_new(object, "FileSystemId", json_string(id ? id : ""));
	else
		(void)json_object_set_new(object, "Counters", counters_json(stats));
	return object;
}

static void add_op(struct kefs_kstats *sum, const struct kefs_kop *op)
{
	size_t i;

	for (i = 0; i < sum->op_count && sum->ops[i].op != op->op; i++)
		;
	if (i == KEFS_KVIEW_OPS)
		return;
	if (i == sum->op_count)
		sum->ops[sum->op_count++] = (struct kefs_kop) { .op = op->op };
	sum->ops[i].count += op->count;
	sum->ops[i].errors += op->errors;
	sum->ops[i].nsec += op->nsec;
	sum->ops[i].bytes += op->bytes;
}

/* The module keeps operations by volume: its own row gets their sum, unless it has one. */
static void add_up(struct kefs_kstats *list, size_t count)
{
	struct kefs_kstats *sum = NULL;

	for (size_t i = 0; i < count; i++) {
		if (!list[i].volume)
			sum = &list[i];
	}
	if (!sum || sum->op_count)
		return;
	for (size_t i = 0; i < count; i++) {
		if (!list[i].volume)
			continue;
		for (size_t n = 0; n < list[i].op_count; n++)
			add_op(sum, &list[i].ops[n]);
		sum->bytes_in += list[i].bytes_in;
		sum->bytes_out += list[i].bytes_out;
	}
}

void kefs_api_stats(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply)
{
	const struct kefs_api *api = ctx;
	CLEANUP_FREE struct kefs_kstats *list = NULL;
	json_t *module = NULL, *array;
	struct kefs_err err;
	uint64_t volume;
	size_t count;
	int rc;

	if (kefs_api_query_volume(api, request, &volume, reply) < 0)
		return;
	rc = api->kernel.ops->stats(api->kernel.ctx, volume, &list, &count, &err);
	if (rc < 0) {
		kefs_reply_error(reply, 500, "InternalServerError", "%s", err.text);
		return;
	}
	add_up(list, count);
	array = json_array();
	for (size_t i = 0; i < count; i++) {
		json_t *object = stats_json(api, &list[i]);

		if (list[i].volume) {
			(void)json_array_append_new(array, object);
		} else {
			json_decref(module);
			module = object;
		}
	}
	kefs_reply_json(reply, 200, json_pack("{so so}", "Module", module ? module : json_object(), "FileSystems", array));
}
