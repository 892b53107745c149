#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A file that is open outlives its name: removed by its own client (a silly rename) or by another one (on the server).
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
serve
join a
join b

echo text > "$A/f"
exec 3<> "$A/f"
rm "$A/f"
equal "reads after its own unlink" "$(cat <&3)" text
check "writes" sh -c 'echo more >&3'
check "is hidden under a .nfs name" sh -c "ls -A $A | grep -q '^\\.nfs'"
exec 3>&-
check "which goes at the last close" wait_for 5 sh -c "! ls -A $A | grep -q '^\\.nfs'"

echo server > "$A/g"
exec 3<> "$A/g"
rm "$B/g"
equal "the name is gone everywhere" "$(stat "$B/g" 2>&1 | grep -c 'No such file')" 1
check "a reads what b removed" sh -c 'cat <&3 | grep -q server'
check "a writes it" sh -c 'echo again >&3'
check "a flushes it" python3 -c 'import os; os.fsync(3)'
equal "a reads that after dropping its cache" \
	"$(echo 3 > /proc/sys/vm/drop_caches; python3 -c 'import os; print(os.pread(3, 100, 7).decode().strip())')" again
exec 3>&-
check "a new file of that name is another one" sh -c "echo fresh > $B/g; [ \"\$(cat $A/g)\" = fresh ]"

echo over > "$A/h"
exec 3<> "$A/h"
echo new > "$B/h.new"
mv "$B/h.new" "$B/h"
check "renamed over by b, still read by a" sh -c 'cat <&3 | grep -q over'
exec 3>&-
equal "the name is the new file" "$(cat "$A/h")" new

# The room comes back. ext4 gives it back when its own commit is through
before=$(df --output=avail -k "$A" | tail -1)
exec 3> "$A/big"
head -c 64M /dev/zero >&3
sync "$A/big"
rm "$B/big"
exec 3>&-
room_back() { [ "$(df --output=avail -k "$A" | tail -1)" -ge $((before - 4096)) ]; }
check "64 MiB are free again after the last close" wait_for 30 room_back
finish
