#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""tls_many.py N ADDRESS CA CERT: opens N connections with TLS and that client certificate, each introduces a client
(EXCHANGE_ID), says "open" and holds them; for each line that it reads all of them are used again (NULL), and it says
"again". At the end of its input each takes its client back (DESTROY_CLIENTID) and closes, and it says "closed".

tls_many.py N bare: the same with N connections of this process with itself, without TLS and without a word."""
import os
import socket
import ssl
import struct
import sys

NULL, COMPOUND = 0, 1
EXCHANGE_ID, DESTROY_CLIENTID = 42, 57
LINGER_RESET = struct.pack('ii', 1, 0)  # no TIME_WAIT: it would be measured


def receive(sock, size):
    data = b''
    while len(data) < size:
        part = sock.recv(size - len(data))
        if not part:
            raise OSError('closed by the server')
        data += part
    return data


def call(sock, procedure, arguments=b''):
    """The results of a call that was accepted."""
    xid = os.urandom(4)
    body = xid + struct.pack('>9I', 0, 2, 100003, 4, procedure, 0, 0, 0, 0) + arguments
    sock.sendall(struct.pack('>I', 0x80000000 | len(body)) + body)
    reply = receive(sock, struct.unpack('>I', receive(sock, 4))[0] & 0x7fffffff)
    if reply[:24] != xid + struct.pack('>5I', 1, 0, 0, 0, 0):
        raise OSError('not accepted: ' + reply.hex())
    return reply[24:]


def compound(sock, operation, arguments):
    """The result of one operation, behind its status, which is NFS4_OK."""
    results = call(sock, COMPOUND, struct.pack('>4I', 0, 1, 1, operation) + arguments)
    if struct.unpack('>5I', results[:20]) != (0, 0, 1, operation, 0):
        raise OSError(f'operation {operation}: {results.hex()}')
    return results[20:]


def introduce(sock, number):
    owner = f'many-{os.getpid()}-{number:08}'.encode()
    owner += b'.' * (-len(owner) % 4)
    return compound(sock, EXCHANGE_ID, os.urandom(8) + struct.pack('>I', len(owner)) + owner + struct.pack('>3I', 0, 0, 0))[:8]


def connect(address, tls):
    sock = socket.create_connection((address, 2049), 60)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
    return tls.wrap_socket(sock, server_hostname=address)


def secure(count, address, ca, cert):
    tls = ssl.create_default_context(cafile=ca)
    tls.load_cert_chain(cert + '/cert.pem', cert + '/key.pem')
    socks = [connect(address, tls) for _ in range(count)]
    clients = [introduce(sock, i) for i, sock in enumerate(socks)]
    print('open', flush=True)
    for _ in sys.stdin:
        for sock in socks:
            call(sock, NULL)
        print('again', flush=True)
    for sock, client in zip(socks, clients):
        compound(sock, DESTROY_CLIENTID, client)
        sock.close()
    print('closed', flush=True)


def bare(count):
    listener = socket.create_server(('127.0.0.1', 0), backlog=16)
    held = []
    for _ in range(count):
        held.append(socket.create_connection(listener.getsockname()))
        held.append(listener.accept()[0])
        held[-1].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
    print('open', flush=True)
    for _ in sys.stdin:
        print('again', flush=True)
    for sock in held[1::2] + held[::2]:
        sock.close()
    print('closed', flush=True)


if sys.argv[2] == 'bare':
    bare(int(sys.argv[1]))
else:
    secure(int(sys.argv[1]), *sys.argv[2:])
