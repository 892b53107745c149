// SPDX-License-Identifier: GPL-2.0
/*
 * The loop's thread fills one buffer while the worker writes the other; at most one job is under way, and file and
 * batch are the worker's as long as it is. So there is nothing to lock.
 */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/pool.h"
#include "common/buf.h"
#include "common/cleanup.h"
#include "common/str.h"

#define PATH_SIZE	1024
#define OLD_SIZE	(PATH_SIZE + 16)	/* and a number */

struct file {
	char path[PATH_SIZE];
	uint64_t max, size;
	unsigned int keep;
	int fd;			/* -1: to be opened */
};

struct kefs_journal {
	struct kefs_job job;	/* first */
	struct kefs_journal_parts parts;
	struct kefs_pool *pool;
	struct file file;
	struct kefs_buf waiting, batch;
	bool busy, ran;
	int rc;				/* of the batch: the first thing that went wrong */
	uint64_t batch_lost, batch_written;
	struct kefs_journal_stats stats;
	bool failing;
	uint64_t lost_before;		/* stats.lost when it began to fail */
};

/* --- the file: the worker --- */

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return -EIO;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

/* A line that was cut when the machine or kefsd died must not swallow the next one. */
static int end_last_line(struct file *file)
{
	CLEANUP_CLOSE int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char last = '\n';

	if (fd < 0 || (file->size && pread(fd, &last, 1, (off_t)file->size - 1) != 1))
		return -EIO;
	if (last == '\n')
		return 0;
	file->size++;
	return write_all(file->fd, "\n", 1);
}

static void close_file(struct file *file)
{
	if (file->fd >= 0)
		(void)close(file->fd);
	file->fd = -1;
}

