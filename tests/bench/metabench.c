// SPDX-License-Identifier: GPL-2.0
/*
 * metabench: what programs do to many small files and to one large one, timed inside one process, so that process
 * start-up does not count. Prints: phase, operations, ns from the moment all workers start to the end of the last.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BLOCK (1u << 20)

struct job {
	const char *dir;
	unsigned int procs, files, bytes;
	unsigned int megabytes;		/* of the large file */
};

static char *block;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int fail(const char *what, const char *name)
{
	fprintf(stderr, "metabench: %s %s: %s\n", what, name, strerror(errno));
	return 1;
}

static int create_file(const struct job *j, const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0)
		return fail("create", name);
	if (j->bytes && write(fd, block, j->bytes) != (ssize_t)j->bytes)
		return fail("write", name);
	return close(fd) ? fail("close", name) : 0;
}

static int stat_file(const struct job *j, const char *name)
{
	struct stat st;

	if (stat(name, &st))
		return fail("stat", name);
	if (st.st_size != (off_t)j->bytes) {
		fprintf(stderr, "metabench: %s has the wrong size\n", name);
		return 1;
	}
	return 0;
}

static int read_file(const struct job *j, const char *name)
{
	char buf[65536];
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fail("open", name);
	if (read(fd, buf, sizeof(buf)) != (ssize_t)j->bytes)
		return fail("read", name);
	return close(fd) ? fail("close", name) : 0;
}

/* What a program does that keeps a log or a state file; the size is again what it was. */
static int append_file(const struct job *j, const char *name)
{
	int fd = open(name, O_RDWR | O_APPEND | O_CLOEXEC);

	if (fd < 0)
		return fail("open", name);
	if (write(fd, block, 64) != 64 || ftruncate(fd, j->bytes))
		return fail("append", name);
	return close(fd) ? fail("close", name) : 0;
}

static int unlink_file(const struct job *j, const char *name)
{
	(void)j;
	return unlink(name) ? fail("unlink", name) : 0;
}

static int make_dir(const struct job *j, const char *name)
{
	(void)j;
	return mkdir(name, 0755) ? fail("mkdir", name) : 0;
}

static int remove_dir(const struct job *j, const char *name)
{
	(void)j;
	return rmdir(name) ? fail("rmdir", name) : 0;
}

static int rename_file(const struct job *j, const char *name)
{
	char to[4096];

	(void)j;
	snprintf(to, sizeof(to), "%s.r", name);
	if (rename(name, to) || rename(to, name))
		return fail("rename", name);
	return 0;
}

static int write_large(const struct job *j, const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0)
		return fail("create", name);
	for (unsigned int i = 0; i < j->megabytes; i++)
		if (write(fd, block, BLOCK) != BLOCK)
			return fail("write", name);
	if (fsync(fd))
		return fail("fsync", name);
	return close(fd) ? fail("close", name) : 0;
}

static int read_large(const struct job *j, const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fail("open", name);
	for (unsigned int i = 0; i < j->megabytes; i++)
		if (read(fd, block, BLOCK) != BLOCK)
			return fail("read", name);
	return close(fd) ? fail("close", name) : 0;
}

static const struct phase {
	const char *name, *help;
	int (*one)(const struct job *, const char *name);
	bool large;
} phases[] = {
	{ "create", "create, write, close", create_file, false },
	{ "stat", "stat", stat_file, false },
	{ "open-read-close", "open, read, close", read_file, false },
	{ "append", "open, append, truncate back, close", append_file, false },
	{ "rename", "rename there and back", rename_file, false },
	{ "unlink", "unlink", unlink_file, false },
	{ "mkdir", "make directories", make_dir, false },
	{ "rmdir", "remove them", remove_dir, false },
	{ "write-large", "sequential write of one file in 1 MiB pieces, then fsync", write_large, true },
	{ "read-large", "sequential read of it", read_large, true },
};

