#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Random clients against a model of RFC 8881's rules, as in 50-adversary, while the server loses its state now and then:
# the module goes and comes (all reclaim, or may not), and kefsd is killed (nobody may notice). ADVERSARY_SECONDS is how
# long. By hand also ADVERSARY_ARGS, as in 50-adversary: all that is given to one run, /tmp/reload and /tmp/kill being there.
# timeout: 400
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
# shellcheck source=tests/guest/delegations.sh
. "$KEFS_TESTS/guest/delegations.sh"
# shellcheck source=tests/guest/recovery.sh
. "$KEFS_TESTS/guest/recovery.sh"
kefs_only
serve
build adversary adversary
short_leases
join a
server=$(server_addr a):$PORT
seconds=${ADVERSARY_SECONDS:-60}
read -ra more <<< "${ADVERSARY_ARGS:-}"

# program NAME LINE…: /tmp/NAME does this, with the functions that there are here, in the network of the server
program() {
	{
		echo '#!/bin/bash'
		declare -f
		declare -p KEFS_REPO
		printf '%s\n' "${@:2}"
	} > "/tmp/in-$1"
	printf '#!/bin/sh\nexec nsenter --target 1 --net /bin/bash /tmp/in-%s\n' "$1" > "/tmp/$1"
	chmod +x "/tmp/$1"
}
program reload reload
program kill 'kefsd_kill && kefsd_start --config /tmp/lease.conf'

set -o pipefail	# a wrong answer is not lost in tee
against() {
	in_ns a timeout $((seconds + 120)) /tmp/adversary --lease 10 "$@" "$server" | tee /tmp/said
}
said() { echo "# $(tail -n 1 /tmp/said)"; }

if [ -n "${ADVERSARY_ARGS:-}" ]; then
	check "by hand" against "${more[@]}"
	grep -v '^seed ' /tmp/said
	finish
fi
short=(--seconds $((seconds / 3)) --steps 100000)
seed=${SEED:-$((EPOCHSECONDS % 1000000))}
check "seed $seed, the module goes and comes" against --seed "$seed" "${short[@]}" --restart /tmp/reload --hook-every 3000
said
# Else the next one would meet a grace period that it knows nothing of
check "the clients that are gone have nothing to reclaim, after a lease" wait_for 30 no_grace
check "seed $seed, kefsd is killed" against --seed "$seed" "${short[@]}" --helper /tmp/kill --hook-every 400
said
check "seed $seed, both, much at once" against --seed "$seed" "${short[@]}" --restart /tmp/reload --helper /tmp/kill --overlap 80 \
	--hook-every 2000
said
finish
