#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# mount -t efs -o tls: through stunnel to a TLS server before kefsd; what it refuses, what it leaves behind (nothing).
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/efsmounts.sh
. "${KEFS_TESTS:?}/guest/efsmounts.sh"
kefs_only
efs_server a

# says TEXT CMD…: it fails, with that in what it says
says() {
	local text=$1
	shift
	if ! "$@" > /tmp/said 2>&1 && grep -q "$text" /tmp/said; then return 0; fi
	cat /tmp/said
	return 1
}

check "a TLS mount" efs_mount a /mnt/a
check "it is one of NFS 4.1 through the tunnel" sh -c 'grep " /mnt/a nfs4 .*vers=4.1.*port=2[01].*addr=127.0.0.1" /proc/mounts'
check "it reads and writes" sh -c 'echo text > /mnt/a/f && grep -q text /mnt/a/f'
check "nothing but TLS is on the wire" sh -c "ss -tn state established '( dport = :2049 )' | grep -q '$(server_addr a):2049\|127.0.0.1:2049'"
dir=$(state /mnt/a)
check "the state names the tunnel" sh -c "kill -0 $(state_of /mnt/a pid) && tr '\0' ' ' < /proc/$(state_of /mnt/a pid)/cmdline | grep -q 'stunnel $dir'"
check "the watchdog runs" wait_for 5 watchdog
equal "the private key is root's alone" "$(stat -c '%a %U' /etc/amazon/efs/privateKey.pem)" "400 root"
check "OpenSSL reads the certificate" sh -c "openssl x509 -noout -text -in $dir/certificate.pem | grep -q '1.3.6.1.4.1.4843.7.3'"
check "which is the key's" sh -c "test \"\$(openssl x509 -noout -pubkey -in $dir/certificate.pem)\" = \"\$(openssl pkey -pubout -in /etc/amazon/efs/privateKey.pem)\""
check "once more says that it is mounted" sh -c "in=\$(nsenter --net=/run/netns/a mount.efs $FS:/ /mnt/a -o tls,mounttargetip=$(server_addr a)) && echo \$in | grep -q 'already mounted'"
equal "and makes no second tunnel" "$(find $RUN -mindepth 1 -maxdepth 1 -name 'fs-*' | wc -l)" 1
check "remounted read-only" in_ns a mount.efs "$FS:/" /mnt/a -o "remount,ro,tls,mounttargetip=$(server_addr a)"
check "it is read-only" says "Read-only" touch /mnt/a/new
check "and writable again" in_ns a mount.efs "$FS:/" /mnt/a -o "remount,rw,tls,mounttargetip=$(server_addr a)"
check "it writes" touch /mnt/a/new
check "a second mount has a tunnel of its own" efs_mount a '/mnt/b b'
check "it sees the same files" test -e '/mnt/b b/new'
check "umount" umount /mnt/a
check "leaves only the other's tunnel" wait_for 20 sh -c "test \$(ls -d $RUN/fs-* | wc -l) = 1"
check "which works" touch '/mnt/b b/more'

echo "$(server_addr a) wrong" >> /etc/hosts
echo "$(server_addr a) $FS.efs.us-east-1.example.test" >> /etc/hosts
mkdir -p /mnt/c /mnt/d
check "by its DNS name, from fstab" sh -c "echo '$FS:/ /mnt/c efs _netdev,noauto,tls 0 0' >> /etc/fstab && nsenter --net=/run/netns/a mount /mnt/c"
check "it is mounted" test -e /mnt/c/more
check "and gone" umount /mnt/c
check "the name as the device" in_ns a mount -t efs -o tls "$FS.efs.us-east-1.example.test:/" /mnt/c
umount /mnt/c
check "-f says what would be done" sh -c "mount.efs $FS:/ /mnt/c -f -o tls,mounttargetip=$(server_addr a) | grep -q 'through stunnel'"
check "in the client's network by netns=" mount -t efs -o "tls,netns=/run/netns/a,mounttargetip=$(server_addr a)" "$FS:/" /mnt/c
check "it works" touch /mnt/c/netns
umount /mnt/c

check "no CA file: refused" says "CA file" in_ns a mount.efs "$FS:/" /mnt/d -o "tls,cafile=/nowhere,mounttargetip=$(server_addr a)"
check "with iam, by the keys of the environment" in_ns a mount.efs "$FS:/" /mnt/d -o "tls,iam,mounttargetip=$(server_addr a)"
check "they are in the certificate" sh -c "openssl x509 -noout -text -in $(state /mnt/d)/certificate.pem | grep -q '1.3.6.1.4.1.4843.7.2'"
umount /mnt/d
check "by a profile" sh -c "mkdir -p ~/.aws && printf '[work]\naws_access_key_id = %s\naws_secret_access_key = %s\n' \$AWS_ACCESS_KEY_ID \$AWS_SECRET_ACCESS_KEY > ~/.aws/credentials &&
	nsenter --net=/run/netns/a mount.efs $FS:/ /mnt/d -o tls,iam,awsprofile=work,mounttargetip=$(server_addr a)"
equal "which the state remembers" "$(state_of /mnt/d awsCredentialsMethod)" credentials:work
umount /mnt/d
check "iam without credentials: what was tried" says "tried: the environment.*profile 'default'" \
	env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY \
	nsenter --net=/run/netns/a mount.efs "$FS:/" /mnt/d -o "tls,iam,mounttargetip=$(server_addr a)"
check "an address without a server" says "cannot connect" in_ns a mount.efs "$FS:/" /mnt/d -o "tls,mounttargetip=$(client_addr a)"
sed -i 's/^retry_nfs_mount_command_timeout_sec.*/retry_nfs_mount_command = false/' $CONF
certificate other 'DNS:other.example.test' && certificate_ok=yes
equal "a certificate for another name" "$certificate_ok" yes
ip addr add 10.55.1.9/24 dev kefs-1
tls_server 10.55.1.9 other
check "is refused, and the reason said" says "certificate\|CERT" timeout 100 nsenter --net=/run/netns/a \
	mount.efs "$FS:/" /mnt/d -o tls,soft,timeo=10,retrans=1,retry=0,mounttargetip=10.55.1.9
check "a failed mount leaves nothing" wait_for 20 sh -c "test \$(ls -d $RUN/fs-* | wc -l) = 1"

# A name that DNS does not know; the API has a mount target's address, which is a tunnel's server here
sed -i '/fs-/d' /etc/hosts
sed -i 's/^fall_back.*/fall_back_to_mount_target_ip_address_enabled = true/' $CONF
check "no such mount target" says "no mount target of it that is available" \
	mount.efs "$FS:/" /mnt/d -o tls,netns=/run/netns/a

check "umount of the last" umount '/mnt/b b'
check "nothing is left" wait_for 20 nothing_left
finish
