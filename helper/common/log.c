// SPDX-License-Identifier: GPL-2.0
/*
 * The only mutable global state of the programs is here: where log lines go. Set once at start; lines are written
 * whole, from any thread.
 */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "str.h"

static struct {
	const char *program;
	enum kefs_log_level level;
	bool journal;
	bool to_syslog;
} log_state = { .program = "kefs", .level = KEFS_LOG_INFO };

/* systemd says in JOURNAL_STREAM which device and inode its journal socket has. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	if (!stream || sscanf(stream, "%llu:%llu", &dev, &ino) != 2 || fstat(STDERR_FILENO, &st) < 0)
		return false;
	return st.st_dev == dev && st.st_ino == ino;
}

void kefs_log_open(const char *program, enum kefs_log_level level)
{
	log_state.program = program;
	log_state.level = level;
	log_state.journal = stderr_is_journal();
}

void kefs_log_set_level(enum kefs_log_level level)
{
	log_state.level = level;
}

void kefs_log_to_syslog(void)
{
	openlog(log_state.program, LOG_PID, LOG_DAEMON);
	log_state.to_syslog = true;
}

static const char *level_word(enum kefs_log_level level)
{
	switch (level) {
	case KEFS_LOG_ERR:
		return "error: ";
	case KEFS_LOG_WARN:
		return "warning: ";
	case KEFS_LOG_DEBUG:
		return "debug: ";
	case KEFS_LOG_INFO:
		break;
	}
	return "";
}

void kefs_log_write(enum kefs_log_level level, const char *format, ...)
{
	char line[1024];
	va_list ap;

	if (level > log_state.level)
		return;
	va_start(ap, format);
	(void)kefs_str_vformat(line, sizeof(line), format, ap);
	va_end(ap);
	/* What others wrote (names, kernel texts) must not forge a second line. */
	for (char *p = line; *p; p++) {
		if (*p == '\n' || *p == '\r')
			*p = ' ';
	}
	if (log_state.to_syslog)
		syslog((int)level, "%s", line);
	else if (log_state.journal)
		(void)dprintf(STDERR_FILENO, "<%d>%s\n", (int)level, line);
	else
		(void)dprintf(STDERR_FILENO, "%s: %s%s\n", log_state.program, level_word(level), line);
}

bool kefs_log_allowed(struct kefs_log_limit *limit)
{
	struct timespec ts;
	uint64_t now;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	now = (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
	if (!limit->since_ns || now - limit->since_ns > KEFS_LOG_INTERVAL_SEC * 1000000000ull) {
		if (limit->left_out)
			kefs_log_write(KEFS_LOG_WARN, "%u more messages like the next one were left out", limit->left_out);
		limit->since_ns = now;
		limit->lines = 0;
		limit->left_out = 0;
	}
	if (limit->lines >= KEFS_LOG_BURST) {
		limit->left_out++;
		return false;
	}
	limit->lines++;
	return true;
}

int kefs_log_level_parse(const char *text, enum kefs_log_level *ret_level)
{
	static const struct {
		const char *word;
		enum kefs_log_level level;
	} words[] = {
		{ "error", KEFS_LOG_ERR }, { "warning", KEFS_LOG_WARN }, { "info", KEFS_LOG_INFO }, { "debug", KEFS_LOG_DEBUG },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strcmp(text, words[i].word)) {
			*ret_level = words[i].level;
			return 0;
		}
	}
	return -EINVAL;
}
