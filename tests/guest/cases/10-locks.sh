#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Byte-range locks and flock between two clients.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
serve
join a
join b

# Holds a lock on FILE until its standard input ends; says so once it has it.
cat > /tmp/hold.py <<'P'
import fcntl, sys
name, kind, start, length = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
f = open(name, "r+b")
if kind == "flock":
    fcntl.flock(f, fcntl.LOCK_EX)
else:
    fcntl.lockf(f, fcntl.LOCK_EX if kind == "write" else fcntl.LOCK_SH, length, start)
print("held", flush=True)
sys.stdin.read()
P
# Tries one without waiting: 0 got it, 1 it is taken.
cat > /tmp/try.py <<'P'
import fcntl, sys
name, kind, start, length = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
f = open(name, "r+b")
try:
    if kind == "flock":
        fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
    else:
        fcntl.lockf(f, (fcntl.LOCK_EX if kind == "write" else fcntl.LOCK_SH) | fcntl.LOCK_NB, length, start)
except BlockingIOError:
    sys.exit(1)
P
hold() {
	coproc HOLD { python3 /tmp/hold.py "$@"; }
	read -r -u "${HOLD[0]}" _
}
release() {
	local pid=$HOLD_PID in=${HOLD[1]}
	exec {in}>&-
	wait "$pid"
}
try() { python3 /tmp/try.py "$@"; }

head -c 1000 /dev/zero > "$A/f"
hold "$A/f" write 100 100
check_not "b cannot lock what a holds" try "$B/f" write 150 10
check_not "nor for reading" try "$B/f" read 150 10
check_not "nor a range that touches its end" try "$B/f" write 199 1
check "but the byte behind" try "$B/f" write 200 1
check "and the one before" try "$B/f" write 99 1
check_not "nor to the end of the file" try "$B/f" write 50 0
release
check "free after the release" try "$B/f" write 150 10

hold "$A/f" read 0 0
check "two may read" try "$B/f" read 0 0
check_not "not write" try "$B/f" write 500 1
release

hold "$A/f" flock 0 0
check_not "flock of b waits for a's" try "$B/f" flock 0 0
release
check "and then has it" try "$B/f" flock 0 0

# Waiting: b gets the lock soon after a lets go
hold "$A/f" write 0 0
(python3 /tmp/hold.py "$B/f" write 0 0 < /dev/null > /tmp/waited; echo over >> /tmp/waited) &
waiter=$!
check_not "b waits" wait_for 1 grep -q held /tmp/waited
release
check "b has it after a has let go" wait_for 40 grep -q over /tmp/waited
wait $waiter

# A counter under a lock: no increment may be lost
cat > /tmp/count.py <<'P'
import fcntl, os, sys
fd = os.open(sys.argv[1], os.O_RDWR)
for _ in range(int(sys.argv[2])):
    fcntl.lockf(fd, fcntl.LOCK_EX)
    n = int(os.pread(fd, 20, 0) or b"0")
    os.pwrite(fd, b"%d" % (n + 1), 0)
    fcntl.lockf(fd, fcntl.LOCK_UN)
P
: > "$A/n"
python3 /tmp/count.py "$A/n" 30 &
python3 /tmp/count.py "$B/n" 30
wait $!
equal "60 increments by two clients" "$(cat "$A/n")" 60

hold "$A/f" write 0 0
kill -9 "$HOLD_PID"
check "the lock of a killed process is freed" wait_for 5 try "$B/f" write 0 0
finish
