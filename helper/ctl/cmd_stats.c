// SPDX-License-Identifier: GPL-2.0
/* kefsctl stats [--watch]. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "common/id.h"
#include "common/str.h"
#include "ctl.h"
#include "format.h"
#include "options.h"
#include "table.h"

#define WATCH_DEFAULT	2
#define WATCH_MAX	3600

static double now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* What is shown of an answer: the module's own row, or, with --fs, the one file system's. */
static const json_t *subject(const json_t *stats, bool one_fs)
{
	const json_t *all = json_object_get(stats, "FileSystems");

	return one_fs ? json_array_get(all, 0) : json_object_get(stats, "Module");
}

static const json_t *find_op(const json_t *row, const char *name)
{
	json_t *op;
	size_t i;

	json_array_foreach(json_object_get(row, "Operations"), i, op) {
		if (!strcmp(ctl_str(op, "Operation"), name))
			return op;
	}
	return NULL;
}

/* Since the last time; counters that went back belong to a module that was loaded anew. */
static uint64_t since(const json_t *object, const json_t *before, const char *key)
{
	long long new_value = ctl_int(object, key), old_value = before ? ctl_int(before, key) : 0;

	return (uint64_t)(new_value >= old_value ? new_value - old_value : new_value);
}

static void add_op(struct ctl_table *table, const json_t *op, const json_t *before, double seconds)
{
	char count[CTL_TEXT], rate[CTL_TEXT] = "", average[CTL_TEXT] = "-", errors[CTL_TEXT], bytes[CTL_TEXT];
	uint64_t calls = since(op, before, "Count");
	const char *cells[6];
	size_t n = 0;

	if (seconds > 0 && !calls)
		return;
	if (calls)
		(void)kefs_str_format(average, sizeof(average), "%.1f",
				      (double)since(op, before, "Nanoseconds") / 1e3 / (double)calls);
	cells[n++] = ctl_str(op, "Operation");
	cells[n++] = ctl_format_count((uint64_t)ctl_int(op, "Count"), count);
	if (seconds > 0) {
		(void)kefs_str_format(rate, sizeof(rate), "%.1f", (double)calls / seconds);
		cells[n++] = rate;
	}
	cells[n++] = average;
	cells[n++] = ctl_format_count((uint64_t)ctl_int(op, "Errors"), errors);
	cells[n++] = ctl_int(op, "Bytes") ? ctl_format_size(since(op, before, "Bytes"), bytes) : "-";
	ctl_table_add(table, cells);
}

static void print_counters(const json_t *row)
{
	static const char *const headers[] = { "EVENT", ">COUNT" };
	struct ctl_table table;
	const char *key;
	json_t *value;

	ctl_table_init(&table, headers, 2);
	json_object_foreach(json_object_get(row, "Counters"), key, value) {
		char count[CTL_TEXT];
		const char *const cells[] = { key, ctl_format_count((uint64_t)json_integer_value(value), count) };

		if (json_integer_value(value))
			ctl_table_add(&table, cells);
	}
	if (table.rows) {
		(void)printf("\n");
		ctl_table_print(&table, stdout);
	}
	ctl_table_free(&table);
}

/* seconds is 0 for the totals, else the time since before. */
static void print_stats(const json_t *row, const json_t *before, double seconds)
{
	static const char *const totals[] = { "OPERATION", ">COUNT", ">AVG us", ">ERRORS", ">BYTES" };
	static const char *const rates[] = { "OPERATION", ">COUNT", ">PER SECOND", ">AVG us", ">ERRORS", ">BYTES" };
	char in[CTL_TEXT], out[CTL_TEXT];
	struct ctl_table table;
	json_t *op;
	size_t i;

	if (seconds > 0)
		ctl_table_init(&table, rates, sizeof(rates) / sizeof(rates[0]));
	else
		ctl_table_init(&table, totals, sizeof(totals) / sizeof(totals[0]));
	json_array_foreach(json_object_get(row, "Operations"), i, op)
		add_op(&table, op, find_op(before, ctl_str(op, "Operation")), seconds);
	ctl_table_print(&table, stdout);
	ctl_table_free(&table);
	if (json_object_get(row, "BytesIn"))
		(void)printf("\nReceived %s, sent %s%s\n", ctl_format_size(since(row, before, "BytesIn"), in),
			     ctl_format_size(since(row, before, "BytesOut"), out), seconds > 0 ? " since the last time" : "");
	print_counters(row);
}

static enum ctl_exit get(const struct ctl *ctl, const char *id, json_t **ret_json)
{
	char path[128];

	(void)kefs_str_format(path, sizeof(path), "/kefs/v1/stats%s%s", *id ? "?FileSystemId=" : "", id);
	return ctl_call(ctl, "GET", path, NULL, ret_json);
}

/* Until kefsd is gone or the user has seen enough. With --json one line per look. */
static enum ctl_exit watch(const struct ctl *ctl, const char *id, unsigned int seconds)
{
	json_t *before = NULL, *stats = NULL;
	enum ctl_exit status;
	double then = now();

	for (;;) {
		status = get(ctl, id, &stats);
		if (status != CTL_OK)
			break;
		if (ctl->json) {
			(void)json_dumpf(stats, stdout, JSON_COMPACT);
			(void)fputc('\n', stdout);
		} else {
			if (isatty(STDOUT_FILENO))
				(void)printf("\033[H\033[2J");
			print_stats(subject(stats, *id), before ? subject(before, *id) : NULL, before ? now() - then : 0);
			(void)fputc('\n', stdout);
		}
		if (fflush(stdout) == EOF)
			break;
		then = now();
		json_decref(before);
		before = stats;
		stats = NULL;
		(void)sleep(seconds);
	}
	json_decref(before);
	json_decref(stats);
	return status;
}

enum ctl_exit ctl_stats(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	enum { WATCH, FS };
	struct ctl_option options[] = {
		[WATCH] = { .name = "watch", .kind = CTL_OPTION_NUMBER },
		[FS] = { .name = "fs", .kind = CTL_OPTION_VALUE },
	};
	CLEANUP_JSON json_t *json = NULL;
	uint64_t seconds = WATCH_DEFAULT;
	char id[KEFS_ID_SIZE] = "";
	enum ctl_exit status = CTL_OK;
	struct kefs_err err;
	int count;

	if (ctl_options_parse(argc, argv, options, 2, false, NULL, 0, &count, &err) < 0)
		return ctl_usage(command, &err);
	if (options[WATCH].value && kefs_str_u64(options[WATCH].value, 1, WATCH_MAX, &seconds) < 0) {
		(void)kefs_err_set(&err, -1, "--watch takes 1 to %d seconds", WATCH_MAX);
		return ctl_usage(command, &err);
	}
	if (options[FS].value)
		status = ctl_resolve_fs(ctl, options[FS].value, id);
	if (status != CTL_OK)
		return status;
	if (options[WATCH].given)
		return watch(ctl, id, (unsigned int)seconds);
	status = get(ctl, id, &json);
	if (status != CTL_OK)
		return status;
	if (ctl->json)
		ctl_print_json(json);
	else
		print_stats(subject(json, *id), NULL, 0);
	return CTL_OK;
}
