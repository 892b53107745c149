#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# With the stock aws CLI: mount targets are addresses, each its file system's; file system policies hold for new mounts
# and for live ones at once; a kefsd that was killed finds all as it should be.
# options: --mem 2G
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
# shellcheck source=tests/guest/aws.sh
. "$KEFS_TESTS/guest/aws.sh"
# shellcheck source=tests/guest/topology.sh
. "$KEFS_TESTS/guest/topology.sh"
kefs_only
aws_server_start
case ${KEFS_KERNEL:-uml} in *-debug | debian) slow=10 ;; *) slow=1 ;; esac

# The client is in a range of the VPC: its default security group lets it in
topology 'us-east-1a mt0 10.66.0.0/24, us-east-1b mt0 10.66.1.0/24, us-east-1c mt0 10.55.1.0/24'
client_ns a
ip -n a route add 10.66.0.0/16 via "$(server_addr a)"

efs() { aws efs "$@" 2> /tmp/aws.err; }
subnet() { kefsctl --json subnets | jq -r ".Subnets[] | select(.AvailabilityZoneName == \"$1\") | .SubnetId" | head -n 1; }
# target FS ZONE ADDRESS: its id
target() {
	efs create-mount-target --file-system-id "$1" --subnet-id "$(subnet "$2")" --ip-address "$3" --query MountTargetId
}
has_address() { ip -4 -o addr show dev mt0 | grep -q " inet $1/32 "; }
has_no_address() { ! has_address "$1"; }
mount_target() { mount_in a "$1:/" "$2" "vers=4.1,noresvport,soft,timeo=50,retrans=1${3:+,$3}"; }
# policy FS ACTION,…: everybody may do these
policy() {
	efs put-file-system-policy --file-system-id "$1" --bypass-policy-lockout-safety-check --policy \
		"{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"*\"}, \"Action\": [\"elasticfilesystem:${2//,/\", \"elasticfilesystem:}\"]}]}"
}
# says TEXT CMD…: it fails, with that in what it says
says() {
	local text=$1
	shift
	if ! "$@" > /tmp/said 2>&1 && grep -q "$text" /tmp/said; then return 0; fi
	cat /tmp/said
	return 1
}

one=$(efs create-file-system --creation-token one --query FileSystemId)
two=$(efs create-file-system --creation-token two --query FileSystemId)
check "two file systems" test "${one:0:3}${two:0:3}" = fs-fs-
t1=$(target "$one" us-east-1a 10.66.0.10)
t2=$(target "$two" us-east-1b 10.66.1.10)
equal "two mount targets" "${t1:0:5}${t2:0:5}" fsmt-fsmt-
check "their addresses are there" has_address 10.66.0.10
check "both" has_address 10.66.1.10
check "the first is mounted" mount_target 10.66.0.10 /mnt/one
check "and the second" mount_target 10.66.1.10 /mnt/two
echo one > /mnt/one/name
echo two > /mnt/two/name
equal "each is its own" "$(kefsctl --json connections | jq -r '[.Connections[].FileSystemId] | unique | length')" 2
equal "with its own files" "$(cat /mnt/one/name /mnt/two/name | tr '\n' ' ')" "one two "
check "a file of each" test "$(stat -c %i /mnt/one/name)" -gt 0 -a ! -e /mnt/one/two

check "the first becomes read-only" policy "$one" ClientMount,ClientRootAccess
check "at once: no new file" says "Read-only file system" touch /mnt/one/new
check "nor a change" says "Read-only file system" sh -c 'exec >> /mnt/one/name'
equal "it can be read" "$(cat /mnt/one/name)" one
check "the other one is as it was" touch /mnt/two/new
check "root is squashed" policy "$one" ClientMount,ClientWrite
check "at once: root is nobody there" says "Permission denied" touch /mnt/one/new
check "no mount for anybody" policy "$one" DescribeFileSystems
check "at once: no look" says "Permission denied" cat /mnt/one/name
start=${EPOCHREALTIME/./}
check "nor a new mount" says "access denied by server" mount_target 10.66.0.10 /mnt/again
took=$(((${EPOCHREALTIME/./} - start) / 1000))
check "which is told at once ($took ms)" test "$took" -lt $((3000 * slow))
check "nor with sec=sys" says "access denied" mount_target 10.66.0.10 /mnt/again sec=sys
start=${EPOCHREALTIME/./}
check "the policy is deleted" efs delete-file-system-policy --file-system-id "$one"
check "everything is as it was" touch /mnt/one/new
took=$((${EPOCHREALTIME/./} - start))
echo "# the call and what it did took $((took / 1000)) ms"

# What is in force when kefsd is killed stays; what the store says holds when it is back
check "read-only again" policy "$one" ClientMount,ClientRootAccess
kefsd_kill
check "kefsd is killed: still read-only" says "Read-only file system" touch /mnt/one/more
ip addr del 10.66.1.10/32 dev mt0
kefsd_start --config /tmp/kefsd.conf || fatal "kefsd does not start again"
check "an address that was lost is back" has_address 10.66.1.10
check "the second file system is there" timeout $((60 * slow)) ls /mnt/two/name
check "the first is read-only still" says "Read-only file system" touch /mnt/one/more

umount /mnt/two
check "a mount target is deleted" efs delete-mount-target --mount-target-id "$t2"
check "its address goes" wait_for 10 has_no_address 10.66.1.10
check "the other one stays" has_address 10.66.0.10
equal "and serves" "$(cat /mnt/one/name)" one
check_not "a subnet's interface that is not there is an error" target "$two" us-east-1b 10.66.0.11
three=$(efs create-file-system --creation-token three --query FileSystemId)
t3=$(target "$three" us-east-1b 10.66.1.12)
equal "a third one" "${t3:0:5}" fsmt-
check "with an address" has_address 10.66.1.12
check "is deleted by force, mount target and all" kefsctl fs delete --force "$three"
check "its address goes" wait_for 10 has_no_address 10.66.1.12
umount_all
efs delete-mount-target --mount-target-id "$t1"
kefsd_stop
kefsd_start || fatal "kefsd does not start with its own configuration"
finish
