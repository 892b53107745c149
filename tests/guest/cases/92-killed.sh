#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Under load, at random instants: stunnel, kefs-watchdog, kefsd and tlshd are killed. No program sees an error, none waits
# longer than a few seconds, and nothing is left behind. A few kills of each; by hand (scripts/guest run --env) KILLS=50,
# PHASES="stunnel kefsd" for some alone, SEED to have a run again.
# options: --mem 2G
# timeout: 900
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/tls.sh
. "${KEFS_TESTS:?}/guest/tls.sh"
case ${KEFS_KERNEL:-uml} in *-debug | debian) slow=10 ;; *) slow=1 ;; esac
RUN=/run/kefs/mounts
kills=${KILLS:-4}
seed=${SEED:-$((EPOCHSECONDS % 32768))}
RANDOM=$seed
echo "# SEED=$seed KILLS=$kills"

tls_set_up 'tls_names = *.efs.us-east-1.example.test'
fs=$(new_fs 10.66.0.10)
mkdir -p /etc/amazon/efs /mnt/efs /mnt/kernel
printf '%s\n' '[mount]' 'dns_name_suffix = example.test' 'region = us-east-1' "stunnel_cafile = $ca" '[mount-watchdog]' \
	'unmount_count_for_consistency = 1' > /etc/amazon/efs/efs-utils.conf
at_exit mounts_over
mounts_over() { umount_all; watchdog_stop; }

# What must be as before in the end
processes() { pgrep -x 'stunnel4?|tlshd|mount.efs|mount.nfs4?' | wc -l; }
sockets() { in_ns a ss -Htan state established | wc -l; }
mounts() { grep -c ' nfs4 ' /proc/mounts; }
connections() { kefsctl --json connections | jq '.Connections | length'; }
left() { echo "$(processes) processes, $(sockets) sockets, $(mounts) mounts, $(connections) connections"; }
nothing() { [ "$(left)" = "$before" ]; }
before=$(left)

# load_start DIR: two that write with fsync, read what is not in the cache, and compare; load_stop ends them
load_start() {
	rm -f /tmp/stop
	load=()
	for i in 1 2; do
		"$KEFS_TESTS/guest/busy.py" "$1" /tmp/stop > "/tmp/busy.$i" 2>&1 &
		load+=($!)
	done
}
load_stop() {
	local rc=0 pid
	touch /tmp/stop
	for pid in "${load[@]}"; do wait "$pid" || rc=1; done
	tail -qn 1 /tmp/busy.?
	return "$rc"
}
# longest: in milliseconds, of either
longest() { sort -n -k 2 /tmp/busy.? | tail -n 1 | cut -d' ' -f2; }

# another_instant: some moment, up to two seconds and a half from now. The only thing here that is not waited for
another_instant() { sleep "$((RANDOM % 3)).$((RANDOM % 5))"; }

tunnel_of() { jq -r .pid "$RUN"/fs-*/state.json; }
another_than() { [ "$(tunnel_of)" != "$1" ] && kill -0 "$(tunnel_of)"; }
kill_stunnel() {
	local pid
	pid=$(tunnel_of)
	kill -KILL "$pid" && wait_for 5 another_than "$pid"
}
# systemd starts it again where there is one
kill_watchdog() { kill -KILL "$(watchdog)" && wait_for 5 no_watchdog && kefs-watchdog --daemon && wait_for 5 watchdog; }
kill_kefsd() { kefsd_kill && another_instant && kefsd_start --config /tmp/kefsd.conf; }
kill_tlshd() {
	kill -KILL "$tlshd"
	wait "$tlshd" 2> /dev/null
	another_instant
	tlshd_start efs
}
kill_any() { local all=(stunnel watchdog kefsd); "kill_${all[RANDOM % 3]}"; }

# killed WHAT DIR LIMIT: as often as is wanted, under load on DIR; LIMIT is what a round of the load may take, in ms
killed() {
	local i rc=0
	[[ " ${PHASES:-$1} " == *" $1 "* ]] || return 0
	load_start "$2"
	for ((i = 0; i < kills && rc == 0; i++)); do
		another_instant
		"kill_$1" || rc=1
	done
	another_instant
	check "$1 is killed and comes back, $kills times ($2)" test $rc = 0
	check "the load saw no error" load_stop
	echo "# $1, $2: longest round $(longest) ms, limit $3; rounds: $(tail -qn 1 /tmp/busy.? | cut -d' ' -f1 | tr '\n' ' ')"
	check "nor had to wait long" test "$(longest)" -lt $(($3 * slow))
}

tlshd_start efs
at_exit tlshd_stop
check "a tunnel's mount" mount -t efs -o tls,stunnel,iam,netns=/run/netns/a "$fs:/" /mnt/efs
_mounts="/mnt/efs $_mounts"
check "a mount by the kernel's TLS" mount -t efs -o tls,xprtsec=mtls,iam,netns=/run/netns/a "$fs:/" /mnt/kernel
_mounts="/mnt/kernel $_mounts"
for dir in /mnt/efs /mnt/kernel; do mountpoint -q $dir || fatal "no mount"; done
wait_for 5 watchdog || fatal "no watchdog"

# What a round takes with nothing killed, on this machine as it is now, where another guest may have begun to work meanwhile:
# a helper's death is to add nothing one could notice
calm() {
	load_start /mnt/kernel
	for i in 1 2 3; do another_instant; done
	check "the load by itself sees no error" load_stop
	no_stall=$((1500 + 2 * $(longest)))
}

killed stunnel /mnt/efs 5000
seven_times() { for i in 1 2 3 4 5 6 7; do kill_stunnel || return; done; }
check "stunnel is killed seven times, as soon as it is back" seven_times
check "the mount works" timeout 60 touch /mnt/efs/after-seven
killed watchdog /mnt/efs 5000
killed kefsd /mnt/efs 5000
killed any /mnt/efs 5000
calm
killed kefsd /mnt/kernel "$no_stall"
calm
killed tlshd /mnt/kernel "$no_stall"
calm
killed watchdog /mnt/kernel "$no_stall"

umount /mnt/efs /mnt/kernel
no_folder() { [ -z "$(find "$RUN" -mindepth 1 -type d)" ]; }
check "no folder is left" wait_for 30 no_folder
tlshd_stop
wait "$tlshd" 2> /dev/null
wait_for 30 nothing
equal "nothing is left" "$(left)" "$before"
kefsd_stop
kefsd_start || fatal "kefsd does not start with its own configuration"
finish
