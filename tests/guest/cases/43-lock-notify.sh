#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Locks that are waited for: who waits is told when they get free, soon, and in turn.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
kefs_only
serve
for c in a b c d; do join $c; done
slow=1
case ${KEFS_KERNEL:-uml} in *-debug | debian) slow=10 ;; esac

# Waits for a lock on FILE, says when it has it (in ms), holds it for MS or, if that is -, until SIGUSR1, and says when
# it lets go.
cat > /tmp/wait.py <<'P'
import fcntl, signal, sys, time
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
now = lambda: int(time.clock_gettime(time.CLOCK_MONOTONIC) * 1000)
f = open(sys.argv[1], "r+b")
print("ready", flush=True)
fcntl.lockf(f, fcntl.LOCK_EX)
print("has", now(), flush=True)
if sys.argv[2] == "-":
    signal.sigwait([signal.SIGUSR1])
else:
    time.sleep(int(sys.argv[2]) / 1000)
print("lets", now(), flush=True)
fcntl.lockf(f, fcntl.LOCK_UN)
P
declare -A pid
# begin NAME FILE MS: one that waits, in the background
begin() {
	: > "/tmp/$1.out"
	python3 /tmp/wait.py "$2" "$3" > "/tmp/$1.out" &
	pid[$1]=$!
	check "$1 starts" wait_for 20 grep -q ready "/tmp/$1.out"
}
# let_go NAME: wait for its end, which it comes to when it has had the lock
let_go() {
	kill -USR1 "${pid[$1]}" 2> /dev/null
	wait "${pid[$1]}"
}
says() { wait_for "$2" grep -q "^$3" "/tmp/$1.out"; }
at() { sed -n "s/^$2 //p" "/tmp/$1.out"; }
: > "$A/f"

# Hand-over
for i in 1 2 3 4 5; do
	begin a "$A/f" -
	says a 20 has || fatal "a does not get the lock"
	begin b "$B/f" 0
	wait_for 1 says b 0 never
	sent=$(counter CbSent)
	let_go a
	check "b has the lock after a" says b 40 has
	let_go b
	took=$(($(at b has) - $(at a lets)))
	echo "# handed over in $took ms"
	check "within 100 ms (time $i)" test $took -lt $((100 * slow))
	check "because it was told" test "$(counter CbSent)" -gt "$sent"
done

# In turn: who waited first has it first
begin a "$A/f" -
says a 20 has
for w in b c d; do
	printf -v file '%s/f' "/mnt/$w/$CASE"
	begin $w "$file" 50
	wait_for 1 says $w 0 never
done
let_go a
for w in b c d; do
	check "$w has it" says $w 40 has
done
for w in b c d; do let_go $w; done
check "b before c" test "$(at b has)" -lt "$(at c has)"
check "c before d" test "$(at c has)" -lt "$(at d has)"
check "nobody waits for long" test $(($(at d has) - $(at a lets))) -lt $((500 * slow))

# Who asks without end does not keep others out
cat > /tmp/greedy.py <<'P'
import fcntl, sys
f = open(sys.argv[1], "r+b")
while True:
    fcntl.lockf(f, fcntl.LOCK_EX)
    fcntl.lockf(f, fcntl.LOCK_UN)
P
python3 /tmp/greedy.py "$A/f" &
greedy=$!
for i in 1 2 3; do
	begin b "$B/f" 10
	check "b has the lock beside a greedy a ($i)" says b $((3 * slow)) has
	let_go b
done
kill $greedy
wait $greedy 2> /dev/null

# Who has gone away does not delay the next by much
begin a "$A/f" -
says a 20 has
begin b "$B/f" 0
wait_for 1 says b 0 never
begin c "$C/f" 0
wait_for 1 says c 0 never
kill -9 "${pid[b]}"
wait "${pid[b]}" 2> /dev/null
let_go a
check "c has the lock though b, who was before it, is gone" says c 40 has
took=$(($(at c has) - $(at a lets)))
echo "# past one who is gone in $took ms"
check "within a second" test $took -lt $((1000 * slow))
let_go c

# A client that is cut off: the same, after the time that one has to answer
begin a "$A/f" -
says a 20 has
begin b "$B/f" 0
wait_for 1 says b 0 never
begin c "$C/f" 0
wait_for 1 says c 0 never
link_down b
let_go a
check "c has the lock though b, who was before it, is cut off" says c 40 has
took=$(($(at c has) - $(at a lets)))
echo "# past one who is cut off in $took ms"
check "within two seconds" test $took -lt $((2000 * slow))
let_go c
link_up b
check "b has it when it is back" says b 100 has
let_go b

# A process of the server's own host: nobody says when it lets go, but it is looked at
backing=$(find /var/lib/kefs -path "*$CASE/f" | head -n 1)
if [ -n "$backing" ]; then
	begin a "$backing" -
	says a 20 has
	begin b "$B/f" 0
	wait_for 1 says b 0 never
	let_go a
	check "b has the lock after a process of the server" says b 40 has
	took=$(($(at b has) - $(at a lets)))
	echo "# after a process of the server in $took ms"
	check "within two seconds of that" test $took -lt $((2000 * slow))
	let_go b
fi
finish
