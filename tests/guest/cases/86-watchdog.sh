#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kefs-watchdog: stunnel and it itself are killed under load, and no program notices more than a pause; certificates are
# renewed; what is unmounted, or was never mounted, goes.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/efsmounts.sh
. "${KEFS_TESTS:?}/guest/efsmounts.sh"
kefs_only
case ${KEFS_KERNEL:-uml} in *-debug | debian) slow=10 ;; *) slow=1 ;; esac
efs_server a 'stunnel_health_check_command_timeout_sec = 2'
efs_mount a /mnt/a iam || fatal "no mount"
wait_for 5 watchdog || fatal "no watchdog"

stunnel_pid() { state_of /mnt/a pid; }
# another_than PID: another stunnel is there
another_than() { [ "$(stunnel_pid)" != "$1" ] && kill -0 "$(stunnel_pid)"; }
kill_stunnel() {
	local pid
	pid=$(stunnel_pid)
	kill -KILL "$pid" && wait_for 5 another_than "$pid"
}
# What the load has done: the number of its rounds and the longest, in milliseconds
load_said() { tail -n 1 /tmp/busy; }
longest() { load_said | cut -d' ' -f2; }
rounds() { wc -l < /tmp/busy; }
more_rounds() { [ "$(rounds)" -gt $(($1 + 1)) ]; }
# The client has its connection again: one that loses a second before it has waits for both
kill_in_use() {
	local before
	before=$(rounds)
	kill_stunnel && wait_for 10 more_rounds "$before"
}
set_to() { sed -i "s/^$1 = .*/$1 = $2/" "$CONF"; }
load_start() {
	rm -f /tmp/stop
	"$KEFS_TESTS/guest/busy.py" /mnt/a /tmp/stop > /tmp/busy 2>&1 &
	load=$!
}
load_stop() {
	touch /tmp/stop
	wait "$load"
}

port=$(state_of /mnt/a port)
load_start
for i in 1 2 3; do
	check "stunnel is killed and comes back ($i)" kill_in_use
done
check "the load saw no error" load_stop
echo "# rounds and longest pause in ms: $(load_said)"
check "nor a pause of 5 s" test "$(longest)" -lt $((5000 * slow))
equal "the local port is the same" "$(state_of /mnt/a port)" "$port"

load_start
old=$(stunnel_pid)
first=$(watchdog)
kill -KILL "$first"
check "kefs-watchdog is killed" wait_for 5 no_watchdog
equal "the tunnel stays" "$(stunnel_pid) $(kill -0 "$old" && echo lives)" "$old lives"
check "another one starts" kefs-watchdog --daemon
check "once" wait_for 5 watchdog
check "a second one leaves at once" kefs-watchdog
check "it has adopted the tunnel" kill_stunnel
kill -KILL "$(watchdog)"
check "it is killed, too" wait_for 5 no_watchdog
old=$(stunnel_pid)
kill -KILL "$old"
# What it sees at its first look is to be enough, whatever that is
set_to unmount_count_for_consistency 0
check "and stunnel, while nobody looks: the next one starts it" kefs-watchdog --daemon
check "on the same port" wait_for 5 another_than "$old"
set_to unmount_count_for_consistency 1
check "the load saw no error" load_stop
echo "# rounds and longest pause in ms: $(load_said)"
check "nor a pause of 5 s" test "$(longest)" -lt $((5000 * slow))

# It does nothing, but is there: who connects waits
old=$(stunnel_pid)
kill -STOP "$old"
in_ns a nc -d 127.0.0.1 "$port" > /dev/null 2>&1 &
check "a stunnel that takes no connections is killed" wait_for 10 another_than "$old"
check "the mount goes on" timeout 60 touch /mnt/a/again

cert=$(state /mnt/a)/certificate.pem
serial=$(openssl x509 -noout -serial -in "$cert")
old=$(stunnel_pid)
renewed() { [ -e "$cert" ] && [ "$(openssl x509 -noout -serial -in "$cert")" != "$serial" ]; }
rm "$cert"
check "a certificate that is missed is made anew" wait_for 10 renewed
check "with the credentials of the mount" sh -c "openssl x509 -noout -text -in $cert | grep -q '1.3.6.1.4.1.4843.7.2'"
equal "stunnel goes on" "$(stunnel_pid)" "$old"
check "and the mount" touch /mnt/a/renewed
check "stunnel comes back with it" kill_stunnel
check "which is good" timeout 60 touch /mnt/a/restarted

