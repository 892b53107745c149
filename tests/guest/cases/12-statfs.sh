#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# statfs tells the room there is, which is as good as endless, and what is written counts.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
serve
join a
free() { stat -f -c '%a * %S' "$A" | { read -r e; echo $((e)); }; }
check "a size" test "$(stat -f -c %b "$A")" -gt 100
check "inodes" test "$(stat -f -c %c "$A")" -gt 1000
equal "names of 255" "$(stat -f -c %l "$A")" 255
before=$(free)
head -c 32M /dev/urandom > "$A/f"
sync "$A/f"
shrunk() { [ $((before - $(free))) -ge $((30 << 20)) ]; }
check "32 MiB less" wait_for 10 shrunk
rm "$A/f"
grown() { [ $((before - $(free))) -lt $((8 << 20)) ]; }
check "and back" wait_for 30 grown
if [ "$SERVER" = kefs ]; then
	equal "8 EiB, as EFS has it" "$(df -h --output=size "$A" | tail -n 1 | tr -d ' ')" 8.0E
	used() { df -B 1 --output=used "$A" | tail -n 1 | tr -d ' '; }
	check "little of it used" test "$(used)" -lt $((4 << 20))
	head -c 8M /dev/urandom > "$A/g"
	sync "$A/g"
	fuller() { [ "$(used)" -ge $((8 << 20)) ]; }
	check "what is written counts" wait_for 10 fuller
else
	check "df works" df "$A"
fi
finish
