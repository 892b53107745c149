#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Clients that break the rules: the protocol's error or a closed connection, a counter, service to the others within a
# second, and the memory comes back. Each test of tests/rawclient/badinput by itself, so that its counter can be seen.
# timeout: 900
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
serve
build rawclient badinput
join a
echo text > "$A/f"
server=$(server_addr a):$PORT
options=(--seed "${BADINPUT_SEED:-1}" --rounds "${BADINPUT_ROUNDS:-300}")
[ "$SERVER" = kefs ] || options+=(--lenient)
bad() { in_ns a /tmp/badinput "${options[@]}" "$@" "$server"; }

# The impatience with half a record takes a minute: it is tried beside all the others
in_ns a /tmp/badinput "${options[@]}" --only slow-stalled-record "$server" > /tmp/slow.log 2>&1 &
slow=$!
stalled=0
[ "$SERVER" != kefs ] || stalled=$(counter RxTimeout)
dmesg_mark bad-input

counted() { [ "$(counter "$1")" -gt "$2" ]; }
while read -r name counter; do
	[[ $name != slow-* ]] || continue
	before=0
	if [ "$SERVER" = kefs ] && [ "$counter" != - ]; then before=$(counter "$counter"); fi
	check "$name" bad --only "$name"
	if [ "$SERVER" = kefs ] && [ "$counter" != - ]; then
		check "$name moves the counter $counter" wait_for 2 counted "$counter" "$before"
	fi
done < <(/tmp/badinput --list)
for seed in 2 3; do
	options=(--seed "$seed" "${options[@]:2}")
	for name in random-records random-stream mutated handles; do
		check "$name with seed $seed" bad --only $name
	done
done

check "the mounted client has noticed nothing" grep -q text "$A/f"
if [ "$SERVER" = kefs ]; then
	check "half a record is given up (${EPOCHREALTIME%.*})" wait "$slow"
	check "and counted" counted RxTimeout "$stalled"
	quiet() { [ "$(module_status Requests)" -le 1 ] && [ "$(module_status Connections)" -le 2 ]; }
	check "no request and no connection is left" wait_for 30 quiet
	small() { [ "$(module_status MemoryUsed)" -lt $((1 << 20)) ]; }
	check "the memory is back" wait_for 30 small
	echo "# memory of the budget in use: $(module_status MemoryUsed), clients $(module_status Clients)"
	lines=$(dmesg_since bad-input | grep -c kefs)
	check "the log did not grow by it ($lines lines)" test "$lines" -lt 5
else
	kill "$slow"
fi
finish
