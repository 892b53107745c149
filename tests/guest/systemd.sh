# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2317 # called by name
# For cases about the units: a systemd in a process namespace of its own; network, /run and the pool are the guest's.
# Sourced behind cases.sh.
#
#	systemd_start		# from then on kefsd is for its unit to start; at the case's end all is as before
#	unit start x.service	# systemctl there
#	in_systemd CMD…		# among its processes
#	another_than x.service PID

systemd_start() {
	kefsd_stop || fatal "kefsd does not stop"
	unshare --pid --fork --mount --cgroup --kill-child --mount-proc \
		env container=kefs /usr/lib/systemd/systemd --system --unit=basic.target --log-target=console --show-status=0 \
		> "$KEFS_OUT/systemd.log" 2>&1 &
	systemd_outer=$!
	wait_for 20 systemd_there || fatal "no systemd: $(tail -n 3 "$KEFS_OUT/systemd.log")"
	systemd_pid=$(pgrep -P "$systemd_outer")
	at_exit systemd_stop
	check "systemd is up" wait_for 60 unit is-active -q basic.target
}
systemd_there() { pgrep -P "$systemd_outer"; }

systemd_stop() {
	umount_all
	kill -KILL "$systemd_pid"
	wait "$systemd_outer"
	kefsd_start
}

in_systemd() { nsenter -t "$systemd_pid" --pid --mount --cgroup -- "$@"; }
unit() { in_systemd systemctl "$@"; }

# As systemd counts processes
main_pid() { unit show -P MainPID "$1"; }
another_than() { [ "$(main_pid "$1")" != "$2" ] && [ "$(main_pid "$1")" != 0 ] && unit is-active -q "$1"; }
