// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <linux/atomic.h>
#include <linux/slab.h>
#include "core/kefs.h"
#include "state/slot.h"

#define MISORDERED (-KEFS_ERR_SEQ_MISORDERED)
#define DELAY (-KEFS_ERR_DELAY)
#define BADSESSION (-KEFS_ERR_BADSESSION)

unsigned int shim_fail_allocs;

/* As session.c does it: what a request with @seqid comes to; if it is 0 the slot runs. */
static int begin(struct kefs_slot *slot, u32 seqid, u32 digest, bool cachethis)
{
	int ret = kefs_slot_acquire(slot, seqid);

	if (ret)
		return ret;
	ret = kefs_slot_check(slot, seqid, digest);
	if (!ret && cachethis && kefs_slot_reserve(slot, 64))
		ret = DELAY;
	if (!ret)
		kefs_slot_start(slot, seqid, digest, cachethis);
	else if (ret < 0)
		assert_false(kefs_slot_release(slot));
	return ret;
}

/* One request from begin to end, with a reply to keep or none. */
static int whole(struct kefs_slot *slot, u32 seqid, u32 digest, const char *reply)
{
	int ret = begin(slot, seqid, digest, reply);

	if (ret < 0)
		return ret;
	if (!ret && reply)
		assert_true(kefs_slot_keep(slot, reply, strlen(reply)));
	assert_false(kefs_slot_release(slot));
	return ret;
}

static void test_target(void **state)
{
	(void)state;
	assert_int_equal(kefs_slot_target(128, 0, 1000), 128);
	assert_int_equal(kefs_slot_target(128, 500, 1000), 128);
	assert_int_equal(kefs_slot_target(128, 501, 1000), 64);
	assert_int_equal(kefs_slot_target(128, 750, 1000), 64);
	assert_int_equal(kefs_slot_target(128, 751, 1000), 32);
	assert_int_equal(kefs_slot_target(128, 1000, 1000), 1);
	assert_int_equal(kefs_slot_target(128, 5000, 1000), 1);
	assert_int_equal(kefs_slot_target(1, 1000, 1000), 1);
	assert_int_equal(kefs_slot_target(16, 1, 0), 16);	/* no limit that means anything */
}

/* Its memory goes; afterwards the next seqid is good, and 1, and nothing is a retry */
static void test_retire(void **state)
{
	struct kefs_slot slot = { 0 };

	(void)state;
	assert_int_equal(whole(&slot, 1, 5, "one"), 0);
	assert_int_equal(whole(&slot, 2, 5, "two"), 0);
	assert_true(kefs_slot_own(&slot));
	assert_false(kefs_slot_own(&slot));
	assert_true(kefs_slot_retire(&slot));
	assert_null(slot.reply);
	assert_false(kefs_slot_retire(&slot));
	assert_int_equal(begin(&slot, 3, 5, false), DELAY);
	assert_false(kefs_slot_release(&slot));
	assert_int_equal(whole(&slot, 2, 5, NULL), KEFS_SLOT_UNCACHED);
	assert_int_equal(whole(&slot, 2, 6, NULL), MISORDERED);
	assert_int_equal(whole(&slot, 4, 5, NULL), MISORDERED);
	assert_int_equal(whole(&slot, 3, 5, "three"), 0);
	assert_int_equal(whole(&slot, 1, 5, NULL), MISORDERED);
	assert_int_equal(whole(&slot, 3, 5, NULL), KEFS_SLOT_REPLAY);
	assert_true(kefs_slot_own(&slot));
	assert_true(kefs_slot_retire(&slot));
	assert_false(kefs_slot_release(&slot));
	assert_int_equal(whole(&slot, 1, 6, "one again"), 0);
	assert_int_equal(whole(&slot, 1, 6, NULL), KEFS_SLOT_REPLAY);
	assert_int_equal(whole(&slot, 2, 6, NULL), 0);
	free(slot.reply);
}

/* Its first request comes once more, on a connection that was slow, after the slot was given back. */
static void test_late_first(void **state)
{
	struct kefs_slot slot = { 0 };

	(void)state;
	assert_int_equal(whole(&slot, 1, 5, "one"), 0);
	assert_true(kefs_slot_own(&slot));
	assert_true(kefs_slot_retire(&slot));
	assert_false(kefs_slot_release(&slot));
	assert_int_equal(whole(&slot, 1, 5, NULL), KEFS_SLOT_UNCACHED);
	assert_int_equal(whole(&slot, 1, 6, "a new start"), 0);
	free(slot.reply);
}