# Its configuration is read again, all of it
reload() {
	set_to "$1" "$2"
	kill -HUP "$(watchdog)"
}
seen_at_all() { grep -q "stunnel is process $(stunnel_pid)" /tmp/dog.log; }
seen() { tail -n "+$((before + 1))" /tmp/dog.log | grep -q "stunnel is process $(stunnel_pid)"; }
marked() { before=$(wc -l < /tmp/dog.log); }
kill "$(watchdog)"
check "it ends" wait_for 5 no_watchdog
kefs-watchdog 2> /tmp/dog.log &
check "one that says what it does" wait_for 5 seen_at_all
reload logging_level INFO
marked
check "stunnel comes back" kill_stunnel
check "one that says less finds it, too" wait_for 5 grep -q "started stunnel as process $(stunnel_pid)" /tmp/dog.log
check_not "and does not tell" seen
reload logging_level DEBUG
marked
check "stunnel comes back" kill_stunnel
check "one that says more again" wait_for 5 seen
old=$(stunnel_pid)
echo 'enabled = false' >> "$CONF"
reload enabled false
check "one that is not to run ends" wait_for 5 no_watchdog
check "the tunnel stays" kill -0 "$old"
check "so does one that starts" kefs-watchdog
sed -i '/^enabled/d' "$CONF"
check "it runs again" kefs-watchdog --daemon

# The pid of a state file is somebody else's by now
stale=$RUN/fs-0123456789abcdef0.gone.20999
mkdir "$stale"
jq ".pid = $$ | .port = 20999 | .mountpoint = \"/gone\" | .pid_start = 1" "$(state /mnt/a)/state.json" > "$stale/state.json"
gone() { ! ls -d "$1"; }
check "a state without a mount goes" wait_for 10 gone "$stale"
check "who has its pid lives" kill -0 $$
mkdir "$stale"
echo nonsense > "$stale/state.json"

# looks: time for some looks has gone by
sleep_looks() { [ "$(grep -c . /tmp/looks)" -ge 40 ] || { echo . >> /tmp/looks; return 1; }; }
looks() {
	: > /tmp/looks
	wait_for 20 sleep_looks
}
# Another mount namespace has the mount when this one has it no more
unshare -m --propagation private sleep 1000 &
holder=$!
holds() { [ "$(readlink "/proc/$holder/ns/mnt")" != "$(readlink /proc/self/ns/mnt)" ] && grep -q ' /mnt/a ' "/proc/$holder/mountinfo"; }
check "another mount namespace has the mount, too" wait_for 10 holds
dir=$(state /mnt/a)
check "umount" umount /mnt/a
check "some looks later" looks
check "the tunnel is there for the other one" test -d "$dir"
old=$(jq .pid "$dir/state.json")
kill -KILL "$old"
check "and comes back" wait_for 10 sh -c "[ \$(jq .pid $dir/state.json) != $old ]"
check "the mount works there" timeout 60 touch "/proc/$holder/root/mnt/a/there"
kill "$holder"
check "it goes with that namespace" wait_for 20 gone "$dir"
check "a new mount" efs_mount a /mnt/a iam

exec 7<> /mnt/a/again
dir=$(state /mnt/a)
check "a lazy umount" umount -l /mnt/a
check "some looks later" looks
check "the tunnel stays while a file is open" test -d "$dir"
check "which can be read" timeout 20 head -c 1 <&7
old=$(jq .pid "$dir/state.json")
kill -KILL "$old"
check "stunnel is killed and comes back" wait_for 10 sh -c "[ \$(jq .pid $dir/state.json) != $old ]"
check "so it can be written" timeout 60 python3 -c 'import os; os.pwrite(7, b"more", 0); os.fsync(7)'
exec 7<&-
check "and goes when it is closed" wait_for 20 gone "$dir"
rm -r "$stale"
check "nothing is left" wait_for 20 nothing_left
check "but the watchdog" watchdog
finish
