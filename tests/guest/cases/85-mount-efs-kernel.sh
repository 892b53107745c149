#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# mount.efs by the client kernel's own TLS: chosen where tlshd can do it, with the mount's certificate, its access point
# and its principal; shared by mounts of one client, not taken from one by another; renewed; gone with the last mount;
# stunnel where the kernel's does not come about.
# options: --mem 2G
# timeout: 600
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/tls.sh
. "${KEFS_TESTS:?}/guest/tls.sh"
RUN=/run/kefs/mounts

tls_set_up ''
fs=$(new_fs 10.66.0.10)
mkdir -p /etc/amazon/efs
printf '%s\n' '[mount]' 'region = us-east-1' "stunnel_cafile = $ca" 'stunnel_check_cert_hostname = false' \
	'[mount-watchdog]' 'unmount_count_for_consistency = 1' > /etc/amazon/efs/efs-utils.conf
at_exit mounts_over
mounts_over() { umount_all; watchdog_stop; }

# efs_mount DIR OPTIONS [PATH]
efs_mount() {
	mkdir -p "$1"
	mount -t efs -v -o "mounttargetip=10.66.0.10,netns=/run/netns/a,$2" "$fs:${3:-/}" "$1" > /tmp/said 2>&1 || return
	_mounts="$1 $_mounts"
}
# how DIR: plain, tunnel, tls or mtls
how() {
	local options
	options=$(awk -v dir="$1" '$2 == dir { print $4 }' /proc/mounts)
	case $options in
	'') echo none ;;
	*xprtsec=*) options=${options#*xprtsec=}; echo "${options%%,*}" ;;
	*addr=127.0.0.1*) echo tunnel ;;
	*) echo plain ;;
	esac
}
who() { conns 'select(.FileSystemId == "'"$fs"'") | "\(.AccessPointId)|\(.Principal)"'; }
nothing_left() { [ -z "$(find "$RUN" -mindepth 1 -type d)" ]; }
# cut_off: the mount target goes, and its connections with it; another takes its address
cut_off() {
	efs delete-mount-target --mount-target-id "$(efs describe-mount-targets --file-system-id "$fs" --query MountTargets[0].MountTargetId)" &&
		efs create-mount-target --file-system-id "$fs" --subnet-id "$subnet" --ip-address 10.66.0.10 > /dev/null
}
ports() { in_ns a ss -Htn state established dst 10.66.0.10 dport = 2049 | awk '{ print $3 }' | sort; }

# --- without a tlshd that presents the mount's certificate it is a tunnel
check "no tlshd runs: a mount" efs_mount /mnt/none tls
equal "through stunnel" "$(how /mnt/none)" tunnel
check "asked for the kernel's, with an identity" says "needs a tlshd in this network" efs_mount /mnt/no tls,iam,xprtsec=mtls
umount /mnt/none
tlshd_start own
check "a tlshd with a certificate of its own: a mount" efs_mount /mnt/none tls
equal "through stunnel" "$(how /mnt/none)" tunnel
check "asked for the kernel's, without an identity" efs_mount /mnt/own tls,xprtsec=mtls
equal "it is, with that certificate" "$(how /mnt/own)" mtls
umount /mnt/none /mnt/own
tlshd_stop
wait "$tlshd" 2> /dev/null
tlshd_start efs
touch -d '1 minute' /tmp/tls/tlshd.conf
check "a tlshd whose configuration was changed since it began: a mount" efs_mount /mnt/none tls
equal "through stunnel" "$(how /mnt/none)" tunnel
umount /mnt/none
touch -d '1 hour ago' /tmp/tls/tlshd.conf
sed -i 's/^.mount-watchdog./&\nenabled = false/' /etc/amazon/efs/efs-utils.conf
check "nobody renews certificates: a mount" efs_mount /mnt/none tls
equal "through stunnel" "$(how /mnt/none)" tunnel
check "asked for the kernel's" says "needs kefs-watchdog" efs_mount /mnt/no tls,xprtsec=mtls
umount /mnt/none
sed -i '/^enabled = false/d' /etc/amazon/efs/efs-utils.conf
check "nothing is left" wait_for 20 nothing_left

# --- with the mount's certificate
at_exit tlshd_stop
ap=$(efs create-access-point --file-system-id "$fs" --client-token ap --posix-user Uid=1001,Gid=1002 \
	--root-directory 'Path=/team,CreationInfo={OwnerUid=1001,OwnerGid=1002,Permissions=750}' --query AccessPointId)
