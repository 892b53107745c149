#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# pynfs-guest.sh kefs|nfsd TEST…: pynfs, found in /out/pynfs, against a server of this guest; leaves /out/pynfs.json.
# Its own exit status says only whether pynfs ran.
set -u
server=$1 dir=/tmp/pynfs
shift
# shellcheck source=tests/bench/servers.sh
. "${KEFS_REPO:?}/tests/bench/servers.sh"

die() { echo "pynfs: $*" >&2; exit 1; }

case $server in
kefs) kefsctl fs create > /dev/null || die "no file system" ;;
nfsd)
	mkdir -p /srv/disk
	mkfs.ext4 -q -F "${KEFS_DISK:?}" || die "no disk"
	mount "$KEFS_DISK" /srv/disk || die "no disk"
	make_client || die "no client"
	start_server nfsd /srv/disk/export || die "nfsd does not start"
	;;
esac
within 10 timeout 2 bash -c "exec 3<> /dev/tcp/127.0.0.1/${SERVER_PORT[$server]}" || die "nobody answers"

cp -r "${KEFS_OUT:-/out}/pynfs" $dir || die "no pynfs"
cd $dir || exit
export PYTHONWARNINGS=ignore PYTHONPATH=$dir
python3 -W ignore -c 'import xdrlib3' 2> /dev/null || python3 -W ignore -c 'import xdrlib' ||
	die "Python has no xdrlib: add python3-standard-xdrlib to scripts/guest.d/tree-packages"
[ -e nfs4.1/xdrdef/nfs4_pack.py ] || python3 setup.py build > /tmp/pynfs.build 2>&1 ||
	{ tail -n 20 /tmp/pynfs.build; die "cannot build it"; }
cd nfs4.1 || die "no nfs4.1"
python3 testserver.py "127.0.0.1:${SERVER_PORT[$server]}/" --maketree --minorversion=1 --hidepass \
	--json="${KEFS_OUT:-/out}/pynfs.json" "$@" > "${KEFS_OUT:-/out}/pynfs.log" 2>&1
[ -s "${KEFS_OUT:-/out}/pynfs.json" ] || { tail -n 30 "${KEFS_OUT:-/out}/pynfs.log"; exit 1; }
