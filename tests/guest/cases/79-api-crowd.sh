#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# 200 API clients at once, and such as are slow, send too much, send nonsense or do not sign: who behaves is served.
# kernels: uml
# options: --mem 2G
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
kefs_only
eval "$(kefsctl admin-key --export)"
"$KEFS_TESTS/api/crowd.py" "$(pgrep -x kefsd)" > /tmp/crowd 2>&1
rc=$?
grep '^#' /tmp/crowd
crowd() { cat /tmp/crowd; return "$rc"; }
check "all are served, or get the service's error" crowd
check "kefsd is there" kefsctl status
finish