/* One worker's share: its own subdirectory, as processes that do not know each other have. */
static int work(const struct job *j, const struct phase *p, unsigned int me)
{
	char name[64];

	if (chdir(j->dir))
		return fail("chdir", j->dir);
	if (p->large) {
		snprintf(name, sizeof(name), "large%u", me);
		return p->one(j, name);
	}
	snprintf(name, sizeof(name), "p%u", me);
	if (chdir(name))
		return fail("chdir", name);
	for (unsigned int i = me; i < j->files; i += j->procs) {
		snprintf(name, sizeof(name), "file-%06u", i);
		if (p->one(j, name))
			return 1;
	}
	return 0;
}

static int make_subdirs(const struct job *j)
{
	char name[4096];

	for (unsigned int i = 0; i < j->procs; i++) {
		snprintf(name, sizeof(name), "%s/p%u", j->dir, i);
		if (mkdir(name, 0755) && errno != EEXIST)
			return fail("mkdir", name);
	}
	return 0;
}

static int run_phase(const struct job *j, const struct phase *p)
{
	int gate[2], bad = 0, status;
	uint64_t start;
	char c = 0;

	if (pipe2(gate, O_CLOEXEC))
		return fail("pipe", "");
	for (unsigned int i = 0; i < j->procs; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return fail("fork", "");
		if (!pid) {
			close(gate[1]);
			while (read(gate[0], &c, 1) > 0)
				;
			_exit(work(j, p, i));
		}
	}
	start = now_ns();
	close(gate[1]);			/* all workers see the end of the pipe at once */
	for (unsigned int i = 0; i < j->procs; i++)
		if (wait(&status) < 0 || status)
			bad = 1;
	if (!bad)
		printf("%s %u %llu\n", p->name, p->large ? j->megabytes * j->procs : j->files,
		       (unsigned long long)(now_ns() - start));
	fflush(stdout);
	close(gate[0]);
	return bad;
}

static void usage(FILE *f)
{
	fprintf(f, "usage: metabench [-d DIR] [-p PROCESSES] [-n FILES] [-b BYTES] [-m MEGABYTES] PHASE...\n"
		"FILES files of BYTES (up to 64 KiB; default 5000 of 512) over PROCESSES processes, one subdirectory\n"
		"each; or one file of MEGABYTES (256) a process. Prints: phase operations ns. Phases:\n");
	for (size_t i = 0; i < sizeof(phases) / sizeof(*phases); i++)
		fprintf(f, "  %-16s %s\n", phases[i].name, phases[i].help);
}

static const struct phase *find_phase(const char *name)
{
	for (size_t i = 0; i < sizeof(phases) / sizeof(*phases); i++)
		if (!strcmp(phases[i].name, name))
			return &phases[i];
	return NULL;
}

static int parse(struct job *j, int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "d:p:n:b:m:")) != -1) {
		unsigned int v = optarg ? (unsigned int)strtoul(optarg, NULL, 10) : 0;

		if (opt == 'd')
			j->dir = optarg;
		else if (opt == 'p' && v)
			j->procs = v;
		else if (opt == 'n' && v)
			j->files = v;
		else if (opt == 'b' && v <= 65536)
			j->bytes = v;
		else if (opt == 'm' && v)
			j->megabytes = v;
		else
			return -1;
	}
	return optind < argc ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct job j = { ".", 1, 5000, 512, 256 };
	uint32_t seed = 1;

	if (argc > 1 && !strcmp(argv[1], "--help")) {
		usage(stdout);
		return 0;
	}
	if (parse(&j, argc, argv)) {
		usage(stderr);
		return 64;
	}
	block = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (block == MAP_FAILED)
		return fail("mmap", "");
	for (size_t i = 0; i < BLOCK; i++)	/* no run of zeros that something could make a hole of */
		block[i] = (char)((seed = seed * 1103515245 + 12345) >> 16);
	for (int i = optind; i < argc; i++) {
		const struct phase *p = find_phase(argv[i]);

		if (!p) {
			fprintf(stderr, "metabench: no phase '%s'; see --help\n", argv[i]);
			return 64;
		}
		if ((!p->large && make_subdirs(&j)) || run_phase(&j, p))
			return 1;
	}
	return 0;
}
