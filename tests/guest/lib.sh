# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the guest's test scripts: . "$KEFS_TESTS/guest/lib.sh"
#
#	guest's root namespace            namespace NAME (client N)
#	kefsd, kefs.ko                    the stock NFS client
#	10.55.N.1/24  kefs-N ── veth ── eth0  10.55.N.2/24
#
#	client_ns a                       make a client
#	mount_in a "$(server_addr a):/" /mnt/a
#	check "reads what was written" cmp /mnt/a/x /tmp/x
#	finish                            the script's last line
#
# Nothing here sleeps for a fixed time where a condition can be waited for.

_passed=0 _failed=0 _clients='' _mounts='' _cleanups=()
case ${KEFS_KERNEL:-} in
uml-debug) _patience=8 ;;
qemu-debug) _patience=30 ;;
debian) _patience=4 ;;
*) _patience=1 ;;
esac

# check DESCRIPTION CMD…: one test point; CMD's output is shown if it fails
check() {
	local what=$1 said rc=0
	shift
	# Not in $(…): CMD may be a function that sets something
	said=$(mktemp)
	"$@" > "$said" 2>&1 || rc=$?
	_count "$rc" "$what" "$said" "$*"
}

# check_not DESCRIPTION CMD…: CMD must fail
check_not() {
	local what=$1 said rc=1
	shift
	said=$(mktemp)
	"$@" > "$said" 2>&1 || rc=0
	_count "$rc" "$what" "$said" "! $*"
}

# equal DESCRIPTION GOT WANTED
equal() {
	local said
	said=$(mktemp)
	printf 'got:    %s\nwanted: %s\n' "$2" "$3" > "$said"
	if [ "$2" = "$3" ]; then _count 0 "$1" "$said" ''; else _count 1 "$1" "$said" ''; fi
}

_count() {
	if [ "$1" = 0 ]; then
		_passed=$((_passed + 1))
		echo "ok - $2"
	else
		_failed=$((_failed + 1))
		echo "not ok - $2"
		[ -z "$4" ] || echo "  \$ $4   (status $1)"
		head -n 40 "$3" | sed 's/^/  /'
	fi
	rm -f "$3"
}

# finish: print the count; status 0 if something passed and nothing failed
finish() {
	[ "$_failed" = 0 ] || tail -n 40 "${KEFSD_LOG:-/dev/null}" | sed 's/^/# kefsd: /'
	echo "$_passed passed, $_failed failed"
	[ "$_failed" = 0 ] && [ "$_passed" -gt 0 ]
	exit
}

# fatal TEXT: what follows makes no sense
fatal() {
	echo "not ok - $*"
	exit 1
}

# wait_for SECONDS CMD…: until CMD succeeds; its output is not shown. The seconds are those of a fast kernel: a debug
# kernel and emulation get more; and once again as much for what else the machine has to do
wait_for() {
	local end=$((${EPOCHREALTIME/./} + $1 * (_patience + 1) * 1000000))
	shift
	until "$@" > /dev/null 2>&1; do
		[ "${EPOCHREALTIME/./}" -lt "$end" ] || return 1
		sleep 0.05
	done
}

# client_ns NAME: a network namespace joined to the root one
client_ns() {
	local n
	n=$(wc -w <<< "$_clients")
	n=$((n + 1))
	_clients+=" $1"
	ip netns add "$1" || fatal "no network namespace $1"
	ip link add "kefs-$n" type veth peer name eth0 netns "$1" || fatal "no veth for $1"
	ip addr add "10.55.$n.1/24" dev "kefs-$n"
	ip link set "kefs-$n" up
	ip -n "$1" addr add "10.55.$n.2/24" dev eth0
	ip -n "$1" link set lo up
	ip -n "$1" link set eth0 up
}

# client_number NAME: N of its addresses
client_number() {
	local c n=0
	for c in $_clients; do
		n=$((n + 1))
		[ "$c" != "$1" ] || { echo $n; return; }
	done
	fatal "no client $1"
}

# server_addr NAME, client_addr NAME: the two ends of its link
server_addr() { echo "10.55.$(client_number "$1").1"; }
client_addr() { echo "10.55.$(client_number "$1").2"; }

# in_ns NAME CMD…: CMD in the client's network, but with our mounts (ip netns
# exec would give it a mount namespace of its own)
in_ns() {
	local name=$1
	shift
	nsenter --net="/run/netns/$name" -- "$@"
}

# mount_in NAME SERVER:/PATH DIR [OPTIONS]: mount as that client; DIR is made
mount_in() {
	mkdir -p "$3"
	in_ns "$1" mount -t nfs -o "${4:-vers=4.1}" "$2" "$3" || return
	_mounts="$3 $_mounts"
}

# umount_all: what mount_in mounted, newest first; forced if it must
umount_all() {
	local d rc=0
	for d in $_mounts; do
		mountpoint -q "$d" || continue
		timeout 20 umount "$d" || { umount -f -l "$d"; rc=1; }
	done
	_mounts=''
	return $rc
}

# link_down NAME, link_up NAME: cut a client off, and join it again
link_down() { ip link set "kefs-$(client_number "$1")" down; }
link_up() { ip link set "kefs-$(client_number "$1")" up; }

# kefsd_start [ARG…], kefsd_stop, kefsd_kill: start waits until it answers,
# stop until it has ended in order, kill is kill -9
kefsd_start() { "$KEFS_REPO/scripts/guest.d/daemon" start "$@"; }
kefsd_stop() { "$KEFS_REPO/scripts/guest.d/daemon" stop; }
kefsd_kill() { "$KEFS_REPO/scripts/guest.d/daemon" kill; }

# dmesg_since MARK, dmesg_mark MARK: what the kernel said in between
dmesg_mark() { echo "test: $1" > /dev/kmsg; }
dmesg_since() { dmesg | sed "1,/test: $1/d"; }

# at_exit CMD…: run CMD when the script ends, however it does; last first
at_exit() { _cleanups=("$(printf '%q ' "$@")" "${_cleanups[@]}"); }

_clean_up() {
	local c
	for c in "${_cleanups[@]}"; do eval "$c"; done
	umount_all
	for c in $_clients; do ip netns del "$c"; done
}

trap _clean_up EXIT
trap 'exit 130' INT TERM
