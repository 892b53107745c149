#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The edge cases of RFC 8881 §8.4.3: after partitions and restarts nobody reclaims what another one could have had, and
# who lost nothing gets it back. Clients of our own, that do only what they are told.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
# shellcheck source=tests/guest/recovery.sh
. "$KEFS_TESTS/guest/recovery.sh"
# shellcheck source=tests/guest/rawclients.sh
. "$KEFS_TESTS/guest/rawclients.sh"
kefs_only
serve
# A slow kernel needs longer for what is to happen in grace
case ${KEFS_KERNEL:-uml} in *-debug | debian) LEASE=40 ;; esac
short_lease

# 1. What is known may reclaim, and nothing else goes on meanwhile
begin a b
equal "a opens and locks" "$(a open f, lock 0 10)" "OK OK"
equal "b opens and locks elsewhere" "$(b open f, lock 100 10)" "OK OK"
anew
equal "the connection is gone" "$(a ping)" CLOSED
equal "a may not open before it is done" "$(a start, open g)" "OK GRACE"
equal "and is told to reclaim" "$(a flags 0x100)" OK
equal "nor ask for locks" "$(a testlock 500 1)" GRACE
equal "nor read past the opens to come" "$(a read)" GRACE
equal "nor remove" "$(a remove f)" GRACE
equal "a reclaims" "$(a reopen, relock 0 10)" "OK OK"
begin c
equal "c, who is new, may not open" "$(c look f, open f)" "OK GRACE"
equal "a, done, may reclaim no more" "$(a complete, relock 20 10)" "OK NO_GRACE"
equal "and is not told to" "$(a flags 0)" OK
equal "nor be done twice" "$(a complete)" COMPLETE_ALREADY
equal "and waits for b" "$(a open g)" GRACE
equal "b may not reclaim what a has" "$(b start, reopen, relock 0 10)" "OK OK RECLAIM_CONFLICT"
equal "but what it had" "$(b relock 100 10, complete)" "OK OK"
equal "now c opens" "$(c open f)" OK
equal "the others' locks are there" "$(c lock 5 1, lock 105 1)" "DENIED DENIED"
equal "c gets another" "$(c lock 200 1)" OK

# 2. A lock that another one had after a partition is not reclaimed
begin a b
equal "a locks" "$(a open f2, lock 0 10) $(b open f2)" "OK OK OK"
a cut > /dev/null
check "a is cut off until its lease is over" wait_for 60 gone_quiet a
equal "b gets the lock" "$(b lock 0 10)" OK
anew
equal "a may not reclaim" "$(a start, reopen)" "OK RECLAIM_BAD"
equal "and is not told to" "$(a flags 0)" OK
equal "b may" "$(b start, reopen, relock 0 10, complete)" "OK OK OK OK"
check "those of part 1 do not come back" end_grace
equal "a is not told to, when it is too late" "$(a flags 0)" OK
equal "a cannot reclaim after grace either" "$(a reopen)" NO_GRACE
equal "it has to ask" "$(a complete, open f2, lock 0 10)" "OK OK DENIED"

# 3. Who did not reclaim in time cannot do it after the next restart
anew
equal "a comes back, b does not" "$(a start, complete)" "OK OK"
check "grace is over" end_grace
equal "a gets b's lock" "$(a open f2, lock 0 10)" "OK OK"
anew
equal "b may not reclaim" "$(b start, reopen)" "OK RECLAIM_BAD"
equal "a may" "$(a start, reopen, relock 0 10, complete)" "OK OK OK OK"
equal "b, done, is denied" "$(b complete, open f2, lock 0 10)" "OK OK DENIED"

# 4. A crash in the middle of grace loses nothing
begin c
equal "c locks" "$(c open f4, lock 0 10)" "OK OK"
anew
equal "a reclaims and is done" "$(a start, reopen, relock 0 10, complete)" "OK OK OK OK"
equal "c only begins" "$(c start, reopen)" "OK OK"
anew
equal "a reclaims again" "$(a start, reopen, relock 0 10, complete)" "OK OK OK OK"
equal "c, too" "$(c start, reopen, relock 0 10, complete)" "OK OK OK OK"
equal "b has nothing" "$(b start, complete)" "OK OK"
check "grace is over" no_grace

# 5. A partition during which nobody wanted anything costs nothing
check "all are cut off until their leases are over" wait_for 60 gone_quiet a b c
anew
equal "c reclaims" "$(c start, reopen, relock 0 10, complete)" "OK OK OK OK"
equal "the others give up" "$(a start, complete) $(b start, complete)" "OK OK OK OK"
check "grace is over" no_grace

# 6. Who left in order is not waited for
anew
equal "old ids are unknown" "$(a start)" OK
equal "all come back" "$(a complete) $(b start, complete) $(c start, complete)" "OK OK OK OK OK"
equal "all leave" "$(a stop) $(b stop) $(c stop)" "OK OK OK"
anew
check "there is no grace" no_grace

# 7. Ids of an earlier life
begin a
anew
equal "a session is unknown, a client id stale" "$(a resume, session, ping)" "OK STALE_CLIENTID BADSESSION"
equal "it starts again" "$(a start, complete)" "OK OK"

# 8. A retry that finds its original running gets the original's answer
pool=$(kefsctl --json status | jq -r .Pool.Path)
check "the pool is frozen" fsfreeze -f "$pool"
equal "a sends, and sends again" "$(a slow d$$, again d$$)" "OK OK"
retried() { [ "$(module_status Parked)" -gt 0 ]; }
check "the retry waits" wait_for 5 retried
check "the pool goes on" fsfreeze -u "$pool"
equal "both are answered" "$(a answers)" OK
finish
