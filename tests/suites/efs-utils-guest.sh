#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# efs-utils-guest.sh [RUNS]: amazon-efs-utils, found in /out/efs-utils, mounts file systems of this guest's kefsd by their
# names, with the configuration that it comes with but for the region, the certification authority and the watchdog's
# patience. With RUNS, its mount.efs is timed beside ours.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
sources=/tmp/efs-utils conf=/etc/amazon/efs/efs-utils.conf run=/var/run/efs log=/var/log/amazon/efs
suffix=efs.us-east-1.amazonaws.com

efs() { aws efs "$@" 2> /tmp/aws.err; }
subnet() { kefsctl --json subnets | jq -r ".Subnets[] | select(.AvailabilityZoneName == \"$1\") | .SubnetId"; }
# new_fs ADDRESS [ZONE]: a file system with a mount target
new_fs() {
	local id
	id=$(efs create-file-system --creation-token "$1" --query FileSystemId)
	efs create-mount-target --file-system-id "$id" --subnet-id "$(subnet "${2:-us-east-1a}")" --ip-address "$1" > /dev/null
	echo "$id"
}
resolves() { getent ahosts "$1"; }

# program FILE PATH: what is called FILE runs that part of the sources
program() {
	printf '%s\n' '#!/bin/sh' "PYTHONPATH=$sources/src PYTHONWARNINGS=ignore exec python3 $sources/src/$2/__init__.py \"\$@\"" > "$1"
	chmod 755 "$1"
}

set_up() {
	cp -r "${KEFS_OUT:-/out}/efs-utils" $sources || fatal "no efs-utils"
	ours=$(mktemp)
	cp /sbin/mount.efs "$ours" && chmod 755 "$ours"
	rm /sbin/mount.efs
	program /sbin/mount.efs mount_efs
	program /usr/bin/amazon-efs-mount-watchdog watchdog
	mkdir -p /etc/amazon/efs $log ~/.aws
	kefsctl ca --export > /etc/amazon/efs/efs-utils.crt
	sed -e 's/^#region = .*/region = us-east-1/' -e 's/^unmount_grace_period_sec.*/unmount_grace_period_sec = 2/' \
		-e 's/^tls_cert_renewal_interval_min.*/tls_cert_renewal_interval_min = 1/' $sources/dist/efs-utils.conf > $conf
	eval "$(kefsctl admin-key --export)"
	export AWS_PAGER='' AWS_DEFAULT_OUTPUT=text
	admin_key=$AWS_ACCESS_KEY_ID
	profile default "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY"
}

# profile NAME KEY SECRET [TOKEN]
profile() {
	printf '%s\n' "[$1]" "aws_access_key_id = $2" "aws_secret_access_key = $3" ${4:+"aws_session_token = $4"} >> ~/.aws/credentials
}

# efs_mount FS DIR OPTIONS [PATH]
efs_mount() {
	mkdir -p "$2"
	mount -t efs -o "$3,stunnel" "$1:${4:-/}" "$2" || { tail -n 5 $log/mount.log; return 1; }
	_mounts="$2 $_mounts"
}
# refused FS DIR OPTIONS: by the server, not by something in between
refused() {
	if ! efs_mount "$@" > /tmp/said 2>&1 && grep -q "access denied by server" /tmp/said; then return 0; fi
	cat /tmp/said
	umount "$2" 2> /dev/null
	return 1
}
# says TEXT CMD…: it fails, with that in what it says
says() {
	local text=$1
	shift
	if ! "$@" > /tmp/said 2>&1 && grep -q "$text" /tmp/said; then return 0; fi
	cat /tmp/said
	return 1
}
policy() {
	efs put-file-system-policy --file-system-id "$1" --bypass-policy-lockout-safety-check \
		--policy "{\"Version\": \"2012-10-17\", \"Statement\": [$2]}"
}

