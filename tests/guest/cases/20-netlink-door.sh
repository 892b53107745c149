#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The module's netlink door refuses what is not exactly right, by name, and changes nothing then.
# shellcheck source=tests/guest/lib.sh
. "$KEFS_TESTS/guest/lib.sh"

# Volumes that kefsd does not know would be its to remove
kefsd_stop
at_exit kefsd_start
directory=/var/lib/kefs/door
mkdir -p "$directory"
at_exit rmdir "$directory"
make -s -C "$KEFS_TESTS/netlink" O=/tmp || fatal "cannot build the test"
/tmp/door "$directory"
