#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Bytes: large files, holes, truncation, appends, odd offsets.
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
serve
join a

connections() { if [ "$SERVER" = kefs ]; then counter ConnAdopted; else echo 0; fi; }
at_first=$(connections)
remounts=0
sum() { sha256sum < "$1" | cut -c1-64; }

head -c 200M /dev/urandom > /tmp/large
cp /tmp/large "$A/large"
want=$(sum /tmp/large)
remount a
equal "200 MiB come back" "$(sum "$A/large")" "$want"
check "in odd pieces too" sh -c "dd if=$A/large bs=12345 2> /dev/null | cmp - /tmp/large"
remount a
check "and by direct I/O" sh -c "dd if=$A/large bs=1M iflag=direct 2> /dev/null | cmp - /tmp/large"
check "a copy within the mount" cp "$A/large" "$A/copy"
remount a
check "is the same" cmp "$A/copy" /tmp/large
rm "$A/copy"

dd if=/dev/urandom of=/tmp/piece bs=1000 count=1 2> /dev/null
check "writes far out" dd if=/tmp/piece of="$A/holes" bs=1000 seek=5000000 conv=notrunc status=none
check "and near" dd if=/tmp/piece of="$A/holes" bs=1000 seek=3 conv=notrunc status=none
remount a
equal "a sparse file has its size" "$(stat -c %s "$A/holes")" 5000001000
check "holes read as zeros" sh -c "head -c 3000 $A/holes | tr -d '\\0' | cmp - /dev/null"
check "the piece behind 5 GB is there" sh -c "tail -c 1000 $A/holes | cmp - /tmp/piece"
check "and takes little room" test "$(du -k "$A/holes" | cut -f1)" -lt 1000

cp /tmp/large "$A/t"
check "shrinks" truncate -s 1234567 "$A/t"
remount a
check "to the start of what it was" sh -c "head -c 1234567 /tmp/large | cmp - $A/t"
check "grows" truncate -s 2000000 "$A/t"
remount a
check "by zeros, not by what was there before" sh -c "tail -c 765433 $A/t | tr -d '\\0' | cmp - /dev/null"
: > "$A/t"
equal "becomes empty" "$(stat -c %s "$A/t")" 0
check "an offset beyond the largest file is refused" sh -c "! truncate -s 9E $A/t"

rm -f "$A/log"
for ((i = 0; i < 500; i++)); do echo "line $i"; done > /tmp/log
while read -r line; do echo "$line" >> "$A/log"; done < /tmp/log
check "500 appends" cmp /tmp/log "$A/log"

check "fio writes at random and verifies" fio --name=v --directory="$A" --size=32M --bs=4k-64k --rw=randrw --verify=crc32c \
	--ioengine=psync --output=/tmp/fio.out
check "fio with direct I/O verifies" fio --name=w --directory="$A" --size=16M --bs=4k --rw=randwrite --verify=crc32c \
	--direct=1 --ioengine=psync --output=/tmp/fio.out
# What a client cannot decode makes it reconnect and ask again: nothing fails, all is slow
for size in 1 3 16385 32375 65537 1000001; do
	head -c $size /tmp/large > "$A/odd"
	remount a
	check "a file of $size bytes" sh -c "head -c $size /tmp/large | cmp - $A/odd"
	remounts=$((remounts + 1))
done
check "the client never had to reconnect" test $(($(connections) - at_first)) -le $((remounts + 8))
finish
