# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the cases about delegations share; after cases.sh.

delegations() { module_status Delegations; }

# ops NAME: operations of that name that all volumes have seen
ops() { kefsctl --json stats | jq "[.FileSystems[].Operations[] | select(.Operation == \"$1\") | .Count] | add // 0"; }

# quick DESCRIPTION CMD…: CMD succeeds, and far sooner than a recall to a dead client would take
quick() {
	local what=$1
	shift
	check "$what" timeout 5 "$@"
}

# short_leases: of ten seconds, for clients that come after this
short_leases() {
	echo 'lease_seconds = 10' > /tmp/lease.conf
	kefsd_stop || fatal "kefsd does not stop"
	at_exit kefsd_start
	at_exit kefsd_stop
	at_exit umount_all
	kefsd_start --config /tmp/lease.conf || fatal "kefsd does not start"
}

# seconds CMD…: how many it takes
seconds() {
	local start=${EPOCHREALTIME/./}
	"$@" > /dev/null 2>&1 || echo "# failed: $*" >&2
	echo $(((${EPOCHREALTIME/./} - start) / 1000000))
}
