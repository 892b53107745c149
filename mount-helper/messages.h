/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Everything that mount.efs says to its user when it fails, and the exit status that goes with it, in one table:
 * scripts match on both. Pure.
 */
#ifndef KEFS_MOUNT_MESSAGES_H
#define KEFS_MOUNT_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>

#define EXIT_USAGE	1	/* mount(8): incorrect invocation, permissions, configuration */
#define FAILURE_SIZE	1536

/* Names of the rows of the table in messages.c. */
enum message {
	MSG_NO_MEMORY, MSG_TOO_LONG, MSG_BAD_SWITCH, MSG_WANT_DEVICE, MSG_NOT_ROOT, MSG_TOO_MANY_OPTIONS,
	MSG_OPEN_QUOTE, MSG_CONFLICT, MSG_NEEDS, MSG_UNSUPPORTED, MSG_WANT_VALUE, MSG_NO_VALUE, MSG_BAD_NUMBER,
	MSG_BAD_ACCESS_POINT, MSG_BAD_REGION, MSG_BAD_AZ, MSG_BAD_URI, MSG_BAD_ADDRESS, MSG_RELATIVE,
	MSG_BAD_DEVICE, MSG_BAD_PATH, MSG_NO_EFS_NAME, MSG_OTHER_NAME, MSG_OTHER_AZ, MSG_ADDRESS_DEVICE,
	MSG_NO_REGION, MSG_NO_AZ_ID, MSG_VERIFY_ZERO, MSG_BAD_FORMAT, MSG_LONG_NAME, MSG_PORT_RANGE,
	MSG_KERNEL_PLAIN, MSG_KERNEL_IDENTITY, MSG_KERNEL_TLSHD, MSG_KERNEL_WATCHDOG, MSG_KERNEL_BUSY, MSG_CONFIG,
	MSG_UNRESOLVED, MSG_UNRESOLVED_FALLBACK, MSG_UNREACHABLE, MSG_NO_CREDENTIALS, MSG_BAD_CREDENTIALS,
	MSG_NO_FILE, MSG_NO_STUNNEL, MSG_NO_PORT, MSG_PORT_BUSY, MSG_CERTIFICATE, MSG_STATE,
	MSG_STUNNEL_DIED, MSG_NO_MOUNT_NFS, MSG_DENIED, MSG_NOT_MOUNTED, MSG_SYSTEM,
	MSG_COUNT
};

/* Why something failed: filled by whoever returns a negative value. */
struct failure {
	int status;			/* exit status */
	char text[FAILURE_SIZE];	/* no newline at the end */
};

/*
 * Fills failure with a row of the table, @args (up to three, NULL after the last) in the places of %1 to %3. Returns
 * -EINVAL, so that "return refuse(…)" is one statement. failure may be NULL.
 */
int message_set(struct failure *failure, enum message id, const char *const args[4]);

#define refuse(failure, id, ...) message_set(failure, id, (const char *const[4]){ __VA_ARGS__ })

#endif