static int open_file(struct file *file)
{
	struct stat st;
	int rc = 0;

	if (file->fd >= 0)
		return 0;
	file->fd = open(file->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (file->fd < 0 || fstat(file->fd, &st) < 0)
		rc = -errno;
	else if (!S_ISREG(st.st_mode))
		rc = -ENOTSUP;
	else if (fchmod(file->fd, 0600) < 0)
		rc = -errno;
	if (rc == 0) {
		file->size = (uint64_t)st.st_size;
		rc = end_last_line(file);
	}
	if (rc < 0)
		close_file(file);
	return rc;
}

static int rotate(struct file *file)
{
	char from[OLD_SIZE], to[OLD_SIZE];

	close_file(file);
	for (unsigned int i = file->keep; i > 0; i--) {
		(void)kefs_str_format(to, sizeof(to), "%s.%u", file->path, i);
		(void)kefs_str_format(from, sizeof(from), i > 1 ? "%s.%u" : "%s", file->path, i - 1);
		if (rename(from, to) < 0 && errno != ENOENT)
			return -errno;
	}
	return open_file(file);
}

/*
 * So many bytes of whole lines, at least one, as the file has room for, or the next one if it has none for the first
 * of them.
 */
static size_t fitting(const struct file *file, const char *data, size_t len)
{
	size_t fits = (size_t)((const char *)memchr(data, '\n', len) - data) + 1, next;
	uint64_t used = file->size + fits > file->max ? 0 : file->size;

	while (fits < len) {
		next = (size_t)((const char *)memchr(data + fits, '\n', len - fits) - data) + 1;
		if (used + next > file->max)
			break;
		fits = next;
	}
	return fits;
}

static int write_lines(struct file *file, const char *data, size_t len)
{
	int rc = 0;

	if (file->size && file->size + len > file->max)
		rc = rotate(file);
	if (rc == 0)
		rc = write_all(file->fd, data, len);
	if (rc == 0)
		file->size += len;
	else if (file->fd >= 0 && ftruncate(file->fd, (off_t)file->size) < 0)
		close_file(file);
	return rc;
}

static uint64_t count_lines(const char *data, size_t len)
{
	uint64_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += data[i] == '\n';
	return count;
}

static void write_batch(struct kefs_journal *journal)
{
	struct file *file = &journal->file;
	const char *data = journal->batch.data;
	size_t left = journal->batch.len, n;

	/* Somebody has taken it away: what comes is for a new one */
	if (file->fd >= 0 && access(file->path, F_OK) < 0 && errno == ENOENT)
		close_file(file);
	journal->rc = left ? open_file(file) : 0;
	while (left && journal->rc == 0) {
		n = fitting(file, data, left);
		journal->rc = write_lines(file, data, n);
		if (journal->rc < 0)
			break;
		journal->batch_written += count_lines(data, n);
		data += n;
		left -= n;
	}
	journal->batch_lost = left ? count_lines(data, left) : 0;
	kefs_buf_free(&journal->batch);
}

static void run(struct kefs_job *job)
{
	struct kefs_journal *journal = (struct kefs_journal *)job;

	write_batch(journal);
	journal->ran = true;
}

/* --- the loop's thread --- */

static void submit(struct kefs_journal *journal);

static void account(struct kefs_journal *journal)
{
	journal->stats.written += journal->batch_written;
	journal->stats.lost += journal->batch_lost;
}

/* Says it when it begins, and when it is over: not for each line. */
static void tell(struct kefs_journal *journal, uint64_t lost_before)
{
	if (journal->rc < 0 && !journal->failing) {
		journal->failing = true;
		journal->lost_before = lost_before;
		journal->parts.state(journal->parts.ctx, journal->rc, 0);
	} else if (journal->rc == 0 && journal->failing) {
		journal->failing = false;
		journal->parts.state(journal->parts.ctx, 0, journal->stats.lost - journal->lost_before);
	}
}

static void done(struct kefs_job *job)
{
	struct kefs_journal *journal = (struct kefs_journal *)job;
	uint64_t lost_before = journal->stats.lost;

	/* Not run: the pool ends, and kefs_journal_free() writes it */
	if (!journal->ran)
		return;
	account(journal);
	journal->busy = false;
	if (!journal->pool)
		return;
	tell(journal, lost_before);
	submit(journal);
}

static void submit(struct kefs_journal *journal)
{
	if (journal->busy || !journal->waiting.len)
		return;
	journal->batch = journal->waiting;
	journal->waiting = (struct kefs_buf) { .cap = KEFS_JOURNAL_WAITING };
	journal->busy = true;
	journal->ran = false;
	journal->rc = 0;
	journal->batch_lost = journal->batch_written = 0;
	kefs_pool_submit(journal->pool, &journal->job);
}

void kefs_journal_add(struct kefs_journal *journal, const char *line, size_t len)
{
	if (journal->waiting.len + len + 1 > journal->waiting.cap || kefs_buf_add(&journal->waiting, line, len) < 0) {
		journal->stats.lost++;
		return;
	}
	if (kefs_buf_add(&journal->waiting, "\n", 1) < 0) {
		journal->waiting.len -= len;
		journal->stats.lost++;
		return;
	}
	submit(journal);
}

void kefs_journal_get_stats(const struct kefs_journal *journal, struct kefs_journal_stats *ret_stats)
{
	*ret_stats = journal->stats;
}

int kefs_journal_open(const struct kefs_journal_parts *parts, struct kefs_journal **ret_journal, struct kefs_err *err)
{
	struct kefs_journal *journal = calloc(1, sizeof(*journal));
	int rc = journal ? kefs_pool_new(parts->loop, 1, &journal->pool) : -ENOMEM;

	if (rc == 0)
		rc = kefs_str_copy(journal->file.path, sizeof(journal->file.path), parts->path);
	if (rc < 0) {
		if (journal)
			kefs_pool_free(journal->pool);
		free(journal);
		return kefs_err_sys(err, rc, "the audit log %s", parts->path);
	}
	journal->parts = *parts;
	journal->file.max = parts->size;
	journal->file.keep = parts->keep;
	journal->file.fd = -1;
	journal->waiting.cap = KEFS_JOURNAL_WAITING;
	journal->job.run = run;
	journal->job.done = done;
	*ret_journal = journal;
	return 0;
}

void kefs_journal_free(struct kefs_journal *journal)
{
	struct kefs_pool *pool;

	if (!journal)
		return;
	pool = journal->pool;
	journal->pool = NULL;
	kefs_pool_free(pool);
	journal->rc = 0;
	if (journal->busy)
		write_batch(journal);
	journal->batch = journal->waiting;
	write_batch(journal);
	close_file(&journal->file);
	free(journal);
}
