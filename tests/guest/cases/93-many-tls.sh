#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# 1,000 connections with TLS at once, each with a client certificate and an NFS client of its own: all are served; what an
# idle one costs the kernel and kefsd is measured and bounded; when they are closed nothing of them is left.
# options: --mem 2G
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/tls.sh
. "${KEFS_TESTS:?}/guest/tls.sh"
# shellcheck source=tests/guest/memory.sh
. "$KEFS_TESTS/guest/memory.sh"
n=1000
[[ $KEFS_KERNEL != *-debug ]] || n=100
# Bytes a connection: of the kernel beside a bare socket; of kefsd; of the kernel when it is closed
limit=20480 kefsd_limit=512 rest_limit=512

tls_set_up ""
ulimit -n 10000
fs=$(new_fs 10.66.0.10)
cert many --fs "$fs"

# many ARG…: starts it; SAID is its first word
many() {
	coproc MANY { in_ns a python3 "$KEFS_TESTS/guest/tls_many.py" $n "$@" 2> /tmp/many.err; }
	pid=$MANY_PID from=${MANY[0]} to=${MANY[1]}
	hear open
}
hear() {
	local line=nothing
	read -r -t 120 -u "$from" line
	[ "$line" = "$1" ] || { echo "many: $line: $(cat /tmp/many.err)"; return 1; }
}
again() { echo >&"$to" && hear again; }
over() { eval "exec $to>&-" && hear closed && wait "$pid"; }
kefsd_memory() { awk '/^VmRSS/ { print $2 * 1024 }' "/proc/$(pgrep -xo kefsd)/status"; }
# Not by a list of them, which kefsd would need memory for
connections() { [ "$(module_status Connections)" = "$1" ]; }

# What one round leaves that the next one uses again is no growth
check "$n connections with TLS" many 10.66.0.10 $ca /tmp/tls/many
check "are closed" over
check "and gone" wait_for 20 connections 0

wait_for 20 settled
before=$(kernel_memory) kefsd_before=$(kefsd_memory)
check "$n connections again" many 10.66.0.10 $ca /tmp/tls/many
equal "all are there" "$(module_status Connections)" $n
equal "each with the kernel's TLS" "$(awk '/^TlsCurr[TR]xSw/ { print $2 }' /proc/net/tls_stat | xargs)" "$n $n"
wait_for 20 settled
both=$((($(kernel_memory) - before) / n)) kefsd=$((($(kefsd_memory) - kefsd_before) / n))
check "each is served" again
t=${EPOCHREALTIME/./}
check "one more comes meanwhile" mount_tls many 10.66.0.10 /mnt/more
check "and works" sh -c "echo text > /mnt/more/f && grep -q text /mnt/more/f"
echo "# it took $(((${EPOCHREALTIME/./} - t) / 1000)) ms"
umount_all
kill_tunnel $port
check "each is still served" again
check "they are closed" over
check "and gone" wait_for 20 connections 0
equal "none failed" "$(of_tls '.Failed | add')" 0
wait_for 20 settled
rest=$((($(kernel_memory) - before) / n)) kefsd_rest=$((($(kefsd_memory) - kefsd_before) / n))

many bare || fatal "no bare connections"
wait_for 20 settled
half=$((($(kernel_memory) - before) / n / 2))
over || fatal "bare connections do not end"
echo "# an idle connection with TLS: $((both - half)) bytes of the kernel, with its NFS client (a bare socket has $half), and $kefsd of kefsd"
echo "# when it is closed: $rest of the kernel, $kefsd_rest of kefsd"
# A debug kernel surrounds each object with red zones and keeps the freed ones
if [[ $KEFS_KERNEL != *-debug ]]; then
	check "at most $limit bytes of the kernel" test $((both - half)) -le $limit
	check "at most $kefsd_limit of kefsd" test $kefsd -le $kefsd_limit
	check "it leaves at most $rest_limit in the kernel" test $rest -le $rest_limit
	check "and $kefsd_limit in kefsd" test $kefsd_rest -le $kefsd_limit
fi
kefsd_stop
kefsd_start || fatal "kefsd does not start with its own configuration"
finish