# state DIR: its state file; of DIR KEY: what that says
state() { find $run -maxdepth 1 -type f -name "fs-*.$(tr / . <<< "${1#/}").[0-9]*"; }
of() { jq -r ".$2" "$(state "$1")"; }
cert_of() { openssl x509 -noout -text -in "$(of "$1" certificate)"; }
conns() { kefsctl --json connections | jq -r "[.Connections[] | $1] | unique | join(\" \")"; }
principal() { conns "select(.FileSystemId == \"$1\" and .Principal != \"\") | .Principal"; }
of_tls() { kefsctl --json status | jq -r ".Tls$1"; }
nothing_left() { ! ls -d "$run"/fs-* "$run"/stunnel-config.* && ! pgrep -f "stunnel $run"; }
of_one_left() { [ -z "$(state "$1")" ]; }

start_watchdog() {
	amazon-efs-mount-watchdog > /tmp/watchdog.log 2>&1 &
	at_exit kill $!
}

# --- time ---

# first_byte PROGRAM DIR: milliseconds from the command to the first byte of a file
first_byte() {
	local start=${EPOCHREALTIME/./}
	if ! "$1" "$one:/" "$2" -o tls,stunnel > /tmp/said 2>&1 || ! head -c 1 "$2/file" > /dev/null; then
		cat /tmp/said >&2
		return 1
	fi
	echo $(((${EPOCHREALTIME/./} - start) / 1000))
}

# The first mount makes the host's key and Python's compiled files: it does not count
time_them() {
	local i who dir=/mnt/time
	local -A program=([ours]=$ours [python]=/sbin/mount.efs)
	mkdir -p $dir
	efs_mount "$one" $dir tls || fatal "no mount"
	echo x > $dir/file
	umount $dir || fatal "no umount"
	for ((i = 0; i <= $1; i++)); do
		for who in ours python; do
			ms=$(first_byte "${program[$who]}" $dir) || fatal "$who does not mount"
			umount $dir || fatal "no umount"
			[ "$i" = 0 ] || echo "$ms" >> "/tmp/$who"
		done
	done
	median() { sort -n "/tmp/$1" | sed -n "$((($2 + 1) / 2))p"; }
	echo "ms, mount to first byte, median of $1: ours $(median ours "$1"), efs-utils $(median python "$1")"
	echo "ours: $(tr '\n' ' ' < /tmp/ours)"
	echo "efs-utils: $(tr '\n' ' ' < /tmp/python)"
}

# --- the run ---

set_up
one=$(new_fs 127.66.0.10)
wait_for 10 resolves "$one.$suffix" || fatal "no name"
if [ $# -gt 0 ]; then
	time_them "$1"
	exit
fi
start_watchdog

# One after the other: the stock client takes mounts that the server cannot tell apart to the first one's connection
alone() {
	local what=$1
	shift
	check "$what" efs_mount "$one" /mnt/alone "$@"
	check "$what: it works" sh -c 'touch /mnt/alone/f && rm /mnt/alone/f'
	check "$what: it goes" umount /mnt/alone
}
connects_to() { sed -n 's/^connect = //p' "$run/stunnel-config.$(basename "$(state "$1")")"; }

check "tls" efs_mount "$one" /mnt/alone tls
mountpoint -q /mnt/alone || fatal "no mount: $(tail -n 20 $log/*.log "$KEFSD_LOG")"
equal "it is TLS, and nobody" "$(conns '"\(.Tls) \(.Principal)"')" "true "
mkdir -p /mnt/alone/deep/down
check "umount" umount /mnt/alone
alone "a path" tls /deep/down
alone "stunnel without tls" noresvport
alone "mounttargetip" tls,mounttargetip=127.66.0.10
check "az" efs_mount "$one" /mnt/az tls,az=us-east-1a
equal "asks for the name with the zone" "$(connects_to /mnt/az)" "us-east-1a.$one.$suffix:2049"
check "works" touch /mnt/az/f
check "goes" umount /mnt/az
mkdir -p /mnt/name
check "by its name" mount -t efs -o tls,stunnel "$one.$suffix:/" /mnt/name
check "is there" test -e /mnt/name/f
check "is unmounted" umount /mnt/name
far=$(new_fs 127.67.0.10 us-east-1b)
check "no name in this zone: the API's mount target" efs_mount "$far" /mnt/far tls
equal "is that one" "$(connects_to /mnt/far)" 127.67.0.10:2049
equal "nothing failed" "$(of_tls '.Failed | add')" 0

check "once more" efs_mount "$one" /mnt/tls tls
check "it writes" sh -c 'head -c 20M /dev/urandom > /tmp/data && cp /tmp/data /mnt/tls/data'
check "tls,iam" efs_mount "$one" /mnt/iam tls,iam
check "reads what was written" cmp /tmp/data /mnt/iam/data
equal "is who has the key" "$(principal "$one")" arn:aws:iam::000000000000:root
ap=$(efs create-access-point --file-system-id "$one" --client-token ap --posix-user Uid=1001,Gid=1002 \
	--root-directory 'Path=/team,CreationInfo={OwnerUid=1001,OwnerGid=1002,Permissions=750}' --query AccessPointId)
check "tls,accesspoint" efs_mount "$one" /mnt/ap "tls,accesspoint=$ap"
check "writes" touch /mnt/ap/f
equal "as its user" "$(stat -c %u:%g /mnt/tls/team/f)" 1001:1002
check "tls,iam,accesspoint" efs_mount "$one" /mnt/both "tls,iam,accesspoint=$ap"
check "sees it" test -e /mnt/both/f
equal "both are known" "$(conns "select(.AccessPointId == \"$ap\") | .Principal")" " arn:aws:iam::000000000000:root"

# Who may
cat > /tmp/trust.json << P
{ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::000000000000:user/ann" },
  "Action": "sts:AssumeRole" } }
P
aws iam create-user --user-name ann > /dev/null
read -r key secret < <(aws iam create-access-key --user-name ann --query 'AccessKey.[AccessKeyId,SecretAccessKey]')
profile ann "$key" "$secret"
aws iam create-role --role-name mounter --assume-role-policy-document file:///tmp/trust.json > /dev/null
read -r skey ssecret token < <(AWS_ACCESS_KEY_ID=$key AWS_SECRET_ACCESS_KEY=$secret aws sts assume-role \
	--role-arn arn:aws:iam::000000000000:role/mounter --role-session-name monday \
	--query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]')
profile session "$skey" "$ssecret" "$token"
printf '%s\n' '[profile role]' 'role_arn = arn:aws:iam::000000000000:role/mounter' 'source_profile = ann' \
	'role_session_name = tuesday' 'region = us-east-1' > ~/.aws/config
two=$(new_fs 127.66.0.11)
wait_for 10 resolves "$two.$suffix" || fatal "no name"
all='"Action": ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite", "elasticfilesystem:ClientRootAccess"]'
ann='"Principal": {"AWS": "arn:aws:iam::000000000000:user/ann"}'
role='"Principal": {"AWS": "arn:aws:iam::000000000000:role/mounter"}'
check "only ann may" policy "$two" "{\"Effect\": \"Allow\", $ann, $all}"
check "nobody may not" refused "$two" /mnt/no tls
check "the role may not" refused "$two" /mnt/no tls,iam,awsprofile=session
check "ann may" efs_mount "$two" /mnt/ann tls,iam,awsprofile=ann
equal "as herself" "$(principal "$two")" arn:aws:iam::000000000000:user/ann
check "and writes" touch /mnt/ann/f
check "only the role may" policy "$two" "{\"Effect\": \"Allow\", $role, $all}"
check "ann may no more" says "Permission denied" touch /mnt/ann/g
umount /mnt/ann
check "ann cannot mount" refused "$two" /mnt/no tls,iam,awsprofile=ann
check "a session of the role may" efs_mount "$two" /mnt/session tls,iam,awsprofile=session
check "and one that botocore assumes" efs_mount "$two" /mnt/role tls,iam,awsprofile=role
equal "they are those" "$(conns "select(.FileSystemId == \"$two\" and .Access) | .Principal")" \
	"arn:aws:sts::000000000000:assumed-role/mounter/monday arn:aws:sts::000000000000:assumed-role/mounter/tuesday"
check "both write" touch /mnt/session/s /mnt/role/r
check "a denial" policy "$two" "{\"Effect\": \"Allow\", $role, $all}, {\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"elasticfilesystem:ClientWrite\"}"
check "is at once" says "Read-only" touch /mnt/role/no
profile wrong "$admin_key" 0000000000000000000000000000000000000000
check "a wrong secret" refused "$one" /mnt/no tls,iam,awsprofile=wrong
equal "is what kefsd counts" "$(of_tls '.NotBelieved.Signature > 0')" true
check "an access point of another" refused "$two" /mnt/no "tls,iam,awsprofile=session,accesspoint=$ap"

# Its watchdog
another_than() { [ "$(of "$1" pid)" != "$2" ] && kill -0 "$(of "$1" pid)"; }
pid=$(of /mnt/both pid)
kill -KILL "$pid"
check "stunnel is killed and comes back" wait_for 10 another_than /mnt/both "$pid"
check "the mount works" timeout 60 touch /mnt/both/again
serial_is_not() { [ "$(openssl x509 -noout -serial -in "$(of "$1" certificate)")" != "$2" ]; }
for dir in /mnt/both /mnt/role; do
	serial=$(openssl x509 -noout -serial -in "$(of $dir certificate)")
	check "$dir: the certificate is renewed" wait_for 100 serial_is_not $dir "$serial"
done
pid=$(of /mnt/both pid)
full() { kefsctl --json status | jq '.Tls | .Done - .Resumed'; }
before=$(full)
# connect DIR: a new connection through the tunnel, and what the server says to NFS's NULL through it
connect() {
	python3 - "$(of "$1" cmd[1] | xargs sed -n 's/^accept = .*://p')" <<- P
	import socket, struct, sys
	sock = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 20)
	sock.sendall(struct.pack('>11I', 0x80000028, 7, 0, 2, 100003, 4, 0, 0, 0, 0, 0))
	sys.exit(sock.recv(28)[4:8] != b'\0\0\0\7')
	P
}
check "a connection with the new one" connect /mnt/both
check "has a handshake of its own" test "$(full)" -gt "$before"
before=$(full)
resumed=$(of_tls .Resumed)
check "another connection" connect /mnt/both
equal "resumes that session" "$(full) $(of_tls .Resumed)" "$before $((resumed + 1))"
check "the mount goes on" touch /mnt/both/renewed
equal "through the same stunnel" "$(of /mnt/both pid)" "$pid"
equal "nothing of it is refused" "$(of_tls '.NotBelieved | "\(.Malformed) \(.Time)"')" "0 0"
kill -KILL "$pid"
check "stunnel comes back with the new certificate" wait_for 10 another_than /mnt/both "$pid"
check "which is good" timeout 60 touch /mnt/both/restarted
equal "for the same client" "$(conns "select(.AccessPointId == \"$ap\" and .Principal != \"\") | .Principal")" \
	arn:aws:iam::000000000000:root

# Two that the server cannot tell apart
check "a second one like the first" efs_mount "$one" /mnt/twin tls
check "umount of the first" umount /mnt/tls
check "leaves nothing" wait_for 60 of_one_left /mnt/tls
check "the second one works on" timeout 20 touch /mnt/twin/f
umount -f -l /mnt/twin
check "others work" timeout 20 touch /mnt/iam/more
umount_all
check "nothing is left" wait_for 120 nothing_left
finish
