# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2317 # called by name
# For cases that restart the server: sourced behind cases.sh.
#
#	short_lease		# kefsd anew with the shortest lease there is, so that grace is short, too
#	holder NAME FILE START LENGTH	# a process that has FILE open and these bytes locked
#	tell NAME COMMAND	# write TEXT: into the locked bytes, to the server's disk; quit
#	reload			# the module goes and comes, kefsd makes it serve again

LEASE=10

short_lease() {
	echo "lease_seconds = $LEASE" > /tmp/kefsd.conf
	kefsd_stop || fatal "kefsd does not stop"
	kefsd_start --config /tmp/kefsd.conf || fatal "kefsd does not start"
}

cat > /tmp/holder.py <<'P'
import fcntl, os, sys
name, start, length = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
f = os.open(name, os.O_RDWR | os.O_CREAT)
fcntl.lockf(f, fcntl.LOCK_EX, length, start)
print("held", flush=True)
for line in sys.stdin:
    words = line.split()
    try:
        if words[0] == "write":
            os.pwrite(f, words[1].encode(), start)
            os.fsync(f)
        elif words[0] == "quit":
            break
        print("ok", flush=True)
    except OSError as e:
        print(e.strerror, flush=True)
os.close(f)
print("ok", flush=True)
P

declare -A _holder_in _holder_out

holder() {
	local in out
	mkfifo "/tmp/$1.in" "/tmp/$1.out"
	python3 /tmp/holder.py "${@:2}" < "/tmp/$1.in" > "/tmp/$1.out" &
	exec {in}> "/tmp/$1.in" {out}< "/tmp/$1.out"
	_holder_in[$1]=$in
	_holder_out[$1]=$out
	read -r -t 60 -u "$out" _ || fatal "no lock for $1"
}

# tell NAME COMMAND: what came of it, at most a minute later
tell() {
	local said
	echo "${*:2}" >&"${_holder_in[$1]}"
	read -r -t 60 -u "${_holder_out[$1]}" said || said="no answer"
	echo "$said"
}

# Tries a lock without waiting: 0 got it, 1 it is taken. In grace the client asks until it gets an answer.
cat > /tmp/try.py <<'P'
import fcntl, sys
f = open(sys.argv[1], "r+b")
try:
    fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB, int(sys.argv[3]), int(sys.argv[2]))
except BlockingIOError:
    sys.exit(1)
P
try() { timeout 60 python3 /tmp/try.py "$@"; }
taken() {
	local rc=0
	try "$@" || rc=$?
	[ $rc = 1 ]
}

grace() { kefsctl --json status | jq -r ".Grace[0].$1 // 0"; }
no_grace() { [ "$(kefsctl --json status | jq '.Grace | length')" = 0 ]; }

unload() { wait_for 20 rmmod kefs; }
serves_again() { [ "$(module_status Volumes)" = 1 ] && [ "$(module_status Instance)" != "$1" ]; }
load() {
	modprobe kefs || return
	wait_for 30 serves_again "$1"
}
reload() {
	local instance
	instance=$(module_status Instance)
	unload && load "$instance"
}
