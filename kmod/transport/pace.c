// SPDX-License-Identifier: GPL-2.0
/*
 * A peer that has begun a record, or does not take its replies, keeps memory from others. It is closed when no byte has
 * moved for the length of a window, or fewer in one than KEFS_PACE_MIN a second. And when others wait for memory and
 * nothing comes back, those go who hold more than they would be rid of soon, be that our fault (HOLD_BUDGET) or theirs.
 */
#include <linux/jiffies.h>
#include <linux/math64.h>
#include "../core/stats.h"
#include "../core/trace.h"
#include "internal.h"

#define TX_NUDGE	(2 * HZ)	/* a queue that stands still this long is tried without being asked */

static void pace_start(struct kefs_pace *pace, unsigned long began, u64 bytes)
{
	*pace = (struct kefs_pace){ .began = began, .since = jiffies, .bytes = bytes, .moved = jiffies, .seen = bytes };
}

/* Look at what is under way since @began (0: nothing is), of which @bytes have moved; true: for too long. */
static bool pace_failed(struct kefs_pace *pace, unsigned long began, u64 bytes)
{
	unsigned long window = (kefs_budget_low() ? KEFS_PACE_LOW_SEC : KEFS_PACE_SEC) * HZ, now = jiffies;
	unsigned long age = now - pace->since;

	if (!began || began != pace->began) {
		pace_start(pace, began, bytes);
		return false;
	}
	if (bytes != pace->seen) {
		pace->seen = bytes;
		pace->moved = now;
	}
	if (now - pace->moved >= window)
		return true;
	if (age < window)
		return false;
	if (bytes - pace->bytes < (u64)age / HZ * KEFS_PACE_MIN)
		return true;
	pace->since = now;
	pace->bytes = bytes;
	return false;
}

/* Will @held bytes still be held for a while, as it goes? What has just begun is not judged. */
static bool pace_hoards(const struct kefs_pace *pace, size_t held)
{
	unsigned long age = jiffies - pace->since;

	return pace->began && age >= HZ && held > div64_u64((pace->seen - pace->bytes) * HZ * KEFS_PACE_LOW_SEC, age);
}

static bool scan_rx(struct kefs_conn *conn)
{
	unsigned long since = READ_ONCE(conn->rx_since);
	u64 bytes = READ_ONCE(conn->bytes_in);

	if (!pace_failed(&conn->rx_pace, since, bytes))
		return false;
	if (READ_ONCE(conn->flags) & (BIT(CONN_READING) | BIT(CONN_HOLD_BUDGET))) {
		pace_start(&conn->rx_pace, since, bytes);	/* it is we who do not read */
		return false;
	}
	kefs_count(KEFS_CNT_RX_TIMEOUT);
	trace_kefs_conn_error(conn->id, "receive timeout", -ETIMEDOUT);
	return true;
}

static bool scan_tx(struct kefs_conn *conn)
{
	unsigned long since = kefs_send_pending(conn) ? READ_ONCE(conn->tx_since) : 0;

	if (pace_failed(&conn->tx_pace, since, READ_ONCE(conn->bytes_out))) {
		kefs_count(KEFS_CNT_TX_STALLED);
		trace_kefs_conn_error(conn->id, "send timeout", -ETIMEDOUT);
		return true;
	}
	/* TCP calls no sk_write_space when it was memory that it lacked and it has nothing on the way. */
	if (since && jiffies - conn->tx_pace.moved > TX_NUDGE)
		kefs_send_kick(conn);
	return false;
}

/* Others are stuck: what closing this one gives back, or 0 if it had better stay. */
static size_t hoard(struct kefs_conn *conn)
{
	size_t rx = READ_ONCE(conn->rx_held), tx = max(atomic_long_read(&conn->tx_bytes), 0l);

	if (!pace_hoards(&conn->rx_pace, rx))
		rx = 0;
	if (!pace_hoards(&conn->tx_pace, tx))
		tx = 0;
	if (rx + tx) {
		kefs_count(rx > tx ? KEFS_CNT_RX_TIMEOUT : KEFS_CNT_TX_STALLED);
		trace_kefs_conn_error(conn->id, "memory wanted", -ETIMEDOUT);
	}
	return rx + tx;
}

size_t kefs_pace_scan(struct kefs_conn *conn, u64 need)
{
	size_t back = 0;
	bool slow;

	if (test_bit(CONN_DEAD, &conn->flags))
		return 0;
	slow = scan_rx(conn);
	slow |= scan_tx(conn);
	if (!slow && need)
		back = hoard(conn);
	if (slow || back)
		kefs_conn_kill(conn);
	return back;
}
