#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Random clients against a model of RFC 8881's rules (tests/adversary): some fixed seeds and one new one, then with a
# short lease that is let run out. ADVERSARY_SECONDS is how long; by hand also ADVERSARY_ARGS. A seed repeats a run:
#	/tmp/adversary --seed N SERVER
# timeout: 400
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
# shellcheck source=tests/guest/delegations.sh
. "$KEFS_TESTS/guest/delegations.sh"
serve
build adversary adversary
[ "$SERVER" != kefs ] || short_leases
join a
server=$(server_addr a):$PORT
seconds=${ADVERSARY_SECONDS:-60}
read -ra more <<< "${ADVERSARY_ARGS:-}"
case $SERVER in
kefs) more+=(--lease 10) ;;
*) more+=(--lenient) ;;
esac
set -o pipefail	# a wrong answer is not lost in tee
against() { in_ns a timeout $((seconds + 120)) /tmp/adversary "${more[@]}" "$@" "$server" | tee /tmp/said; }

if [ -n "${ADVERSARY_ARGS:-}" ]; then
	check "by hand" against
	cat /tmp/said
	finish
fi
for seed in 1 2 3; do
	check "seed $seed" against --seed $seed --seconds $((seconds / 6)) --steps 100000
done
seed=$((EPOCHSECONDS % 1000000))
check "seed $seed, one at a time" against --seed $seed --seconds $((seconds / 6)) --overlap 0
# Much at once with new seeds, and machines that sleep (--naps), are for long runs by hand
check "seed 1, much at once" against --seed 1 --seconds $((seconds / 6)) --overlap 80
tail -n 1 /tmp/said
finish
