#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# 2,000 connections at once: each is served; what an idle one costs the kernel is measured: at most 16 KiB.
# options: --mem 2G
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
# shellcheck source=tests/guest/memory.sh
. "$KEFS_TESTS/guest/memory.sh"
serve
join a
n=2000 limit=16384
ulimit -n 10000

cat > /tmp/many.py <<'P'
"""many.py N PORT call|quiet: opens N connections from several addresses, on each a NULL call if asked to; holds them
until told to go on, calls again on each, and holds them until told to end."""
import socket, struct, sys

n, port, mode = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]


def call(s, xid):
    s.sendall(struct.pack(">IIIIIIIIIII", 0x80000028, xid, 0, 2, 100003, 4, 0, 0, 0, 0, 0))


def answer(s, xid):
    data = b""
    while len(data) < 28:
        more = s.recv(28 - len(data))
        if not more:
            sys.exit("closed by the server")
        data += more
    if struct.unpack(">I", data[4:8])[0] != xid or data[8:] != struct.pack(">IIIII", 1, 0, 0, 0, 0):
        sys.exit("a wrong answer")


def all_of_them():
    if mode == "call":
        for i, s in enumerate(socks):
            call(s, i)
        for i, s in enumerate(socks):
            answer(s, i)


socks = []
for i in range(n):
    s = socket.socket()
    s.settimeout(60)
    s.bind((f"127.0.1.{1 + i % 20}", 0))
    s.connect(("127.0.0.1", port))
    socks.append(s)
    if mode == "call":
        call(s, i)
        answer(s, i)
print("open", flush=True)
sys.stdin.readline()
all_of_them()
print("again", flush=True)
sys.stdin.readline()
P
cat > /tmp/listener.py <<'P'
"""Accepts and holds, to know what two sockets alone cost."""
import socket
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", 7777))
s.listen(1024)
held = []
print("ready", flush=True)
while True:
    held.append(s.accept())
P

# measure PORT call|quiet: sets TOOK, bytes for N connections, both ends
measure() {
	local before line
	wait_for 20 settled
	before=$(kernel_memory)
	coproc MANY { python3 /tmp/many.py $n "$1" "$2" 2> /tmp/many.err; }
	read -r -t 120 -u "${MANY[0]}" line || line=none
	[ "$line" = open ] || { echo "many.py: $(cat /tmp/many.err)"; return 1; }
	wait_for 20 settled
	TOOK=$(($(kernel_memory) - before))
}
end_measure() {
	local line pid=$MANY_PID
	echo >&"${MANY[1]}"
	read -r -t 120 -u "${MANY[0]}" line || line=none
	echo >&"${MANY[1]}"
	wait "$pid" 2> /dev/null
	[ "$line" = again ]
}

check "$n connections, each with an answer" measure "$PORT" call
both=$((TOOK / n))
[ "$SERVER" != kefs ] || check "the module counts them" test "$(module_status Connections)" -ge $n
t=${EPOCHREALTIME/./}
check "a mounted client works meanwhile" sh -c "echo text > $A/f && grep -q text $A/f"
check "within a second" test $((${EPOCHREALTIME/./} - t)) -lt 1000000
check "all $n are still served" end_measure
if [ "$SERVER" = kefs ]; then
	few() { [ "$(module_status Connections)" -le 3 ]; }
	check "they are gone when the client is" wait_for 20 few
fi

# The client's half is a socket like the two of a connection that nobody serves. These find freed objects of the
# first to take: measured second, they look too cheap, if anything, and Kefs too dear
coproc LISTEN { python3 /tmp/listener.py; }
listener=$LISTEN_PID
read -r -u "${LISTEN[0]}" _
measure 7777 quiet || fatal "cannot hold $n connections"
end_measure
kill "$listener"
half=$((TOOK / n / 2))
echo "# both ends of an idle connection take $both bytes of the kernel, a bare socket $half: the server's side $((both - half))"
# A debug kernel surrounds each object with red zones and keeps the freed ones: its figure says nothing
[[ ${KEFS_KERNEL:-} = *-debug ]] || check "at most $limit bytes for an idle connection" test $((both - half)) -le $limit
finish
