/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Log lines, one per call, no trailing newline. They go to stderr; with the journal's level prefix when stderr is
 * the journal; to syslog once the program has left its terminal. Library folders do not log (only log_debug);
 * callers do, once, with what was attempted and on what. What a peer can cause goes through log_warn_limited().
 */
#ifndef KEFS_COMMON_LOG_H
#define KEFS_COMMON_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum kefs_log_level { KEFS_LOG_ERR = 3, KEFS_LOG_WARN = 4, KEFS_LOG_INFO = 6, KEFS_LOG_DEBUG = 7 };

/* A rate limiter: burst lines per interval; the first line of the next interval says how many were left out. */
struct kefs_log_limit {
	uint64_t since_ns;
	unsigned int lines;
	unsigned int left_out;
};

#define KEFS_LOG_BURST		5
#define KEFS_LOG_INTERVAL_SEC	30

#define log_err(...)	kefs_log_write(KEFS_LOG_ERR, __VA_ARGS__)
#define log_warn(...)	kefs_log_write(KEFS_LOG_WARN, __VA_ARGS__)
#define log_info(...)	kefs_log_write(KEFS_LOG_INFO, __VA_ARGS__)
#define log_debug(...)	kefs_log_write(KEFS_LOG_DEBUG, __VA_ARGS__)

/* At most KEFS_LOG_BURST lines per KEFS_LOG_INTERVAL_SEC from this place. */
#define log_warn_limited(...) do {						\
	static struct kefs_log_limit limit_;					\
	if (kefs_log_allowed(&limit_))						\
		kefs_log_write(KEFS_LOG_WARN, __VA_ARGS__);			\
} while (0)

/* Starts logging under the program's name (kept by reference); lines above level are dropped. */
void kefs_log_open(const char *program, enum kefs_log_level level);

/* Changes the level. */
void kefs_log_set_level(enum kefs_log_level level);

/* From now on to syslog: the terminal is gone. */
void kefs_log_to_syslog(void);

/* One line; use the macros. */
void kefs_log_write(enum kefs_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* May one more line go out? Counts it; use log_warn_limited(). */
bool kefs_log_allowed(struct kefs_log_limit *limit);

/* "error", "warning", "info", "debug" to the level: 0 or -EINVAL. */
int kefs_log_level_parse(const char *text, enum kefs_log_level *ret_level);

#endif
