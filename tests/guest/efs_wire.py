#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""efs_wire.py ADDRESS [OPTION…]: one client's connection to a mount target as amazon-efs-utils' stunnel and efs-proxy
open them, and NFS's NULL over it. Exit status 0 if all was as they need it, else a line says what was not."""
import argparse
import os
import socket
import ssl
import struct
import sys
import uuid

NFS, AWSFILE = 100003, 400123
SUCCESS, PROG_UNAVAIL = 0, 1
PATIENCE = 5    # seconds; efs-proxy gives up after 14


def call(sock, program, version, procedure, arguments=b''):
    """The reply's accept_stat; raises if there is none, or it is another's."""
    xid = os.urandom(4)
    body = xid + struct.pack('>9I', 0, 2, program, version, procedure, 0, 0, 0, 0) + arguments
    sock.sendall(struct.pack('>I', 0x80000000 | len(body)) + body)
    reply = b''
    while len(reply) < 28:
        part = sock.recv(28 - len(reply))
        if not part:
            raise OSError(f'closed instead of an answer to program {program}')
        reply += part
    if reply[4:20] != xid + struct.pack('>3I', 1, 0, 0):
        raise OSError(f'not accepted: {reply.hex()}')
    return struct.unpack('>I', reply[24:])[0]


def context(args):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.minimum_version = tls.maximum_version = ssl.TLSVersion[args.tls]
    tls.check_hostname = args.check_name
    tls.load_verify_locations(args.ca)
    if args.cert:
        tls.load_cert_chain(args.cert + '/cert.pem', args.cert + '/key.pem')
    return tls


def connect(args, tls, session=None):
    sock = socket.create_connection((args.address, 2049), PATIENCE)
    return tls.wrap_socket(sock, server_hostname=args.sni, session=session) if tls else sock


def expect(what, got, wanted):
    if got != wanted:
        sys.exit(f'{what}: {got}, not {wanted}')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('address')
    parser.add_argument('--tls', choices=['TLSv1_2', 'TLSv1_3'])
    parser.add_argument('--ca')
    parser.add_argument('--cert', help='folder of a certificate')
    parser.add_argument('--sni')
    parser.add_argument('--check-name', action='store_true', help='the certificate must be for the SNI')
    parser.add_argument('--probe', action='store_true', help='connect, close, and resume that session')
    parser.add_argument('--bind', action='store_true', help='begin with bind_client_to_partition, as efs-proxy does')
    args = parser.parse_args()
    tls = context(args) if args.tls else None
    session = None
    if args.probe:
        with connect(args, tls) as sock:
            session = sock.session
    with connect(args, tls, session) as sock:
        if args.probe:
            expect('resumed', sock.session_reused, True)
        if args.bind:
            arguments = uuid.uuid4().bytes + struct.pack('>q', 1)
            expect('bind_client_to_partition', call(sock, AWSFILE, 1, 2, arguments), PROG_UNAVAIL)
        expect('NFS on the same connection', call(sock, NFS, 4, 0), SUCCESS)
    if args.bind:
        with connect(args, tls) as sock:
            expect('NFS on the next connection', call(sock, NFS, 4, 0), SUCCESS)


try:
    main()
except OSError as error:
    sys.exit(f'{type(error).__name__}: {error}')
