# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the cases of mount.efs share: a certification authority, stunnel before kefsd as a TLS server, a configuration.
#
#	efs_server a		# the file system's TLS server is at server_addr a, for client a
#	efs_mount a /mnt/a [OPTIONS]
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"

RUN=/run/kefs/mounts
CONF=/etc/amazon/efs/efs-utils.conf
PKI=/tmp/pki

# certificate NAME SUBJECT-ALT-NAME: signed by the authority
certificate() {
	openssl req -newkey rsa:2048 -nodes -keyout "$PKI/$1.key" -subj "/CN=$1" -out "$PKI/$1.csr" 2> /dev/null &&
		printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' "$2" > "$PKI/$1.ext" &&
		openssl x509 -req -in "$PKI/$1.csr" -CA "$PKI/ca.pem" -CAkey "$PKI/ca.key" -days 2 -out "$PKI/$1.pem" \
			-extfile "$PKI/$1.ext" 2> /dev/null
}

authority() {
	mkdir -p $PKI
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout $PKI/ca.key -out $PKI/ca.pem 2> /dev/null &&
		certificate server 'DNS:*.efs.us-east-1.example.test'
}

# configure [LINE…]: efs-utils.conf, with more lines for [mount-watchdog]
configure() {
	mkdir -p /etc/amazon/efs
	{
		printf '%s\n' '[DEFAULT]' 'logging_level = DEBUG' '[mount]' 'dns_name_suffix = example.test' \
			'region = us-east-1' "stunnel_cafile = $PKI/ca.pem" \
			'fall_back_to_mount_target_ip_address_enabled = false' \
			'retry_nfs_mount_command_timeout_sec = 60' '[mount-watchdog]' \
			'unmount_count_for_consistency = 1' 'unmount_grace_period_sec = 2' "$@"
	} > $CONF
}

# tls_server ADDRESS CERTIFICATE: TLS at ADDRESS:2049 before kefsd
tls_server() {
	cat > "/tmp/server.$1.conf" <<-C
	foreground = yes
	pid =
	[nfs]
	accept = $1:2049
	connect = 127.0.0.1:2049
	cert = $PKI/$2.pem
	key = $PKI/$2.key
	verify = 0
	C
	stunnel "/tmp/server.$1.conf" > "/tmp/server.$1.log" 2>&1 &
	at_exit kill $!
	wait_for 10 sh -c "ss -ltn | grep -q '$1:2049'"
}

# efs_server NAME [LINE…]: all of it, with those lines for [mount-watchdog]
efs_server() {
	printf 'listen = 127.0.0.1:2049\n' > /tmp/kefsd.conf
	kefsd_stop || fatal "kefsd does not stop"
	kefsd_start --config /tmp/kefsd.conf || fatal "kefsd does not start"
	at_exit efs_over
	one_file_system
	FS=$(kefsctl --json fs list | jq -r '.FileSystems[0].FileSystemId')
	authority || fatal "no certificates"
	configure "${@:2}"
	one_client "$1"
	tls_server "$(server_addr "$1")" server || fatal "no TLS server: $(cat "/tmp/server.$(server_addr "$1").log")"
}

efs_over() {
	umount_all
	watchdog_stop
	kefsd_stop
	kefsd_start
}

# efs_mount NAME DIR [OPTIONS]
efs_mount() {
	mkdir -p "$2"
	in_ns "$1" mount -t efs -o "tls,mounttargetip=$(server_addr "$1")${3:+,$3}" "$FS:/" "$2" || return
	_mounts="$2 $_mounts"
}

# state DIR: the folder of what is mounted there; state_of DIR KEY: what its state says
state() {
	local f
	for f in "$RUN"/fs-*/state.json; do
		[ "$(jq -r .mountpoint "$f" 2> /dev/null)" != "$1" ] || dirname "$f"
	done
}
state_of() { jq -r ".$2" "$(state "$1")/state.json"; }
nothing_left() { ! ls -d $RUN/fs-* && ! pgrep -f "stunnel $RUN"; }
