#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Delegations for writing: opens, closes and locks stay with the holder; others see what he has not written back yet.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
# shellcheck source=tests/guest/delegations.sh
. "$KEFS_TESTS/guest/delegations.sh"
# shellcheck source=tests/guest/rawclients.sh
. "$KEFS_TESTS/guest/rawclients.sh"
kefs_only
serve
join a
join b

# written_by_a NAME: a has a delegation for writing of that file
written_by_a() {
	echo one > "$A/$1"
	echo two > "$A/$1"
}

written_by_a f
equal "the second open to write gets one" "$(delegations)" 1
before=$(ops OPEN) closes=$(ops CLOSE)
for ((i = 0; i < 20; i++)); do echo "text $i" >> "$A/f"; done
for ((i = 0; i < 20; i++)); do cat "$A/f" > /dev/null; done
equal "40 opens, of both kinds, are no OPEN on the wire" "$(ops OPEN)" "$before"
equal "nor are they a CLOSE" "$(ops CLOSE)" "$closes"

# What another client sees of a file that is being written: by asking, without taking it
asked=$(counter CbGetattr) recalled=$(counter DelegRecalled)
printf '0123456789' > "$A/f"
equal "b sees the size that only a knows" "$(stat -c %s "$B/f")" 10
check "a was asked for it" test "$(counter CbGetattr)" -gt "$asked"
equal "and keeps its delegation" "$(counter DelegRecalled)" "$recalled"
first=$(stat -c %Y.%y "$B/f")
asked=$(counter CbGetattr)
stat "$A/f" > /dev/null
equal "a's own look asks nobody" "$(counter CbGetattr)" "$asked"
printf '0123456789abcdef' > "$A/f"
later() { [ "$(stat -c %s "$B/f")" = 16 ]; }
check "b sees it grow once its cache has aged" wait_for 70 later
check "and its time move" test "$(stat -c %Y.%y "$B/f")" != "$first"

quick "b's reading is not held up" cat "$B/f"
equal "b reads what a has written" "$(cat "$B/f")" 0123456789abcdef
equal "that recalled it" $(($(counter DelegRecalled) - recalled)) 1
equal "none is left" "$(delegations)" 0

written_by_a g
on_disk=$(find /var/lib/kefs -path "*/$CASE/g")
echo "behind the server's back" > "$A/g"
equal "a local process reads what a has not sent yet" "$(timeout 5 cat "$on_disk")" "behind the server's back"

written_by_a h
quick "b's writing is not held up" sh -c "echo three >> $B/h"
equal "a reads it" "$(cat "$A/h")" "$(printf 'two\nthree')"

# A lock that a took by itself is the server's once the delegation is recalled
cat > /tmp/hold.py <<'P'
import fcntl, sys
f = open(sys.argv[1], "r+b")
fcntl.lockf(f, fcntl.LOCK_EX | (fcntl.LOCK_NB if len(sys.argv) > 2 else 0), 10, 0)
print("held", flush=True)
sys.stdin.read()
P
written_by_a locked
locks=$(ops LOCK)
coproc HOLD { python3 /tmp/hold.py "$A/locked"; }
read -r -u "${HOLD[0]}" _
equal "a locks without asking" "$(ops LOCK)" "$locks"
check_not "b does not get the lock" timeout 20 python3 /tmp/hold.py "$B/locked" try
kill "$HOLD_PID"
free() { python3 /tmp/hold.py "$B/locked" try < /dev/null; }
check "until a lets go of it" wait_for 10 free

# Who asks for a lock without an open, as Linux does not
top=/mnt/a/$CASE.asked
for i in one two; do echo $i > "$top"; done
equal "a has a delegation again" "$(delegations)" 1
coproc HOLD { python3 /tmp/hold.py "$top"; }
read -r -u "${HOLD[0]}" _
begin c
equal "a lock that a took by itself is told" "$(c look "$(basename "$top")", testlock 0 10)" "OK DENIED"
kill "$HOLD_PID"
rm "$top"

# The holder itself
holder() {
	local what=$1 file=$2 recalled
	shift 2
	written_by_a "$file"
	recalled=$(counter DelegRecalled)
	quick "the holder's own $what does not wait" "$@"
	equal "and recalls nothing" $(($(counter DelegRecalled) - recalled)) 0
}
holder chmod own-mode chmod 600 "$A/own-mode"
holder truncate own-cut truncate -s 3 "$A/own-cut"
holder unlink own-gone rm "$A/own-gone"
holder rename own-from mv "$A/own-from" "$A/own-to"

# What its owner has open stays so, also when he takes away his own right to open it and then must do so at the server
cat > /tmp/write.py <<'P'
import os, sys
f = open(sys.argv[1], "r+b", buffering=0)
os.fchmod(f.fileno(), 0o444)
f.write(b"precious")
print("written", flush=True)
sys.stdin.readline()
f.write(b" and more")
f.close()
P
mkdir -m 1777 "$A/user"
user=(setpriv --reuid 1000 --regid 1000 --clear-groups)
"${user[@]}" sh -c "echo one > $A/user/f; echo two > $A/user/f"
had=$(delegations)
coproc WRITE { "${user[@]}" python3 /tmp/write.py "$A/user/f"; }
read -r -u "${WRITE[0]}" _
recalled=$(counter DelegRecalled)
quick "what its owner writes and has made read-only can be read" "${user[@]}" cat "$B/user/f"
equal "a delegation was recalled for that ($had were there)" $(($(counter DelegRecalled) - recalled)) 1
writer=$WRITE_PID
echo >&"${WRITE[1]}"
wait "$writer"
equal "nothing of it is lost" "$("${user[@]}" cat "$B/user/f")" "precious and more"

equal "nothing was revoked" "$(counter DelegRevoked)" 0
umount_all
equal "unmounting returns all" "$(delegations)" 0
finish
