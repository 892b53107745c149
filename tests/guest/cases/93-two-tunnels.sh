#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Two mounts that nothing tells apart, each through a tunnel of its own: each is a client by itself, goes on when the other
# and its tunnel go, and gets back after a restart of the server what was its own.
# options: --mem 2G
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/tls.sh
. "${KEFS_TESTS:?}/guest/tls.sh"
# shellcheck source=tests/guest/recovery.sh
. "$KEFS_TESTS/guest/recovery.sh"
# shellcheck source=tests/guest/rawclients.sh
. "$KEFS_TESTS/guest/rawclients.sh"

# A slow kernel needs longer for what is to happen in grace
case ${KEFS_KERNEL:-uml} in *-debug | debian) LEASE=90 ;; esac
serve
tls_set_up "lease_seconds = $LEASE"
fs=$(kefsctl fs list --quiet)
efs create-mount-target --file-system-id "$fs" --subnet-id "$subnet" --ip-address 10.66.0.10 > /dev/null
cert c --fs "$fs"
clients() { kefsctl --json clients | jq '[.Clients[] | select(.Confirmed)] | length'; }

# The rules, by clients of our own
build rawclient rules
check "a tunnel" tunnel c 10.66.0.10
check "EXCHANGE_ID" in_ns a /tmp/rules 127.0.0.1:$port @tunnels
# shellcheck disable=SC2034 # rawclients.sh
raw_run=(in_ns a) raw_at=127.0.0.1:$port raw_as=(one-host 77)
begin a b
equal "two clients" "$(clients)" 2
equal "each locks" "$(a open f, lock 0 10) $(b open f, lock 0 10, lock 100 10)" "OK OK OK DENIED OK"
anew
equal "both are awaited" "$(grace ClientsAwaited)" 2
begin c
equal "a third one, begun meanwhile, settles nothing" "$(grace ClientsAwaited)" 2
equal "nor has it anything to reclaim" "$(c look f, reopen)" "OK NO_GRACE"
equal "b comes back" "$(b resume, ping, session, renew)" "OK BADSESSION STALE_CLIENTID OK"
equal "is told to reclaim, and does" "$(b flags 0x100, reopen, relock 100 10)" "OK OK OK"
anew
equal "a restart meanwhile" "$(b resume, session, renew, reopen, relock 100 10, complete)" "OK STALE_CLIENTID OK OK OK OK"
equal "a comes back" "$(a resume, session, renew, reopen, relock 100 10, relock 0 10, complete)" "OK STALE_CLIENTID OK OK RECLAIM_CONFLICT OK OK"
equal "so does the third" "$(c resume, session, renew, complete)" "OK STALE_CLIENTID OK OK"
check "grace is over" wait_for 5 no_grace
equal "all is as it was" "$(c open f, lock 5 1, lock 105 1)" "OK DENIED DENIED"

# What one lost it does not get back as the other
a cut > /dev/null
quiet() { ask b ping > /dev/null; ask c ping > /dev/null; kefsctl --json clients | jq -e --argjson quiet $((LEASE * 1000 + 6000)) '.Clients[] | select(.RenewedMilliseconds > $quiet)'; }
check "a is cut off until its lease is over" wait_for $((2 * LEASE + 60)) quiet
equal "c gets its lock" "$(c lock 0 10)" OK
anew
equal "a may not reclaim" "$(a resume, session, renew, reopen)" "OK STALE_CLIENTID OK RECLAIM_BAD"
equal "the others may" "$(b resume, session, renew, reopen, relock 100 10, complete) $(c resume, session, renew, reopen, relock 0 10, complete)" "OK STALE_CLIENTID OK OK OK OK OK STALE_CLIENTID OK OK OK OK"
equal "a is denied" "$(a complete, open f, lock 0 10)" "OK OK DENIED"
anew
check "they stay away" end_grace
equal "no client is left" "$(clients)" 0
kill_tunnel $port

# The stock client
mount_line() { tunnel c 10.66.0.10 && mount_port "$port" / "$1" hard,timeo=600; }
check "a mount" mount_line /mnt/one
first=$port
check "a second one" mount_line /mnt/two
second=$port
equal "two clients" "$(clients)" 2
equal "through tunnels" "$(conns .Tunnel)" true
umount /mnt/one
kill_tunnel "$first"
start=${EPOCHREALTIME/./}
check "the first and its tunnel are gone: the second goes on" timeout 30 sh -c 'echo text > /mnt/two/file && sync -f /mnt/two && ls /mnt/two'
took=$(((${EPOCHREALTIME/./} - start) / 1000))
check "at once ($took ms)" test "$took" -lt 5000
equal "one client" "$(clients)" 1

check "the first comes again" mount_line /mnt/one
first=$port
holder one /mnt/one/f 0 10
holder two /mnt/two/f 100 10
check "each holds its lock against the other" taken /mnt/two/f 0 10
check "both ways" taken /mnt/one/f 100 10
kill_tunnel "$second"
in_ns a stunnel "/tmp/tls/stunnel.$second.conf"
equal "a tunnel that ends and comes again: the mount goes on" "$(tell two write again)" ok
equal "and is the client that it was" "$(clients)" 2

busy() { while [ ! -e /tmp/enough ]; do dd if=/dev/zero of="$1/data" bs=64k count=16 conv=fsync status=none || echo "$1" >> /tmp/failed; done; }
busy /mnt/one &
one=$!
busy /mnt/two &
two=$!
for _ in 1 2 3; do
	anew
	wait_for 60 no_grace || tail -n 5 "$KEFSD_LOG"
done
: > /tmp/enough
wait $one $two
check "the module was loaded anew three times: no write failed" test ! -e /tmp/failed
check "both locks were reclaimed" taken /mnt/two/f 0 10
check "both" taken /mnt/one/f 100 10
equal "their holders write on" "$(tell one write on) $(tell two write on)" "ok ok"
equal "as two clients" "$(clients)" 2
equal "the holders end" "$(tell one quit) $(tell two quit)" "ok ok"
umount /mnt/one /mnt/two
equal "both leave" "$(clients)" 0
finish
