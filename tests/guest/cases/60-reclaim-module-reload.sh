#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Who has files open and bytes locked keeps them when the module is loaded anew and kefsd started anew; nobody gets them
# in between.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
# shellcheck source=tests/guest/recovery.sh
. "$KEFS_TESTS/guest/recovery.sh"
kefs_only
serve
short_lease
join a
join b

dmesg_says() { dmesg | grep -q "$1"; }

head -c 1000 /dev/zero > "$A/f"
holder one "$A/f" 100 100
holder two "$A/g" 0 10
head -c 1000 /dev/zero > "$B/h"
holder three "$B/h" 0 0
check "b cannot lock what a holds" taken "$B/f" 150 10
equal "a writes there" "$(tell one write before)" ok

check "the module is loaded anew" reload
# On a slow machine both may be back, and grace over, before a command can look: the module says so once
check "there is grace" dmesg_says "grace: 2 clients may reclaim"
# At once, while grace lasts: whoever comes first must not win
check "b does not get what a held" taken "$B/f" 150 10
check "a does not get what b held" taken "$A/h" 0 1
equal "a has kept its lock" "$(tell one write after)" ok
equal "and the other one" "$(tell two write after)" ok
equal "b too" "$(tell three write after)" ok
equal "the write is there" "$(dd if="$B/f" bs=1 skip=100 count=5 status=none)" after
check "grace is over" wait_for 30 no_grace
check "both are back" dmesg_says "grace is over, 2 of 2 clients are back"
check "nothing was lost" test -z "$(dmesg | grep -i 'lost')"
check "what nobody held can be locked" try "$B/f" 500 10

# The same with kefsd gone meanwhile
kefsd_stop || fatal "kefsd does not stop"
check "the module goes" unload
check "the module comes" modprobe kefs
kefsd_start --config /tmp/kefsd.conf || fatal "kefsd does not start"
check "again b does not get what a holds" taken "$B/f" 150 10
equal "a has kept its lock" "$(tell one write again)" ok
equal "released by a" "$(tell one quit)" ok
check "b gets it" try "$B/f" 150 10
equal "the others are told to go" "$(tell two quit)$(tell three quit)" okok

# kefsd alone: nobody notices
holder four "$A/f" 0 10
check "kefsd is killed" kefsd_kill
kefsd_start --config /tmp/kefsd.conf || fatal "kefsd does not start"
check "and there is no grace" no_grace
check "the lock is held" taken "$B/f" 0 1
equal "by a" "$(tell four quit)" ok
finish
