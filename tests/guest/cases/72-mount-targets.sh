#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Mount targets are addresses, each a file system's; file system policies hold for new and for live mounts, at once.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
kefs_only

ip link add mt0 type dummy && ip link set mt0 up || fatal "no dummy interface"
printf '%s\n' 'region = us-east-1' 'subnets = us-east-1a mt0 10.66.0.0/24, us-east-1b mt0 10.66.1.0/24' > /tmp/kefsd.conf
kefsd_stop || fatal "kefsd does not stop"
kefsd_start --config /tmp/kefsd.conf || fatal "kefsd does not start"
join_net a
ip -n "$(netns a)" route add 10.66.0.0/16 via "$(server_addr a)"

# api METHOD PATH [BODY]: the answer, in which code stands first
api() {
	local body=()
	[ $# = 2 ] || body=(-d "$3")
	curl -sS -X "$1" -w '\n%{http_code}' --unix-socket /run/kefs/kefsd.sock "${body[@]}" "http://kefs/2015-02-01/$2" |
		awk '{ line[NR] = $0 } END { printf "%s", line[NR]; for (i = 1; i < NR; i++) printf " %s", line[i]; print "" }'
}
# field NAME CODE BODY: of an answer
field() { jq -r ".$1" <<< "${2#* }"; }
make_fs() { field FileSystemId "$(api POST file-systems "{\"CreationToken\": \"$1\"}")"; }
available() { [ "$(kefsctl --json fs show "$1" | jq -r .LifeCycleState)" = available ]; }
# target FS SUBNET ADDRESS: its id
target() { field MountTargetId "$(api POST mount-targets "{\"FileSystemId\": \"$1\", \"SubnetId\": \"$2\", \"IpAddress\": \"$3\"}")"; }
subnet() { # id of the subnet of a zone, as the service makes it from its name
	kefsctl --json topology 2> /dev/null | jq -r ".Subnets[] | select(.AvailabilityZone == \"$1\") | .SubnetId"
}
has_address() { ip -4 -o addr show dev mt0 | grep -q " inet $1/32 "; }
mount_target_on() { timeout 60 ip netns exec "$(netns a)" mount -t nfs -o "vers=4.1,noresvport,soft,timeo=50,retrans=1" "$1:/" "$2"; }
quickly() { # DESCRIPTION CMD…
	local start=${EPOCHREALTIME/./} what=$1
	shift
	check "$what" "$@"
	check "  within a second" test $((${EPOCHREALTIME/./} - start)) -lt $((1000000 * ${SLOW:-1}))
}
