#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A client that lost a delegation while it was cut off reclaims nothing as long as it does not know of that. Once it
# knows (it has freed what was revoked), what it has and gets later is its own over a restart, as anybody's.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
# shellcheck source=tests/guest/delegations.sh
. "$KEFS_TESTS/guest/delegations.sh"
# shellcheck source=tests/guest/recovery.sh
. "$KEFS_TESTS/guest/recovery.sh"
kefs_only
serve
short_lease
join a
join b

# delegate NAME: b has one of that file of a
delegate() {
	echo text > "$A/$1"
	cat "$B/$1" "$B/$1" > /dev/null
	cat "$B/$1" > /dev/null
	[ "$(delegations)" -ge 1 ]
}
knows() { cat "$B/one" > /dev/null && [ "$(ops FREE_STATEID)" -ge 1 ]; }
# text FILE: what the holders have written
text() { head -c 6 "$1" | tr -d '\0'; }
# loses NAME: b is cut off, a writes there; b stays cut off
loses() {
	link_down b
	timeout 60 sh -c "echo more >> $A/$1"
}

head -c 100 /dev/zero > "$B/held"
head -c 100 /dev/zero > "$B/later"
holder held "$B/held" 0 10
check "b has a delegation" delegate one
check "which is revoked" loses one
equal "as is counted" "$(counter DelegRevoked)" 1
link_up b
check "b learns of it and frees it" wait_for 60 knows
equal "b has kept its lock" "$(tell held write first)" ok
holder later "$B/later" 0 10

check "the module is loaded anew" reload
check "b may reclaim" test "$(grace ClientsAwaited)" = 2
check "a does not get what b held" taken "$A/held" 0 10
check "nor what it got later" taken "$A/later" 0 10
equal "b has kept the first" "$(tell held write second)" ok
equal "and the other" "$(tell later write second)" ok
equal "it is there" "$(text "$A/later")" second
check "grace is over" wait_for 30 no_grace

check "b has a delegation again" delegate two
check "which is revoked, too" loses two
check "the module is loaded anew before b knows" reload
check "b is not awaited" test "$(grace ClientsAwaited)" -le 1
check "grace is over" wait_for 60 no_grace
check "a gets what b held" try "$A/held" 0 10
link_up b
equal "b has lost it" "$(tell held write third)" "Input/output error"
equal "nothing was written" "$(text "$A/held")" second
tell held quit > /dev/null
tell later quit > /dev/null
finish
