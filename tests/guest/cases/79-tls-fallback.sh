#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Without the kernel's TLS it is refused, until tls_fallback has relays do it. Those do all that the kernel does, identity
# and access points among it; they live as long as their connection, over a kefsd that is killed, and no longer.
# What a kernel is without the module can be seen where TLS is a module; elsewhere it is switched off.
# options: --mem 2G
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/tls.sh
. "${KEFS_TESTS:?}/guest/tls.sh"

off='tls_kernel = off' why='not to be used'
if modinfo -n tls 2> /dev/null | grep -q '^/'; then
	echo 'install tls /bin/false' > /etc/modprobe.d/no-tls.conf
	rmmod tls 2> /dev/null
	off='tls_kernel = on' why='this kernel has no TLS'
fi
relays() { pgrep -cx kefs-relay; }
relays_are() { [ "$(relays)" = "$1" ]; }


tls_set_up "$off"
one=$(new_fs 10.66.0.10)
two=$(new_fs 10.66.0.11)
cert plain --fs "$one"
check_not "without the fallback a mount with TLS is refused" mount_tls plain 10.66.0.10 /mnt/off
equal "none does it" "$(of_tls .By)" none
check "which is counted" test "$(kefsctl --json status | jq .Acceptor.TlsRefused)" -gt 0
check "and said" sh -c "kefsctl status | grep -q 'TLS *none: .*$why'"
equal "no process was started for it" "$(relays)" 0

kefsd_stop
printf 'tls_fallback = relay\ntls_relays_max = 12\n' >> /tmp/kefsd.conf
kefsd_start --config /tmp/kefsd.conf || fatal "kefsd does not start with a fallback"
equal "relays do it" "$(of_tls .By)" relays
check "which kefsctl says, and why" sh -c "kefsctl status | grep -q 'TLS by *relays' && kefsctl status | grep -q '$why'"

