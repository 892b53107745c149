#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kefsd is killed at its fail points, in every call that changes something: what it comes back to agrees with the store,
# in the kernel, on the interfaces, in the packet filter, in names and directories. 40 deaths of some 220 that there are,
# another seed each day; by hand (scripts/guest run --env) KILLS=0 for all of them, SEED to have a run again.
# options: --mem 2G
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
kefs_only
seed=${SEED:-$((EPOCHSECONDS / 86400))}
echo "# SEED=$seed"

ip link add mt0 type dummy || fatal "no dummy interface"
ip link set mt0 up
kefsd_stop || fatal "kefsd does not stop"
mkdir -p /srv/killed/run
cat > /tmp/killed.conf <<- C
	state_dir = /srv/killed/state
	run_dir = /srv/killed/run
	listen = 127.0.0.1:2049
	api_listen = 127.0.0.1:2081
	dns = off
	subnets = us-east-1a mt0 10.66.0.0/24, us-east-1b mt0 10.66.1.0/24, us-east-1a mt0 10.67.0.0/28 lab
C
check "all agrees, whenever it is killed" "$KEFS_TESTS/api/killed.py" --kills "${KILLS:-40}" --seed "$seed" \
	"$(command -v kefsd)" /tmp/killed.conf
umount /srv/killed/state/pool
ip link del mt0
kefsd_start || fatal "kefsd does not start with its own configuration"
finish