static void test_judge(void **state)
{
	(void)state;
	/* a slot that was never used: 1 is first, nothing is a retry */
	assert_int_equal(kefs_slot_judge(KEFS_SLOT_FREE, false, 0, 1), 0);
	assert_int_equal(kefs_slot_judge(KEFS_SLOT_FREE, false, 0, 0), MISORDERED);
	assert_int_equal(kefs_slot_judge(KEFS_SLOT_FREE, false, 0, 2), MISORDERED);
	assert_int_equal(kefs_slot_judge(KEFS_SLOT_FREE, false, 0, UINT32_MAX), MISORDERED);
	/* idle */
	assert_int_equal(kefs_slot_judge(KEFS_SLOT_FREE, true, 7, 8), 0);
	assert_int_equal(kefs_slot_judge(KEFS_SLOT_FREE, true, 7, 7), KEFS_SLOT_REPLAY);
	assert_int_equal(kefs_slot_judge(KEFS_SLOT_FREE, true, 7, 6), MISORDERED);
	assert_int_equal(kefs_slot_judge(KEFS_SLOT_FREE, true, 7, 9), MISORDERED);
	/* 32 bits wrap through 0, which is a seqid like others */
	assert_int_equal(kefs_slot_judge(KEFS_SLOT_FREE, true, UINT32_MAX, 0), 0);
	assert_int_equal(kefs_slot_judge(KEFS_SLOT_FREE, true, 0, 0), KEFS_SLOT_REPLAY);
	assert_int_equal(kefs_slot_judge(KEFS_SLOT_FREE, true, 0, 1), 0);
	/* running: its retry waits, its successor cannot be meant */
	assert_int_equal(kefs_slot_judge(KEFS_SLOT_RUNNING, true, 7, 7), DELAY);
	assert_int_equal(kefs_slot_judge(KEFS_SLOT_RUNNING, true, 7, 8), MISORDERED);
	assert_int_equal(kefs_slot_judge(KEFS_SLOT_RUNNING, true, 7, 5), MISORDERED);
	/* its reply is read once more: both may come again */
	assert_int_equal(kefs_slot_judge(KEFS_SLOT_REPLAYING, true, 7, 7), DELAY);
	assert_int_equal(kefs_slot_judge(KEFS_SLOT_REPLAYING, true, 7, 8), DELAY);
	assert_int_equal(kefs_slot_judge(KEFS_SLOT_REPLAYING, true, 7, 9), MISORDERED);
	/* dead in all states */
	assert_int_equal(kefs_slot_judge(KEFS_SLOT_DEAD, true, 7, 8), BADSESSION);
	assert_int_equal(kefs_slot_judge(KEFS_SLOT_DEAD | KEFS_SLOT_RUNNING, true, 7, 7), BADSESSION);
}

static void test_new_and_replay(void **state)
{
	struct kefs_slot slot = {0};

	(void)state;
	assert_int_equal(whole(&slot, 0, 5, "x"), MISORDERED);
	assert_int_equal(whole(&slot, 1, 5, "first"), 0);
	assert_int_equal(begin(&slot, 1, 5, true), KEFS_SLOT_REPLAY);
	assert_int_equal(slot.reply_len, 5);
	assert_memory_equal(slot.reply, "first", 5);
	/* while that is read */
	assert_int_equal(begin(&slot, 1, 5, true), DELAY);
	assert_int_equal(begin(&slot, 2, 5, true), DELAY);
	assert_false(kefs_slot_release(&slot));
	/* any number of times */
	assert_int_equal(whole(&slot, 1, 5, NULL), KEFS_SLOT_REPLAY);
	assert_int_equal(whole(&slot, 1, 5, NULL), KEFS_SLOT_REPLAY);
	/* another request under the same number */
	assert_int_equal(whole(&slot, 1, 6, NULL), -KEFS_ERR_SEQ_FALSE_RETRY);
	assert_false(kefs_slot_busy(&slot));
	/* the next forgets it */
	assert_int_equal(whole(&slot, 2, 6, NULL), 0);
	assert_int_equal(whole(&slot, 2, 6, NULL), KEFS_SLOT_UNCACHED);
	assert_int_equal(whole(&slot, 1, 5, NULL), MISORDERED);
	kvfree(slot.reply);
}

static void test_running(void **state)
{
	struct kefs_slot slot = {0};

	(void)state;
	assert_int_equal(begin(&slot, 1, 0, false), 0);
	assert_true(kefs_slot_busy(&slot));
	assert_int_equal(begin(&slot, 1, 0, false), DELAY);
	assert_int_equal(begin(&slot, 2, 0, false), MISORDERED);
	assert_int_equal(begin(&slot, 0, 0, false), MISORDERED);
	assert_false(kefs_slot_release(&slot));
	assert_false(kefs_slot_busy(&slot));
	assert_int_equal(whole(&slot, 2, 0, NULL), 0);
}

static void test_wrap(void **state)
{
	struct kefs_slot slot = { .used = true, .seqid = UINT32_MAX - 1 };

	(void)state;
	assert_int_equal(whole(&slot, UINT32_MAX, 0, "a"), 0);
	assert_int_equal(whole(&slot, 0, 0, "b"), 0);
	assert_int_equal(whole(&slot, 0, 0, NULL), KEFS_SLOT_REPLAY);
	assert_int_equal(whole(&slot, UINT32_MAX, 0, NULL), MISORDERED);
	assert_int_equal(whole(&slot, 1, 0, "c"), 0);
	kvfree(slot.reply);
}

