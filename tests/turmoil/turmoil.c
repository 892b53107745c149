// SPDX-License-Identifier: GPL-2.0
/*
 * turmoil: processes that are at the same files of a mounted file system at once, on one client or on several.
 *
 *	turmoil DIR NAME WORKERS SECONDS	NAME: another on each client. Prints how often the counters were raised.
 *	turmoil --sum DIR			prints what the counters have come to
 *
 * A counter is raised under a lock of its range, so that none may be lost, whoever raises it; what a worker has written
 * into a file of its own it must read again. Anything else than that, or an error that nobody else's doing explains,
 * is a fault: it is told, and the exit status is 1.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COUNTERS	4
#define APART		8192		/* a counter each: no two in a page */
#define OWN_FILES	6
#define OWN_MAX		(64u << 10)
#define TOKENS		8

struct worker {
	const char *dir, *name;
	unsigned int number;
	uint64_t dice, raised;
	uint32_t len[OWN_FILES], pattern[OWN_FILES];	/* 0: not there */
};

static void fault(const struct worker *w, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s, worker %u: ", w->name, w->number);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static unsigned int below(struct worker *w, unsigned int n)
{
	w->dice ^= w->dice << 13;
	w->dice ^= w->dice >> 7;
	w->dice ^= w->dice << 17;
	return (unsigned int)(w->dice >> 33) % n;
}

static void path_of(const struct worker *w, char *path, size_t size, const char *what, unsigned int n)
{
	if (what)
		snprintf(path, size, "%s/%s-%u", w->dir, what, n);
	else
		snprintf(path, size, "%s/own-%s-%u-%u", w->dir, w->name, w->number, n);
}

static void raise_counter(struct worker *w)
{
	off_t at = (off_t)below(w, COUNTERS) * APART;
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = sizeof(uint64_t) };
	uint64_t value = 0;
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/counters", w->dir);
	fd = open(path, O_RDWR | O_CREAT, 0644);
	if (fd < 0 || fcntl(fd, F_SETLKW, &lock) < 0)
		fault(w, "counters: %s", strerror(errno));
	if (pread(fd, &value, sizeof(value), at) < 0)
		fault(w, "a counter is not read: %s", strerror(errno));
	value++;
	if (pwrite(fd, &value, sizeof(value), at) != sizeof(value))
		fault(w, "a counter is not written: %s", strerror(errno));
	lock.l_type = F_UNLCK;
	/* Closing unlocks as well */
	if (below(w, 2) && fcntl(fd, F_SETLK, &lock) < 0)
		fault(w, "unlocking: %s", strerror(errno));
	if (close(fd) < 0)
		fault(w, "counters are not closed: %s", strerror(errno));
	w->raised++;
}

static void fill(uint8_t *bytes, uint32_t len, uint32_t pattern)
{
	for (uint32_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(pattern + i * 7 + (i >> 8));
}

static void write_own(struct worker *w)
{
	static uint8_t bytes[OWN_MAX];
	unsigned int n = below(w, OWN_FILES);
	char path[512];
	int fd;

	w->len[n] = 1 + below(w, OWN_MAX);
	w->pattern[n] = below(w, 256);
	fill(bytes, w->len[n], w->pattern[n]);
	path_of(w, path, sizeof(path), NULL, n);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0 || write(fd, bytes, w->len[n]) != (ssize_t)w->len[n] || (!below(w, 3) && fsync(fd) < 0) || close(fd) < 0)
		fault(w, "%s is not written: %s", path, strerror(errno));
}

static void read_own(struct worker *w)
{
	static uint8_t bytes[OWN_MAX + 1], wanted[OWN_MAX];
	unsigned int n = below(w, OWN_FILES);
	char path[512];
	ssize_t len;
	int fd;

	path_of(w, path, sizeof(path), NULL, n);
	fd = open(path, O_RDONLY);
	if (fd < 0) {
		if (errno != ENOENT || w->len[n])
			fault(w, "%s: %s", path, strerror(errno));
		return;
	}
	len = read(fd, bytes, sizeof(bytes));
	close(fd);
	fill(wanted, w->len[n], w->pattern[n]);
	if (len != (ssize_t)w->len[n] || memcmp(bytes, wanted, w->len[n]))
		fault(w, "%s has %zd bytes, wanted %u, or others", path, len, w->len[n]);
}

