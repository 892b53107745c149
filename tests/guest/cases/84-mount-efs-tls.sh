#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# mount.efs against kefsd's own TLS: who it says that it is, its access points, a policy that wants TLS, the address from
# the API; a tunnel that dies under it.
# options: --mem 2G
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/tls.sh
. "${KEFS_TESTS:?}/guest/tls.sh"
RUN=/run/kefs/mounts

tls_set_up 'tls_names = *.efs.us-east-1.example.test'
one=$(new_fs 10.66.0.10)
mkdir -p /etc/amazon/efs
printf '%s\n' '[mount]' 'dns_name_suffix = example.test' 'region = us-east-1' "stunnel_cafile = $ca" '[mount-watchdog]' \
	'unmount_count_for_consistency = 1' > /etc/amazon/efs/efs-utils.conf
at_exit mounts_over
mounts_over() { umount_all; watchdog_stop; }

# efs_mount DIR [OPTIONS]: in the client's network, by what the API says
efs_mount() {
	mkdir -p "$1"
	mount -t efs -o "tls,netns=/run/netns/a${2:+,$2}" "$one:/" "$1" || return
	_mounts="$1 $_mounts"
}
principals() { conns 'select(.FileSystemId == "'"$one"'") | .Principal' | sort | tr '\n' ' '; }
nothing_left() { ! ls -d "$RUN"/fs-*; }

check "an anonymous mount" efs_mount /mnt/none
check "it works" touch /mnt/none/f
equal "nobody's" "$(principals)" " "
check "with the keys of the environment" efs_mount /mnt/iam iam
equal "is the account's" "$(principals)" " arn:aws:iam::000000000000:root "
check "the same files" test -e /mnt/iam/f
check "20 MB" sh -c 'head -c 20M /dev/urandom > /tmp/data && cp /tmp/data /mnt/iam/data'
check "are read by the other as they were" cmp /tmp/data /mnt/none/data

ap=$(efs create-access-point --file-system-id "$one" --client-token ap --posix-user Uid=1001,Gid=1002 \
	--root-directory 'Path=/team,CreationInfo={OwnerUid=1001,OwnerGid=1002,Permissions=750}' --query AccessPointId)
check "through an access point" efs_mount /mnt/ap "iam,accesspoint=$ap"
check "it writes" touch /mnt/ap/file
equal "as its user" "$(stat -c %u:%g /mnt/none/team/file)" 1001:1002

check "a policy lets in who is known" efs put-file-system-policy --file-system-id "$one" --bypass-policy-lockout-safety-check \
	--policy '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite", "elasticfilesystem:ClientRootAccess"]}]}'
check_not "who is not has no way any more" ls /mnt/none
check "who is goes on" touch /mnt/iam/known
tunnel_of() { jq -r ".pid" $RUN/*."$1".*/state.json; }
old=$(tunnel_of mnt.iam)
another() { [ "$(tunnel_of mnt.iam)" != "$old" ]; }
kill -KILL "$old"
check "its tunnel dies and comes back" wait_for 5 another
check "and is the same client" timeout 60 touch /mnt/iam/again

check "all unmounted" umount /mnt/none /mnt/iam /mnt/ap
check "nothing is left" wait_for 20 nothing_left
finish
