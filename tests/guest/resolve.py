#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""resolve.py RESOLVER NAME: asks for the name's A records, nothing in between. The addresses, or the answer's status."""
import socket
import struct
import sys

STATUS = {0: 'NODATA', 1: 'FORMERR', 2: 'SERVFAIL', 3: 'NXDOMAIN', 5: 'REFUSED'}


def skip_name(data, at):
    while data[at]:
        if data[at] >= 0xc0:
            return at + 2
        at += 1 + data[at]
    return at + 1


def main():
    server, name = sys.argv[1:]
    question = b''.join(bytes([len(label)]) + label.encode() for label in name.split('.')) + b'\0'
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(2)
    sock.connect((server, 53))
    sock.send(struct.pack('>6H', 4711, 0x0100, 1, 0, 0, 0) + question + struct.pack('>2H', 1, 1))
    data = sock.recv(4096)
    _, flags, _, answers, _, _ = struct.unpack('>6H', data[:12])
    at, found = skip_name(data, 12) + 4, []
    for _ in range(answers):
        at = skip_name(data, at)
        kind, _, _, length = struct.unpack('>2HIH', data[at:at + 10])
        at += 10
        if kind == 1:
            found.append(socket.inet_ntoa(data[at:at + length]))
        at += length
    print(' '.join(sorted(found)) or STATUS.get(flags & 15, flags & 15))


try:
    main()
except OSError as error:
    print(error)
    sys.exit(1)
