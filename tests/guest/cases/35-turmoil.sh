#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Two clients' processes at the same files at once, with locks, delegations and their recalls: nothing that was raised
# under a lock is lost, everybody reads what he has written (tests/turmoil). TURMOIL_SECONDS is how long; on several CPUs:
# scripts/guest run --kernel qemu-debug --timeout 3000 --env TURMOIL_SECONDS=300 tests/guest/cases/35-turmoil.sh
# timeout: 400
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
serve
build turmoil turmoil
join a
join b
mkdir "$A/turmoil"
seconds=${TURMOIL_SECONDS:-20}

turmoil() { timeout $((seconds + 120)) /tmp/turmoil "$1/turmoil" "$2" 4 "$seconds" > "/tmp/raised.$2"; }
turmoil "$A" a & a=$!
turmoil "$B" b & b=$!
check "the one client's processes end well" wait $a
check "the other's" wait $b
equal "nothing is lost" "$(/tmp/turmoil --sum "$A/turmoil")" "$(awk '{ n += $1 } END { print n }' /tmp/raised.a /tmp/raised.b)"
echo "# raised $(/tmp/turmoil --sum "$A/turmoil") times"
check "and much was done" test "$(/tmp/turmoil --sum "$A/turmoil")" -gt 20
finish