check "by an access point, as the account" efs_mount /mnt/ap "tls,iam,accesspoint=$ap"
equal "the kernel encrypts" "$(how /mnt/ap)" mtls
equal "the server knows who it is" "$(who)" "$ap|arn:aws:iam::000000000000:root"
check_not "no stunnel runs" pgrep -x 'stunnel4?'
check "it writes" touch /mnt/ap/file
equal "as the access point's user" "$(stat -c %u:%g /mnt/ap/file)" 1001:1002
check "another mount of the same" efs_mount /mnt/ap2 "tls,iam,accesspoint=$ap"
equal "by the kernel, too" "$(how /mnt/ap2)" mtls
check "with the same files" test -e /mnt/ap2/file
check "another client of this host" efs_mount /mnt/root tls,iam
equal "has a tunnel" "$(how /mnt/root)" tunnel
equal "each is who it is" "$(who)" "$ap|arn:aws:iam::000000000000:root |arn:aws:iam::000000000000:root"
check "nor can it have the kernel's" says "certificate of another client, for the mount /mnt/ap2" efs_mount /mnt/no tls,iam,xprtsec=mtls
check "nor one without an identity" efs_mount /mnt/nobody tls
equal "which has a tunnel" "$(how /mnt/nobody)" tunnel
# An agent of containers, which logs who asks for credentials
mkdir -p /tmp/agent
jq -n '{AccessKeyId: env.AWS_ACCESS_KEY_ID, SecretAccessKey: env.AWS_SECRET_ACCESS_KEY}' > /tmp/agent/keys
ip addr add 169.254.170.2/32 dev lo
python3 -m http.server --bind 169.254.170.2 --directory /tmp/agent 80 2> /tmp/agent.log > /dev/null &
agent=$!
agent_listens() { ss -Hltn 'sport = :80' | grep -q 169.254; }
wait_for 20 agent_listens
check "one with credentials that an agent gives" efs_mount /mnt/agent tls,iam,awscredsuri=/keys
equal "has a tunnel, too" "$(how /mnt/agent)" tunnel
equal "they were asked for once" "$(grep -c 'GET /keys' /tmp/agent.log)" 1
umount /mnt/agent
kill $agent
wrong_secret() { AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY}x efs_mount "$@"; }
check "one with the same key and a wrong secret is refused" says "access denied" wrong_secret /mnt/no "tls,iam,accesspoint=$ap"
check "remounted" mount -o remount,ro /mnt/ap2
check_not "it is read-only" touch /mnt/ap2/no
check "and again" mount -o remount,rw /mnt/ap2
umount /mnt/root /mnt/nobody /mnt/ap2

fs2=$(new_fs 10.66.0.11)
wrong_address() { mkdir -p /mnt/no; mount -t efs -o "tls,mounttargetip=10.66.0.11,netns=/run/netns/a" "$fs:/" /mnt/no > /tmp/said 2>&1; }
check "a mount target of another file system, $fs2, is refused" says "access denied" wrong_address
mv $ca /tmp/tls/away.pem
check "without the authority's certificate nothing is mounted" says "CA file" efs_mount /mnt/no tls,iam
mv /tmp/tls/away.pem $ca

# --- it connects again, with the certificate, also with a new one
old=$(ports)
reconnected() { local now; now=$(ports); [ -n "$now" ] && [ "$now" != "$old" ]; }
check "the connection breaks" cut_off
check "the mount works on" timeout 60 touch /mnt/ap/again
check "over another connection" wait_for 10 reconnected
equal "of the same client" "$(who)" "$ap|arn:aws:iam::000000000000:root"
made() { stat -c %Y.%i "$RUN"/tlshd/certificate.pem; }
was=$(made)
renewed() { [ "$(made)" != "$was" ]; }
watchdog_stop
wait_for 10 no_watchdog
sed -i 's/"certificateCreationTime": [0-9]*/"certificateCreationTime": 1/' "$RUN"/tlshd/state.json
kefs-watchdog --daemon
check "a certificate that is out of date is renewed, by the next watchdog" wait_for 20 renewed
old=$(ports)
check "the connection breaks" cut_off
check "the mount works on with it" timeout 60 touch /mnt/ap/renewed
check "over another connection" wait_for 10 reconnected
equal "the server knows who it is" "$(who)" "$ap|arn:aws:iam::000000000000:root"
tlshd_stop
wait "$tlshd" 2> /dev/null
check "tlshd ends: the mount works on" timeout 10 touch /mnt/ap/without
tlshd_start efs

# --- umount -l, with a file open
exec 5> /mnt/ap/open
umount -l /mnt/ap
check_not "a file is open behind umount -l: nothing is taken away" wait_for 4 nothing_left
check "the connection breaks" cut_off
check "what is written goes there" timeout 60 sh -c 'echo more >&5 && sync -d /proc/self/fd/5'
exec 5>&-
check "it is closed: nothing is left" wait_for 20 nothing_left

# --- the server's certificate is for somewhere else: tlshd refuses it, and who asked not to check the name has stunnel
server_elsewhere
check "tlshd refuses the server: a mount" efs_mount /mnt/other tls,iam
equal "through stunnel" "$(how /mnt/other)" tunnel
check "and -v says so" grep -q "not by the kernel's TLS" /tmp/said
check "the kernel's, asked for, fails" says "mount.nfs4: " efs_mount /mnt/no tls,iam,xprtsec=mtls
check_not "and leaves no certificate" test -e "$RUN"/tlshd
umount /mnt/other
check "nothing is left" wait_for 20 nothing_left
kefsd_stop
kefsd_start || fatal "kefsd does not start with its own configuration"
finish
