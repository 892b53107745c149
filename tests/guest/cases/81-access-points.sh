#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Access points: the root that a client sees, made when it first comes; the ids that it works with; no way out; policies
# that know it; what becomes of its mount when it is deleted.
# options: --mem 2G
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/tls.sh
. "${KEFS_TESTS:?}/guest/tls.sh"

tls_set_up ""
fs=$(new_fs 10.66.0.10)
other=$(new_fs 10.66.0.11)
# point FS TOKEN ARG…: its id
point() { efs create-access-point --file-system-id "$1" --client-token "$2" "${@:3}" --query AccessPointId; }
user() { echo "Uid=$1,Gid=$2,SecondaryGids=[$3]"; }
# new PATH [OWNER GROUP MODE]
new() {
	local made=''
	[ $# = 1 ] || made=",CreationInfo={OwnerUid=$2,OwnerGid=$3,Permissions=$4}"
	echo "Path=$1$made"
}
with() { cert "${1:?$(cat /tmp/aws.err)}" --fs "$fs" --ap "$1"; }

tunnel none 10.66.0.10 || fatal "no tunnel"
mount_port $port / /mnt/all actimeo=0,lookupcache=none || fatal "no mount"

ap=$(point "$fs" first --posix-user "$(user 1001 1002 1003,1004)" --root-directory "$(new /teams/one 1001 1002 2770)")
check "an access point" test "${ap:0:5}" = fsap-
with "$ap"
check_not "its directory is not there before somebody comes" test -e /mnt/all/teams
check "it is mounted" mount_tls "$ap" 10.66.0.10 /mnt/one
equal "its directory is made as it says" "$(stat -c %u:%g:%a /mnt/all/teams/one)" 1001:1002:2770
equal "the one above it is root's" "$(stat -c %u:%g:%a /mnt/all/teams)" 0:0:755
equal "that is what the client sees as root" "$(stat -c %u:%g:%a /mnt/one)" 1001:1002:2770
equal "the connection knows it" "$(conns 'select(.AccessPointId != "") | .AccessPointId')" "$ap"
check "root works as its user" touch /mnt/one/file
equal "to whom the file belongs" "$(stat -c %u:%g /mnt/all/teams/one/file)" 1001:1002
check "another user too" setpriv --reuid 5000 --regid 5000 --clear-groups touch /mnt/one/of-5000
equal "is that user" "$(stat -c %u:%g /mnt/all/teams/one/of-5000)" 1001:1002
check "what is root's alone is not its" says "Operation not permitted" chown 0 /mnt/one/file
install -d -m 770 -o 0 -g 1004 /mnt/all/teams/one/second
check "its second group counts" touch /mnt/one/second/file
install -d -m 770 -o 0 -g 5000 /mnt/all/teams/one/third
check "the client's own groups do not" says "Permission denied" \
	setpriv --reuid 5000 --regid 5000 --clear-groups touch /mnt/one/third/file

# No way out
echo secret > /mnt/all/secret
chmod 644 /mnt/all/secret
ln -s ../../secret /mnt/all/teams/one/link
equal "the root's parent is the root" "$(stat -c %i /mnt/one/..)" "$(stat -c %i /mnt)"
check "a symbolic link is the client's to follow" says "No such file" cat /mnt/one/link
check "no path leads out" mount_port $port /../../ /mnt/out
check "but to the root" test -e /mnt/out/file -a ! -e /mnt/out/secret -a ! -e /mnt/out/teams
umount /mnt/out
rm -f /mnt/all/teams/one/link
mkdir -p /mnt/one/sub/below
check "a directory below can be mounted" mount_port $port /sub/below /mnt/below
umount /mnt/below

# Two of one file system at once, from one client: neither is taken for the other
two=$(point "$fs" second --posix-user "$(user 2001 2002 2002)" --root-directory "$(new /teams/two 2001 2002 0700)")
with "$two"
check "a second access point" mount_tls "$two" 10.66.0.10 /mnt/two
check "has a root of its own" test ! -e /mnt/two/file -a -e /mnt/one/file
touch /mnt/one/of-one /mnt/two/of-two
equal "each works as its own user" "$(stat -c %u /mnt/all/teams/one/of-one /mnt/all/teams/two/of-two | tr '\n' ' ')" "1001 2001 "
# A crowd of clients comes to one that is not made yet, at the same time
three=$(point "$fs" third --root-directory "$(new /a/b/c/d 3001 3002 0711)")
with "$three"
for _ in 1 2 3 4 5 6; do tunnel "$three" 10.66.0.10; ports+=" $port"; done
for p in $ports; do mount_port "$p" / "/mnt/three-$p" & done
wait
equal "it is made once" "$(stat -c %u:%g:%a /mnt/all/a/b/c/d)" 3001:3002:711
equal "nothing is left beside it" "$(find /mnt/all/a | wc -l)" 4
check "without a user the client's ids count" says "Permission denied" \
	setpriv --reuid 5000 --regid 5000 --clear-groups touch "/mnt/three-${ports##* }/file"
check "and root is root" touch "/mnt/three-${ports##* }/file"
equal "really" "$(stat -c %u /mnt/all/a/b/c/d/file)" 0
for p in $ports; do umount "/mnt/three-$p"; done

# What is there is left as it is; what is not, and is not to be made, cannot be mounted
install -d -m 751 -o 7 -g 8 /mnt/all/there
there=$(point "$fs" there --root-directory "$(new /there 1 2 0700)")
with "$there"
check "a directory that is there" mount_tls "$there" 10.66.0.10 /mnt/there
equal "stays as it is" "$(stat -c %u:%g:%a /mnt/all/there)" 7:8:751
missing=$(point "$fs" missing --root-directory "$(new /missing)")
with "$missing"
check "one that is missing, and not to be made" says "access denied" mount_tls "$missing" 10.66.0.10 /mnt/missing
mkdir /mnt/all/missing
check "until it is there" mount_tls "$missing" 10.66.0.10 /mnt/missing
touch /mnt/all/no-directory
ln -s there /mnt/all/symlink
for kind in no-directory symlink; do
	bad=$(point "$fs" $kind --root-directory "$(new /$kind 1 2 0700)")
	with "$bad"
	check "not $kind" says "access denied" mount_tls "$bad" 10.66.0.10 /mnt/bad
done
foreign=$(point "$other" foreign)
with "$foreign"
check "not one of another file system" says "access denied" mount_tls "$foreign" 10.66.0.10 /mnt/bad
cert unknown --fs "$fs" --ap fsap-00000000000000000
check "nor an unknown one" says "access denied" mount_tls unknown 10.66.0.10 /mnt/bad
equal "which is counted" "$(of_tls '.NotBelieved | "\(.AccessPoint > 1) \(.RootDirectory > 1)"')" "true true"

# Policies know it
arn=$(efs describe-access-points --access-point-id "$ap" --query 'AccessPoints[0].AccessPointArn')
all='"Action": ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]'
check "only the first may be mounted" policy "$fs" "{\"Effect\": \"Allow\", \"Principal\": \"*\", $all, \"Condition\": {\"StringEquals\": {\"elasticfilesystem:AccessPointArn\": \"$arn\"}}}"
check "it goes on" touch /mnt/one/goes-on
check "the second does not" says "Permission denied" touch /mnt/two/no-more
check "nor who has none" says "Permission denied" ls /mnt/all/teams
late=$(point "$fs" late --root-directory "$(new /late 1 2 0755)")
with "$late"
check "nor one that comes" says "access denied" mount_tls "$late" 10.66.0.10 /mnt/late
check "the policy goes" efs delete-file-system-policy --file-system-id "$fs"
check "all is as it was" touch /mnt/two/once-more
check_not "each in its own root" ls -d /mnt/two/teams
check_not "still" ls -d /mnt/one/teams
check_not "nothing was made for who might not come" test -e /mnt/all/late
root=$(point "$fs" root --posix-user "$(user 0 0 0)")
with "$root"
check "one whose user is root" mount_tls "$root" 10.66.0.10 /mnt/root
check "is root" chown 55 /mnt/root/secret
check "unless the policy says no" policy "$fs" "{\"Effect\": \"Allow\", \"Principal\": \"*\", $all}"
check "at once" says "Operation not permitted" chown 56 /mnt/root/secret
efs delete-file-system-policy --file-system-id "$fs"

# Deleted: who is there stays, in its root and with its ids; nobody comes any more
check "it is deleted" efs delete-access-point --access-point-id "$ap"
check "who is there goes on" touch /mnt/one/still
equal "as before" "$(stat -c %u:%g /mnt/all/teams/one/still)" 1001:1002
kefsd_kill
kefsd_start --config /tmp/kefsd.conf || fatal "kefsd does not start again"
check "after a restart of kefsd too" touch /mnt/one/still-there
check "a policy still reaches it" policy "$fs" '{"Effect": "Allow", "Principal": "*", "Action": "elasticfilesystem:ClientMount"}'
check "at once" says "Read-only file system" touch /mnt/one/no-more
efs delete-file-system-policy --file-system-id "$fs"
equal "in its root, as its user" "$(touch /mnt/one/z; stat -c %u:%g /mnt/all/teams/one/z)" 1001:1002
check "nobody comes any more" says "access denied" mount_tls "$ap" 10.66.0.10 /mnt/bad
umount_all
kefsd_stop
kefsd_start || fatal "kefsd does not start with its own configuration"
finish