/* One takes the other's place. */
static void rename_own(struct worker *w)
{
	unsigned int from = below(w, OWN_FILES), to = below(w, OWN_FILES);
	char old[512], new[512];

	if (from == to || !w->len[from])
		return;
	path_of(w, old, sizeof(old), NULL, from);
	path_of(w, new, sizeof(new), NULL, to);
	if (rename(old, new) < 0)
		fault(w, "%s is not renamed: %s", old, strerror(errno));
	w->len[to] = w->len[from];
	w->pattern[to] = w->pattern[from];
	w->len[from] = 0;
}

static void remove_own(struct worker *w)
{
	unsigned int n = below(w, OWN_FILES);
	char path[512];

	path_of(w, path, sizeof(path), NULL, n);
	if (unlink(path) < 0 && (errno != ENOENT || w->len[n]))
		fault(w, "%s is not removed: %s", path, strerror(errno));
	w->len[n] = 0;
}

/* Everybody is after these. */
static void token(struct worker *w)
{
	char path[512];
	int fd;

	path_of(w, path, sizeof(path), "token", below(w, TOKENS));
	fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0644);
	if (fd < 0) {
		if (errno != EEXIST)
			fault(w, "%s: %s", path, strerror(errno));
		return;
	}
	if (write(fd, "x", 1) != 1 || close(fd) < 0)
		fault(w, "%s is not written: %s", path, strerror(errno));
	if (unlink(path) < 0)
		fault(w, "%s, that we made: %s", path, strerror(errno));
}

static void look_around(struct worker *w)
{
	DIR *dir = opendir(w->dir);
	struct dirent *entry;
	char path[768];
	struct stat st;

	if (!dir)
		fault(w, "%s: %s", w->dir, strerror(errno));
	errno = 0;
	while ((entry = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", w->dir, entry->d_name);
		if (below(w, 4) == 0 && stat(path, &st) < 0 && errno != ENOENT && errno != ESTALE)
			fault(w, "%s: %s", path, strerror(errno));
		errno = 0;
	}
	if (errno)
		fault(w, "%s is not listed: %s", w->dir, strerror(errno));
	closedir(dir);
}

static int work(struct worker *w, time_t until)
{
	static void (*const what[])(struct worker *w) = {
		raise_counter, raise_counter, raise_counter, write_own, write_own, read_own, read_own, read_own, rename_own,
		remove_own, token, token, look_around,
	};

	while (time(NULL) < until)
		what[below(w, sizeof(what) / sizeof(what[0]))](w);
	for (unsigned int i = 0; i < 4 * OWN_FILES; i++)
		read_own(w);
	printf("%llu\n", (unsigned long long)w->raised);
	return 0;
}

static int sum(const char *dir)
{
	uint64_t all = 0, value;
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/counters", dir);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return 1;
	for (unsigned int i = 0; i < COUNTERS; i++) {
		value = 0;
		if (pread(fd, &value, sizeof(value), (off_t)i * APART) < 0)
			return 1;
		all += value;
	}
	close(fd);
	printf("%llu\n", (unsigned long long)all);
	return 0;
}

int main(int argc, char **argv)
{
	time_t until;
	int status, bad = 0;

	if (argc == 3 && !strcmp(argv[1], "--sum"))
		return sum(argv[2]);
	if (argc != 5) {
		fprintf(stderr, "usage: turmoil DIR NAME WORKERS SECONDS\n       turmoil --sum DIR\n");
		return 64;
	}
	until = time(NULL) + atoi(argv[4]);
	for (unsigned int i = 0; i < (unsigned int)atoi(argv[3]); i++) {
		struct worker w = {
			.dir = argv[1], .name = argv[2], .number = i, .dice = (uint64_t)time(NULL) * 2654435761u + i + 1,
		};

		for (const char *p = argv[2]; *p; p++)
			w.dice = w.dice * 31 + (unsigned char)*p;
		if (fork() == 0)
			exit(work(&w, until));
	}
	while (wait(&status) > 0)
		bad |= status;
	return bad != 0;
}
