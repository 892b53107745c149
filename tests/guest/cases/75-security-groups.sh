#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Security groups decide who reaches a mount target: packets of others are dropped and not answered, changes hold at
# once for new connections and for those that live.
# options: --mem 2G
# timeout: 900
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
# shellcheck source=tests/guest/aws.sh
. "$KEFS_TESTS/guest/aws.sh"
# shellcheck source=tests/guest/topology.sh
. "$KEFS_TESTS/guest/topology.sh"
kefs_only
aws_server_start

client_ns a
client_ns b
# Client a is in a range of the default VPC, b is not
topology "us-east-1a mt0 10.66.0.0/24, us-east-1b mt0 $(client_addr a | cut -d. -f1-3).0/24"
for c in a b; do ip -n $c route add 10.66.0.0/24 via "$(server_addr $c)"; done
mt=10.66.0.10

ec2() { aws ec2 "$@"; }
# knock CLIENT: open, refused or dropped
knock() {
	local said
	said=$(in_ns "$1" nc -z -v -w 1 $mt 2049 2>&1)
	case $said in
	*succeeded* | *open*) echo open ;;
	*refused* | *reset*) echo refused ;;
	*timed\ out*) echo dropped ;;
	*) echo "$said" ;;
	esac
}
allow() { ec2 authorize-security-group-ingress --group-id "$group" --protocol tcp --port "$1" --cidr "$2"; }
forbid() { ec2 revoke-security-group-ingress --group-id "$group" --protocol tcp --port "$1" --cidr "$2"; }
mount_target() { mount_in "$1" "$mt:/" "$2" "vers=4.1,noresvport,soft,timeo=20,retrans=1"; }

fs=$(aws efs create-file-system --query FileSystemId)
subnet=$(kefsctl --json subnets | jq -r '.Subnets[0].SubnetId')
target=$(aws efs create-mount-target --file-system-id "$fs" --subnet-id "$subnet" --ip-address $mt --query MountTargetId)
check "a mount target with the default group" test "${target:0:5}" = fsmt-
equal "lets in who is in a subnet" "$(knock a)" open
equal "and nobody else" "$(knock b)" dropped
check "a mounts" mount_target a /mnt/a
echo text > /mnt/a/f
check "this host is let in" timeout 20 nc -z -w 5 $mt 2049

group=$(ec2 create-security-group --group-name nfs --description nfs --query GroupId)
check "a group without rules" aws efs modify-mount-target-security-groups --mount-target-id "$target" --security-groups "$group"
equal "lets nobody in" "$(knock a) $(knock b)" "dropped dropped"
check_not "nor go on" timeout 15 sh -c 'echo more > /mnt/a/g'
check "a rule for another port" allow 22 0.0.0.0/0
equal "changes nothing" "$(knock b)" dropped
check "one for a's address" allow 2049 "$(client_addr a)/32"
equal "is a's alone" "$(knock a) $(knock b)" "open dropped"
check "a goes on" wait_for 60 sh -c 'echo more > /mnt/a/g'
check "a range of ports that has NFS's" allow 2000-3000 "$(client_addr b)/24"
equal "lets b in" "$(knock b)" open
check "b mounts" mount_target b /mnt/b
equal "and sees what a wrote" "$(cat /mnt/b/g)" more
check "b's is taken back" forbid 2000-3000 "$(client_addr b)/24"
check_not "at once for the mount that lives" timeout 15 stat -f /mnt/b
equal "a has its own" "$(cat /mnt/a/g)" more

# A group as the source: its members are those of its tag
members=$(ec2 create-security-group --group-name clients --description clients --query GroupId)
check "a rule for a group" ec2 authorize-security-group-ingress --group-id "$group" --protocol tcp --port 2049 --source-group "$members"
equal "that has no members" "$(knock b)" dropped
check "b becomes one" ec2 create-tags --resources "$members" --tags "Key=kefs:members,Value=192.0.2.0/24 $(client_addr b)/32"
equal "and is let in" "$(knock b)" open
check "the mount lives on" wait_for 60 stat -f /mnt/b
check "b leaves" ec2 delete-tags --resources "$members" --tags Key=kefs:members
equal "and is kept out" "$(knock b)" dropped

# Two groups: either is enough
second=$(ec2 create-security-group --group-name all --description all --query GroupId)
check "a group that lets everything in" ec2 authorize-security-group-ingress --group-id "$second" --protocol=-1 --cidr 0.0.0.0/0
check "besides" aws efs modify-mount-target-security-groups --mount-target-id "$target" --security-groups "$group" "$second"
equal "both are in" "$(knock a) $(knock b)" "open open"
check "IPv6 rules are taken" ec2 authorize-security-group-ingress --group-id "$second" --ip-permissions \
	'IpProtocol=tcp,FromPort=2049,ToPort=2049,Ipv6Ranges=[{CidrIpv6=2001:db8::/32}]'
check "back to the one" aws efs modify-mount-target-security-groups --mount-target-id "$target" --security-groups "$group"

# Somebody else has taken it away, or emptied it: as restarting nftables.service does
kept_out() { [ "$(knock b)" = dropped ]; }
nft flush ruleset
check "a filter that was flushed is made anew" wait_for 20 kept_out
nft flush table inet kefs
check "one that was emptied, too" wait_for 20 kept_out
equal "with its rules" "$(knock a)" open
ip addr del $mt/32 dev "$(ip -o addr show to $mt | awk '{ print $2; exit }')"
check "an address that was taken away comes back" wait_for 20 sh -c "ip -o addr show to $mt | grep -q $mt"
equal "and serves" "$(knock a) $(knock b)" "open dropped"

# What is in force when kefsd is killed stays, and is put right when it is back
kefsd_kill
equal "kefsd is killed: b is kept out" "$(knock b)" dropped
nft flush table inet kefs
kefsd_start --config /tmp/kefsd.conf || fatal "kefsd does not start again"
equal "a filter that was meddled with is right again" "$(knock a) $(knock b)" "open dropped"
umount_all
check "the mount target goes" aws efs delete-mount-target --mount-target-id "$target"
check_not "and its part of the filter" sh -c 'nft list table inet kefs | grep -q 0a42000a'
nft delete table inet kefs
kefsd_stop
kefsd_start || fatal "kefsd does not start with its own configuration"
finish
