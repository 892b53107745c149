# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2317 # called by name
# Clients of our own (tests/rawclient/reclaim), that do only what they are told: sourced behind recovery.sh.
#
#	begin a b		# new clients, with nothing to reclaim
#	a open f, lock 0 10	# commands to a: prints its answers, as "OK OK"
#
# raw_at: where they go, if not to 127.0.0.1:2049; raw_run: what runs them there; raw_as: OWNER VERIFIER of all of them

build rawclient reclaim
ip link set lo up
declare -A _raw_in _raw_out _raw_part_of
_raw_part=0
raw_at=127.0.0.1:2049
raw_run=()
raw_as=()

begin() {
	local n i o f
	_raw_part=$((_raw_part + 1))
	for n in "$@"; do
		f=/tmp/$n.$_raw_part
		mkfifo "$f.i" "$f.o"
		"${raw_run[@]}" /tmp/reclaim "$raw_at" "${raw_as[@]:-$n.$_raw_part.$$}" < "$f.i" > "$f.o" &
		exec {i}> "$f.i" {o}< "$f.o"
		_raw_in[$n]=$i
		_raw_out[$n]=$o
		_raw_part_of[$n]=$_raw_part
		equal "$n comes" "$(answers_of "$n" start, complete)" "OK OK"
	done
}
ask() {
	local said
	echo "${*:2}" >&"${_raw_in[$1]}"
	read -r -t 60 -u "${_raw_out[$1]}" said || said="no answer"
	echo "$said"
}
answers_of() {
	local who=$1 command said=''
	while IFS= read -r command; do
		# shellcheck disable=SC2086 # words
		said+="${said:+ }$(ask "$who" $command)"
	done < <(tr , '\n' <<< "${*:2}")
	echo "$said"
}
a() { answers_of a "$@"; }
b() { answers_of b "$@"; }
c() { answers_of c "$@"; }

# gone_quiet NAME…: nothing came from them for a lease and the time in which the module must notice; all others go on
gone_quiet() {
	local n
	for n in "${!_raw_in[@]}"; do
		[[ " $* " == *" $n "* ]] || ask "$n" ping > /dev/null
	done
	for n in "$@"; do
		kefsctl --json clients | jq -e --arg owner "$n.${_raw_part_of[$n]}.$$" --argjson quiet $((LEASE * 1000 + 6000)) \
			'.Clients[] | select(.Owner == $owner and .RenewedMilliseconds > $quiet)' || return
	done
}
end_grace() { kefsctl grace end "$(kefsctl fs list --quiet)" > /dev/null; }
anew() { reload || fatal "the module cannot be loaded anew"; }
