# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the cases share on top of lib.sh: a served file system, clients that mount it, each case in a folder of its own.
#
#	. "$KEFS_TESTS/guest/cases.sh"
#	serve			# a file system is there
#	join a			# client a has it on /mnt/a; $A is this case's folder there
#
# KEFS_TEST_SERVER=nfsd (in a guest started with --bare) runs a case against the kernel's own server: so one sees what is
# the case's fault.

# shellcheck source=tests/guest/lib.sh
. "${KEFS_TESTS:?}/guest/lib.sh"
# shellcheck source=tests/bench/servers.sh
. "$KEFS_TESTS/bench/servers.sh"

SERVER=${KEFS_TEST_SERVER:-kefs}
PORT=${SERVER_PORT[$SERVER]}
CASE=$(basename "$0" .sh).$$

# skip REASON: this case has nothing to say here
skip() {
	echo "skip - $*"
	exit 0
}

kefs_only() { [ "$SERVER" = kefs ] || skip "only Kefs has this"; }

# serve: one file system, the only one, where the server keeps them by default
serve() {
	case $SERVER in
	nfsd) serve_nfsd /srv/case/export ;;
	kefs) one_file_system ;;
	esac
}

# serve_on DIR: files are kept in that directory instead
serve_on() {
	case $SERVER in
	nfsd) serve_nfsd "$1" ;;
	kefs) serve_pool "$1" ;;
	esac
}

serve_nfsd() {
	if [ "$1" = /srv/case/export ] && ! mountpoint -q /srv/case; then
		mkdir -p /srv/case
		mkfs.ext4 -q -F "${KEFS_DISK:?}" || fatal "no disk"
		mount "$KEFS_DISK" /srv/case || fatal "no disk"
	fi
	make_client || fatal "no client for nfsd"
	at_exit ip netns del cl
	start_nfsd "$1" || fatal "nfsd does not start"
	at_exit stop_nfsd "$1"
}

stop_nfsd() {
	umount_all
	stop_server nfsd
	pkill -x rpc.mountd
	wait_for 5 mountd_gone
}
mountd_gone() { ! pgrep -x rpc.mountd; }

one_file_system() {
	local n
	n=$(kefsctl --json fs list | jq '.FileSystems | length')
	case $n in
	0) kefsctl fs create > /dev/null || fatal "cannot create a file system" ;;
	1) ;;
	*) fatal "$n file systems: which one is meant?" ;;
	esac
}

# serve_pool DIR: kefsd on another pool, and back again afterwards
serve_pool() {
	mkdir -p "$1" "/tmp/state.$$"
	printf '%s\n' "pool = $1" "state_dir = /tmp/state.$$" > /tmp/kefsd.conf
	kefsd_stop || fatal "kefsd does not stop"
	at_exit back_to_default_pool
	kefsd_start --config /tmp/kefsd.conf || fatal "kefsd does not start on $1"
	one_file_system
}

back_to_default_pool() {
	umount_all
	kefsd_stop
	# The volumes of this pool hold it busy; the default configuration's kefsd drops what it does not know
	kefsd_start
}

# one_client NAME: a network namespace whose NFS client is not taken for another's: the host name is the same in all of
# them, and it is all that tells clients apart by default
one_client() {
	client_ns "$1"
	modprobe -q nfs		# built in, or not: the first mount would load it
	ip netns exec "$1" sh -c "echo $1.$$ > /sys/fs/nfs/net/nfs_client/identifier" 2> /dev/null ||
		fatal "cannot name client $1"
}

# mount_on NAME DIR [OPTIONS]
mount_on() { mount_in "$1" "$(server_addr "$1"):/" "$2" "vers=4.1,port=$PORT${3:+,$3}"; }

# join NAME [OPTIONS]: a client, mounted on /mnt/NAME, with this case's folder in ${NAME^^}
join() {
	one_client "$1"
	mount_on "$1" "/mnt/$1" "${2:-}" || fatal "client $1 cannot mount"
	mkdir -p "/mnt/$1/$CASE" || fatal "client $1 cannot make a directory"
	printf -v "${1^^}" '%s' "/mnt/$1/$CASE"
}

# remount NAME: nothing cached
remount() {
	umount "/mnt/$1" && mount_on "$1" "/mnt/$1"
}

# as UID CMD…: with that uid and gid and no other groups
as() {
	local id=$1
	shift
	setpriv --reuid "$id" --regid "$id" --clear-groups "$@"
}

# build DIR PROGRAM: a test program, made where it can be
build() {
	make -s -C "$KEFS_TESTS/$1" O=/tmp "/tmp/$2" || fatal "cannot build $2"
}

# watchdog: the process of kefs-watchdog, which mount.efs starts. The oldest: what it has forked has its name until exec
watchdog() { pgrep -o -x kefs-watchdog; }
no_watchdog() { ! watchdog; }
watchdog_stop() { ! watchdog > /dev/null || kill "$(watchdog)"; }

# module_status KEY, counter NAME: what kefsctl says
module_status() { kefsctl --json status | jq ".Module.$1"; }
counter() { kefsctl --json stats | jq ".Module.Counters.$1 // 0"; }
