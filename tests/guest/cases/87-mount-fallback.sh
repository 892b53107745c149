#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# mount.efs without DNS: the API's mount targets, with the caller's credentials, the zone's own first.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/efsmounts.sh
. "${KEFS_TESTS:?}/guest/efsmounts.sh"
# shellcheck source=tests/guest/aws.sh
. "$KEFS_TESTS/guest/aws.sh"
# shellcheck source=tests/guest/topology.sh
. "$KEFS_TESTS/guest/topology.sh"
kefs_only
aws_server_start

topology 'us-east-1a mt0 10.66.0.0/24, us-east-1b mt0 10.66.1.0/24, us-east-1c mt0 10.55.0.0/16'
at_exit efs_over
one_client a
ip -n a route add 10.66.0.0/16 via "$(server_addr a)"
configure
sed -i 's/^fall_back.*/fall_back_to_mount_target_ip_address_enabled = true/' $CONF
mkdir -p /mnt/a

# says TEXT CMD…: it fails, with that in what it says
says() {
	local text=$1
	shift
	if ! "$@" > /tmp/said 2>&1 && grep -q "$text" /tmp/said; then return 0; fi
	cat /tmp/said
	return 1
}
subnet() { kefsctl --json subnets | jq -r ".Subnets[] | select(.AvailabilityZoneName == \"$1\") | .SubnetId" | head -n 1; }
target() { aws efs create-mount-target --file-system-id "$FS" --subnet-id "$(subnet "$1")" --ip-address "$2"; }
# The API is asked from here, where it is; the mount is the client's
mount_a() { mount -t efs -o "netns=/run/netns/a${1:+,$1}" "$FS:/" /mnt/a; }
mounted_from() { grep -q "^$1:/ /mnt/a " /proc/mounts; }

FS=$(aws efs create-file-system --creation-token fallback --query FileSystemId)
check "without a mount target: said so" says "knows no mount target" mount_a
check "two mount targets" target us-east-1a 10.66.0.10
check "in two zones" target us-east-1b 10.66.1.10
check "mounted by what the API says" mount_a
check "it works" touch /mnt/a/f
umount /mnt/a
check "the one of a zone" mount_a az=us-east-1b
check "it is that one" mounted_from 10.66.1.10
umount /mnt/a
check "of the other" mount_a az=us-east-1a
check "it is that" mounted_from 10.66.0.10
umount /mnt/a
check "wrong credentials: said so" says "no mount target's address could be had: .*127.0.0.1:8049.*security token" \
	env AWS_ACCESS_KEY_ID=AKIAWRONGWRONGWRONGW mount -t efs -o netns=/run/netns/a "$FS:/" /mnt/a
check "no such file system: said so" says "FileSystemNotFound" mount -t efs fs-00000000000000000:/ /mnt/a
sed -i 's/^fall_back.*/fall_back_to_mount_target_ip_address_enabled = false/' $CONF
check "not asked if not wanted" says "or give mounttargetip" mount_a
finish
