#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A client that cannot reach the server: while nobody wants what it has it keeps that, however long; who wants it waits
# for the lease, and nobody else waits at all.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
# shellcheck source=tests/guest/recovery.sh
. "$KEFS_TESTS/guest/recovery.sh"
kefs_only
serve
short_lease
join a
join b
case ${KEFS_KERNEL:-uml} in *-debug | debian) slow=10 ;; *) slow=2 ;; esac

# seconds CMD…: how long it took, in whole seconds
seconds() {
	local start=$SECONDS
	"$@" > /dev/null 2>&1 || return
	echo $((SECONDS - start))
}
expired() { [ "$(counter LeaseExpired)" -ge "$1" ]; }
# Waits for a lock on FILE
cat > /tmp/wait.py <<'P'
import fcntl, sys
fcntl.lockf(open(sys.argv[1], "r+b"), fcntl.LOCK_EX)
P

holder mine "$A/f" 0 10
echo text > "$A/other"
link_down a
check "a's lease runs out" wait_for $((2 * LEASE + 10)) expired 1
check "b works on other files meanwhile" test "$(seconds sh -c "cat $B/other && echo more >> $B/new")" -le $slow
check "and reads and writes that very file" test "$(seconds sh -c "cat $B/f && echo text > $B/f")" -le $slow
link_up a
equal "a has its lock still: nobody wanted it" "$(tell mine write x)" ok
check "b cannot have it" taken "$B/f" 0 1

link_down a
took=$(seconds timeout 60 python3 /tmp/wait.py "$B/f")
check "b, who waits for it, has it when a's lease is over (${took:-never} s)" test "${took:-99}" -le $((LEASE + 1 + slow))
link_up a
check "a is told that its lock is lost" test "$(tell mine write y)" != ok
tell mine quit > /dev/null
check "a can have a new one" try "$A/f" 0 10

holder again "$A/f" 0 10
link_down a
check "a's lease runs out once more" wait_for $((2 * LEASE + 10)) expired 3
took=$(seconds timeout 60 python3 /tmp/wait.py "$B/f")
check "then b has it at once (${took:-never} s)" test "${took:-99}" -le $slow
link_up a
tell again quit > /dev/null
finish
