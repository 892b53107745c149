#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Grace ends when the last client is back, does not begin when there was none, ends by the clock when one stays away, and
# when the administrator says so.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
# shellcheck source=tests/guest/recovery.sh
. "$KEFS_TESTS/guest/recovery.sh"
kefs_only
serve
short_lease

# seconds CMD…: how long it took, in whole seconds
seconds() {
	local start=$SECONDS
	"$@" > /dev/null 2>&1 || return
	echo $((SECONDS - start))
}

check "the module is loaded anew before anybody came" reload
check "no grace for nobody" no_grace

join a
join b
holder one "$A/f" 0 10
# Cut off, so that nobody is back before one has looked
link_down a
link_down b
check "loaded anew with two clients" reload
equal "both are awaited" "$(grace ClientsAwaited)" 2
check "kefsctl shows it" sh -c "kefsctl status | grep -q '2 are awaited'"
link_up a
link_up b
check "a is back" test "$(tell one write x)" = ok
check "b too" ls "$B"
check "then grace is over, long before its time" wait_for 3 no_grace

cd /
umount /mnt/b
link_down a
check "loaded anew when b has left" reload
equal "only a is awaited" "$(grace ClientsAwaited)" 1
link_up a
equal "a is back" "$(tell one write y)" ok
check "and grace over" wait_for 3 no_grace

mount_on b /mnt/b || fatal "b cannot mount"
link_down a
check "loaded anew, a is cut off" reload
# b must wait for a, for a lease and not much longer
took=$(seconds timeout 60 sh -c "echo text > $B/new")
check "b waits for a, at least most of a lease ($took s)" test "$took" -ge $((LEASE - 3))
check "but no longer than two, and what the client sleeps" test "$took" -le $((2 * LEASE + 16))
check "grace is over" no_grace
check "b gets a's lock" try "$B/f" 0 10
link_up a
check "a is told that its lock is lost" test "$(tell one write z)" != ok
tell one quit > /dev/null

holder two "$B/g" 0 10
link_down b
check "loaded anew once more" reload
id=$(kefsctl fs list --quiet)
check "the administrator ends grace" kefsctl grace end "$id"
check "there is none" no_grace
check_not "and none can be ended" kefsctl grace end "$id"
link_up b
check "b is told that its lock is lost" test "$(tell two write z)" != ok
tell two quit > /dev/null
check "a can lock it" try "$A/g" 0 10
finish