tcpdump -i kefs-1 -U -w /tmp/tls.pcap 'tcp port 2049' 2> /tmp/tcpdump.log &
dump=$!
wait_for 10 grep -q listening /tmp/tcpdump.log
check "a mount with TLS" mount_tls plain 10.66.0.10 /mnt/plain
mountpoint -q /mnt/plain || { kefsctl status; tail -n 20 "$KEFSD_LOG" /tmp/tls/*.log; fatal "no mount"; }
echo "a line that is to be secret" > /mnt/plain/secret
dd if=/dev/urandom of=/tmp/data bs=1M count=20 status=none
check "20 MB are written" cp /tmp/data /mnt/plain/data
kill $dump
wait $dump
check_not "nothing can be read on the wire" grep -q "is to be secret" /tmp/tls.pcap
check "but there is something" test -s /tmp/tls.pcap
wait_for 10 relays_are 1
equal "one process does it" "$(relays)" 1
equal "nobody with rights" "$(ps -o uid=,gid=,supgid= -C kefs-relay | xargs)" "65534 65534 -"
equal "without capabilities" "$(awk '/^Cap(Eff|Prm)/ { print $2 }' "/proc/$(pgrep -x kefs-relay)/status" | sort -u)" 0000000000000000
echo "# memory of its own: $(awk '/^Private/ { sum += $2 } END { print sum " kB" }' "/proc/$(pgrep -x kefs-relay)/smaps")"
equal "the module knows the client, not the relay" \
	"$(conns '"\(.Tls) \(.Relayed) \(.PeerAddress | sub(":.*"; "")) \(.LocalAddress)"')" "true true $(client_addr a) 10.66.0.10:2049"
equal "status counts it" "$(of_tls '.Relays | "\(.Connections) \(.Processes) \(.Maximum)"')" "1 1 12"
check "kefsctl says so" sh -c 'kefsctl status | grep -q "TLS relays *1 connections, 1 processes of at most 12"'

# Policies see TLS, the client's address and who he is
all='"Action": ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite", "elasticfilesystem:ClientRootAccess"]'
check "only with TLS" policy "$one" "{\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"*\", \"Condition\": {\"Bool\": {\"aws:SecureTransport\": \"false\"}}}, {\"Effect\": \"Allow\", \"Principal\": \"*\", $all}"
check "who has TLS goes on" touch /mnt/plain/goes-on
check_not "who has not does not mount" mount_in a 10.66.0.10:/ /mnt/not vers=4.1,soft,timeo=100,retrans=1
check "only from that address" policy "$one" "{\"Effect\": \"Allow\", \"Principal\": \"*\", $all, \"Condition\": {\"IpAddress\": {\"aws:SourceIp\": \"$(client_addr a)\"}}}"
check "it goes on" touch /mnt/plain/goes-on-still
check "not from there" policy "$one" "{\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"elasticfilesystem:ClientWrite\", \"Condition\": {\"IpAddress\": {\"aws:SourceIp\": \"$(client_addr a)\"}}}, {\"Effect\": \"Allow\", \"Principal\": \"*\", $all}"
check "at once" says "Read-only file system" touch /mnt/plain/no-more
check "all again" policy "$one" "{\"Effect\": \"Allow\", \"Principal\": \"*\", $all}"
account='"Principal": {"AWS": "arn:aws:iam::000000000000:root"}'
check "the second is for the account" policy "$two" "{\"Effect\": \"Allow\", $account, $all}"
cert anonymous --fs "$two"
check_not "who signs nothing does not mount" mount_tls anonymous 10.66.0.11 /mnt/not
cert signed --fs "$two" --iam --renewed
check "who signs does" mount_tls signed 10.66.0.11 /mnt/signed
equal "its principal is the account" "$(conns 'select(.FileSystemId == "'"$two"'" and .Access) | .Principal')" "arn:aws:iam::000000000000:root"
umount /mnt/signed

# An access point is kept to, or refused: never the root instead
ap=$(efs create-access-point --client-token x --file-system-id "$one" --posix-user Uid=1234,Gid=1234 \
	--root-directory 'Path=/ap,CreationInfo={OwnerUid=1234,OwnerGid=1234,Permissions=755}' --query AccessPointId)
cert ap --fs "$one" --ap "$ap"
check "a mount of an access point" mount_tls ap 10.66.0.10 /mnt/ap
check_not "has its root" test -e /mnt/ap/secret
check "and its user" sh -c "touch /mnt/ap/file && test \"\$(stat -c %u /mnt/ap/file)\" = 1234"
umount /mnt/ap
cert gone --fs "$one" --ap fsap-0123456789abcdef0
check_not "one that is not there is refused" mount_tls gone 10.66.0.10 /mnt/not
check "which is counted" test "$(of_tls .NotBelieved.AccessPoint)" -ge 1

check "TLS 1.3" tunnel plain 10.66.0.10 'sslVersion = TLSv1.3'
check "mounts" mount_port $port / /mnt/tls13
check "and reads" cmp /tmp/data /mnt/tls13/data
umount /mnt/tls13
check "a cipher that the kernel has not" tunnel plain 10.66.0.10 'ciphers = ECDHE-ECDSA-CHACHA20-POLY1305'
check "mounts as well" mount_port $port / /mnt/chacha
umount /mnt/chacha
wait_for 30 relays_are 1
equal "those that were unmounted have no process" "$(relays)" 1

# Killed under load
writer() {
	local i
	for ((i = 0; ; i++)); do
		[ ! -e /tmp/stop ] || break
		dd if=/tmp/data of="/mnt/plain/w$((i % 4))" bs=64k count=32 conv=fsync status=none || return
		cmp -n 2097152 /tmp/data "/mnt/plain/w$((i % 4))" || return
	done
	echo "# $i rounds"
}
rm -f /tmp/stop
writer > /tmp/writer.log 2>&1 &
writing=$!
killed=0
for _ in 1 2 3 4 5; do
	pid=$(pgrep -ox kefs-relay)
	kill -KILL "$pid" && killed=$((killed + 1))
	other_relay() { pgrep -x kefs-relay | grep -qvx "$pid"; }
	wait_for 30 other_relay
done
equal "relays were killed under load" $killed 5
touch /tmp/stop
check "the client saw no error" wait $writing
cat /tmp/writer.log

# Without kefsd they go on, and the next one sees them
pid=$(pgrep -x kefs-relay)
kefsd_kill
check "kefsd is killed: the mount works on" dd if=/tmp/data of=/mnt/plain/without bs=1M count=4 conv=fsync status=none
equal "by the same process" "$(pgrep -x kefs-relay)" "$pid"
kefsd_start --config /tmp/kefsd.conf || fatal "kefsd does not start again"
check "with the next one" cmp -n 4194304 /tmp/data /mnt/plain/without
equal "which sees the connection" "$(of_tls '.Relays | "\(.Connections) \(.Processes)"')" "1 0"
check "a new policy finds it" policy "$one" "{\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"elasticfilesystem:ClientWrite\"}, {\"Effect\": \"Allow\", \"Principal\": \"*\", $all}"
check "at once" says "Read-only file system" touch /mnt/plain/no-more
check "all once more" policy "$one" "{\"Effect\": \"Allow\", \"Principal\": \"*\", $all}"

# Strangers who say nothing get no more than their half, and end in time
silent() { in_ns a timeout 60 openssl s_client -connect 10.66.0.10:2049 -quiet < <(sleep 50) > /dev/null 2>&1; }
others=()
for _ in 1 2 3 4 5 6 7 8 9; do silent & others+=($!); done
most() { [ "$(of_tls .Relays.Refused)" -gt 0 ]; }
check "an address has half of them" wait_for 20 most
check "and no more" test "$(relays)" -le 7
kill "${others[@]}" 2> /dev/null
wait "${others[@]}" 2> /dev/null

# A whole relay ends when the module lets go
umount_all
check "no process is left after umount" wait_for 60 relays_are 0
fds() { find "/proc/$(pgrep -x kefsd)/fd" -lname '*pidfd*' | wc -l; }
equal "nor a descriptor" "$(fds)" 0
silent & other=$!
check "a client" wait_for 20 relays_are 1
check "whose mount target goes" efs delete-mount-target --mount-target-id "$(efs describe-mount-targets --file-system-id "$one" --query 'MountTargets[0].MountTargetId')"
check "ends with it" wait_for 30 relays_are 0
# Which the client does not hear: the address that would tell him is gone
kill $other 2> /dev/null

# With TLS in the kernel only what that cannot do is left to them
rm -f /etc/modprobe.d/no-tls.conf
sed -i '/^tls_kernel/d' /tmp/kefsd.conf
kefsd_stop
kefsd_start --config /tmp/kefsd.conf || fatal "kefsd does not start with both"
equal "the kernel does it" "$(of_tls .By)" kernel
cert signed --fs "$two" --iam --renewed
check "a mount" mount_tls signed 10.66.0.11 /mnt/signed
equal "has no process" "$(relays)" 0
check "a cipher that the kernel has not" tunnel signed 10.66.0.11 'ciphers = ECDHE-ECDSA-CHACHA20-POLY1305'
check "mounts" mount_port $port / /mnt/chacha
wait_for 10 relays_are 1
equal "with a process" "$(relays)" 1
umount_all
check "and nothing is left" wait_for 60 relays_are 0
finish
