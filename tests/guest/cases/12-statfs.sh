#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# statfs tells the room there is, and it moves with what is written.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
serve
join a
free() { stat -f -c '%a * %S' "$A" | { read -r e; echo $((e)); }; }
check "a size" test "$(($(stat -f -c '%b * %S' "$A")))" -gt 1000000
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
check "df works" df "$A"
finish
