#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A mount target has names, which each zone's resolver knows: the file system's own in its zone only, the zone's in the
# whole VPC. They come and go with it, and outlive kefsd and dnsmasq.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
# shellcheck source=tests/guest/aws.sh
. "$KEFS_TESTS/guest/aws.sh"
kefs_only
aws_server_start
eval "$(kefsctl admin-key --export)"
export AWS_PAGER='' AWS_DEFAULT_OUTPUT=text
zone_a=127.66.0.2 zone_b=127.67.0.2
tail=efs.us-east-1.amazonaws.com

# ask RESOLVER NAME: what the resolver answers, an address or the status
ask() { "$KEFS_TESTS/guest/resolve.py" "$1" "$2"; }
is() { [ "$(ask "$1" "$2")" = "$3" ]; }
# answers TEXT RESOLVER NAME ANSWER: within a moment
answers() { check "$1" wait_for 10 is "$2" "$3" "$4"; }
subnet() { kefsctl --json subnets | jq -r ".Subnets[] | select(.AvailabilityZoneName == \"$1\") | .SubnetId"; }
target() {
	aws efs create-mount-target --file-system-id "$fs" --subnet-id "$(subnet "$1")" --ip-address "$2" --query MountTargetId
}
resolvers() { pgrep -x dnsmasq | wc -l; }

fs=$(aws efs create-file-system --creation-token names --query FileSystemId)
equal "a resolver for each zone" "$(resolvers)" 3
answers "no target, no name" $zone_a "$fs.$tail" NXDOMAIN
one=$(target us-east-1a 127.66.0.10)
answers "the name in its zone" $zone_a "$fs.$tail" 127.66.0.10
# Names below it exist, so it is not unknown (RFC 8020); it has no address
answers "not in another" $zone_b "$fs.$tail" NODATA
answers "but with the zone in front" $zone_b "us-east-1a.$fs.$tail" 127.66.0.10
answers "or the zone's id" $zone_b "use1-az1.$fs.$tail" 127.66.0.10
answers "a second one in the other zone" $zone_b "us-east-1b.$fs.$tail" NXDOMAIN
two=$(target us-east-1b 127.67.0.10)
answers "has the name there" $zone_b "$fs.$tail" 127.67.0.10
answers "and not here" $zone_a "$fs.$tail" 127.66.0.10
equal "names of others are none of its business" "$(ask $zone_a example.org)" REFUSED
check "the guest itself is in the first zone" mount -t nfs4 -o vers=4.1,noresvport "$fs.$tail:/" /mnt
check "and can write" touch /mnt/f
umount /mnt

victim=$(pgrep -x -o dnsmasq)
kill -9 "$victim"
back() { [ "$(resolvers)" = 3 ] && ! kill -0 "$victim" 2> /dev/null; }
check "a resolver that dies is started again" wait_for 10 back
answers "and knows" $zone_a "$fs.$tail" 127.66.0.10

kefsd_kill
answers "without kefsd" $zone_a "$fs.$tail" 127.66.0.10
kefsd_start || fatal "kefsd does not start"
equal "three, not six" "$(resolvers)" 3
answers "with kefsd again" $zone_a "$fs.$tail" 127.66.0.10
aws efs delete-mount-target --mount-target-id "$one"
answers "gone with its target" $zone_a "$fs.$tail" NXDOMAIN
answers "the zone's name, too" $zone_b "us-east-1a.$fs.$tail" NXDOMAIN
answers "the other one stays" $zone_b "$fs.$tail" 127.67.0.10
aws efs delete-mount-target --mount-target-id "$two"

check "kefsd stops" kefsd_stop
equal "and its resolvers with it" "$(resolvers)" 0
check_not "and their addresses" grep -q 127.66.0.2/ <(ip -o addr show dev lo)
kefsd_start || fatal "kefsd does not start"
finish
