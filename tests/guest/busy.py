#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""busy.py DIR STOP: writes, reads back and removes files until the file STOP is there. Prints a line after each round:
how many there were and the longest one in milliseconds; any error ends it with a traceback."""
import os
import sys
import time

folder, stop = sys.argv[1:]
rounds, longest = 0, 0.0
while not os.path.exists(stop):
    start = time.monotonic()
    name = os.path.join(folder, f'busy.{os.getpid()}.{rounds % 7}')
    data = os.urandom(64 * 1024)
    with open(name, 'wb') as f:
        f.write(data)
        f.flush()
        os.fsync(f.fileno())
    fd = os.open(name, os.O_RDONLY)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    got = b''
    while chunk := os.read(fd, 1 << 20):
        got += chunk
    os.close(fd)
    assert got == data, 'read something else than was written'
    os.unlink(name)
    rounds += 1
    longest = max(longest, time.monotonic() - start)
    print(rounds, int(longest * 1000), flush=True)
