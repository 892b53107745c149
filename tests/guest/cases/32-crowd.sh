#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Thousands of clients, opens and locks: answers stay quick, who wants everything meets a limit. What each costs the
# kernel is measured and has a limit.
# options: --mem 2G
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
# shellcheck source=tests/guest/memory.sh
. "$KEFS_TESTS/guest/memory.sh"
kefs_only
serve
build rawclient crowd
join a
clients=3000 opens=20000
[[ $KEFS_KERNEL != *-debug ]] || clients=500 opens=4000
declare -A limit=([clients]=8192 [opens]=512 [locks]=768)

# part NAME N: crowd has made N of them and waits
part() {
	local bytes
	wait_for 20 settled
	if [ -n "${limit[$1]:-}" ]; then
		bytes=$((($(kernel_memory) - before) / $2))
		echo "# of $2 $1 each takes $bytes bytes of the kernel"
		# A debug kernel surrounds each object with red zones
		[[ $KEFS_KERNEL = *-debug ]] || check "at most ${limit[$1]} bytes for one of the $1" test $bytes -le "${limit[$1]}"
	fi
	before=$(kernel_memory)
	echo >&"$to"
}

coproc CROWD {
	in_ns a /tmp/crowd -p -c $clients -o $opens "$(server_addr a):$PORT"
	echo "status $?"
}
exec {from}<&"${CROWD[0]}" {to}>&"${CROWD[1]}"
while IFS= read -r -u "$from" line; do
	case $line in
	ok\ *) check "${line#ok }" true ;;
	not\ ok\ *) check "${line#not ok }" false ;;
	status\ *) check "it went to its end" test "${line#status }" -le 1 ;;
	[a-z]*\ [0-9]*) part "${line% *}" "${line##* }" ;;
	*) echo "  $line" ;;
	esac
done
check "a mounted client works" sh -c "echo text > $A/f && grep -q text $A/f"
finish
