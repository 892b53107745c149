#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# 200 API clients at once, and such as are slow, send too much, send nonsense or do not sign: who behaves is served.
# options: --mem 2G
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
kefs_only
eval "$(kefsctl admin-key --export)"
check "all are served, or get the service's error" "$KEFS_TESTS/api/crowd.py" "$(pgrep -x kefsd)"
check "kefsd is there" kefsctl status
finish
