# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Subnets of one's own, on the dummy interface mt0, so that mount targets have addresses that clients reach by a route.
#
#	topology SUBNETS [LINE…]	# kefsd is started on them, and on other lines for its configuration
#	file_system NAME ADDRESS	# a new one with a mount target in the first subnet: its id

topology() {
	{ ip link add mt0 type dummy && ip link set mt0 up; } || fatal "no dummy interface"
	echo "subnets = $1" > /tmp/kefsd.conf
	shift
	[ $# = 0 ] || printf '%s\n' "$@" >> /tmp/kefsd.conf
	kefsd_stop || fatal "kefsd does not stop"
	kefsd_start --config /tmp/kefsd.conf || fatal "kefsd does not start"
	eval "$(kefsctl admin-key --export)"
	export AWS_PAGER='' AWS_DEFAULT_OUTPUT=text
}

file_system() {
	local id
	id=$(kefsctl fs create --name "$1" --quiet) && kefsctl mount-target create "$id" --ip "$2" > /dev/null && echo "$id"
}