static void test_memory(void **state)
{
	struct kefs_slot slot = {0};
	char big[65] = {0};

	(void)state;
	/* without memory the request has not come */
	shim_fail_allocs = 1;
	assert_int_equal(begin(&slot, 1, 0, true), DELAY);
	assert_int_equal(shim_fail_allocs, 0);
	assert_false(kefs_slot_busy(&slot));
	assert_int_equal(slot.seqid, 0);
	assert_false(slot.used);
	/* kept if it fits, to the byte */
	assert_int_equal(begin(&slot, 1, 0, true), 0);
	assert_false(kefs_slot_keep(&slot, big, 65));
	assert_false(kefs_slot_release(&slot));
	assert_int_equal(whole(&slot, 1, 0, NULL), KEFS_SLOT_UNCACHED);
	assert_int_equal(begin(&slot, 2, 0, true), 0);
	assert_true(kefs_slot_keep(&slot, big, 64));
	assert_false(kefs_slot_release(&slot));
	assert_int_equal(whole(&slot, 2, 0, NULL), KEFS_SLOT_REPLAY);
	/* reserved once: no second allocation */
	shim_fail_allocs = 1;
	assert_int_equal(whole(&slot, 3, 0, "c"), 0);
	assert_int_equal(shim_fail_allocs, 1);
	shim_fail_allocs = 0;
	/* a session whose agreed size is 0 keeps nothing */
	assert_int_equal(kefs_slot_reserve(&(struct kefs_slot){0}, 0), 0);
	assert_false(kefs_slot_keep(&(struct kefs_slot){0}, big, 0));
	kvfree(slot.reply);
}

static void test_kill(void **state)
{
	struct kefs_slot idle = {0}, running = {0}, replaying = {0}, owned = {0};

	(void)state;
	assert_false(kefs_slot_kill(&idle));
	assert_int_equal(begin(&idle, 1, 0, false), BADSESSION);
	assert_false(kefs_slot_busy(&idle));

	assert_int_equal(begin(&running, 1, 0, true), 0);
	assert_true(kefs_slot_kill(&running));
	assert_true(kefs_slot_busy(&running));
	assert_int_equal(begin(&running, 1, 0, true), BADSESSION);
	assert_true(kefs_slot_keep(&running, "x", 1));
	assert_true(kefs_slot_release(&running));
	assert_int_equal(begin(&running, 1, 0, true), BADSESSION);
	kvfree(running.reply);

	assert_int_equal(whole(&replaying, 1, 0, NULL), 0);
	assert_int_equal(begin(&replaying, 1, 0, false), KEFS_SLOT_UNCACHED);
	assert_true(kefs_slot_kill(&replaying));
	assert_true(kefs_slot_release(&replaying));

	/* between taking it and starting */
	assert_int_equal(kefs_slot_acquire(&owned, 1), 0);
	assert_true(kefs_slot_kill(&owned));
	kefs_slot_start(&owned, 1, 0, false);
	assert_true(kefs_slot_busy(&owned));
	assert_true(kefs_slot_release(&owned));
	assert_int_equal(begin(&owned, 2, 0, false), BADSESSION);
}

/* --- exactly once, with everybody sending everything --- */

#define THREADS 4
#define REQUESTS 20000

static struct kefs_slot shared;
static u32 executed[REQUESTS + 2];
static u32 replays;

static void *sender(void *arg)
{
	u32 seqid = 1, reply;
	int ret;

	(void)arg;
	while (seqid <= REQUESTS) {
		ret = kefs_slot_acquire(&shared, seqid);
		if (!ret) {
			ret = kefs_slot_check(&shared, seqid, 0);
			if (!ret) {
				if (kefs_slot_reserve(&shared, sizeof(reply)))
					abort();
				kefs_slot_start(&shared, seqid, 0, true);
				__atomic_add_fetch(&executed[seqid], 1, __ATOMIC_RELAXED);
				reply = seqid * 3;
				kefs_slot_keep(&shared, &reply, sizeof(reply));
			} else if (ret == KEFS_SLOT_REPLAY) {
				memcpy(&reply, shared.reply, sizeof(reply));
				if (reply != seqid * 3)
					abort();
				__atomic_add_fetch(&replays, 1, __ATOMIC_RELAXED);
			}
			kefs_slot_release(&shared);
		}
		/* answered, or others are ahead by two already: then this one has been answered to them */
		if (ret >= 0 || (ret == MISORDERED && READ_ONCE(shared.seqid) > seqid))
			seqid++;
		else if (ret != DELAY && ret != MISORDERED)
			abort();
	}
	return NULL;
}

static void test_once(void **state)
{
	pthread_t threads[THREADS];
	u32 i;

	(void)state;
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, sender, NULL), 0);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	for (i = 1; i <= REQUESTS; i++)
		assert_int_equal(executed[i], 1);
	assert_int_equal(shared.seqid, REQUESTS);
	assert_int_equal(shared.state, KEFS_SLOT_FREE);
	kvfree(shared.reply);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_target),
		cmocka_unit_test(test_retire), cmocka_unit_test(test_late_first),
		cmocka_unit_test(test_judge),	cmocka_unit_test(test_new_and_replay),
		cmocka_unit_test(test_running), cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_memory),	cmocka_unit_test(test_kill),
		cmocka_unit_test(test_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
