#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""200 API clients at once, and among them such as are slow, send too much, or nonsense, or do not sign.

Each of those who behave asks several times over one connection, and is answered; the others get the service's error, or
are cut off when they are too slow; kefsd's memory stays within bounds. Wants AWS_ENDPOINT_URL, AWS_REGION and an
administrator's key in the environment, and kefsd's process id as its argument.
"""
import asyncio
import json
import os
import sys
import time
import urllib.parse

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

CLIENTS, ROUNDS, OTHERS = 200, 5, 20
GROWTH_KIB = 48 * 1024
CUT_SEC = 60            # kefsd gives a silent connection 15 s, and a request 30 s in all
URL = os.environ['AWS_ENDPOINT_URL']
HOST, PORT = urllib.parse.urlparse(URL).netloc.split(':')
SIGNER = SigV4Auth(Credentials(os.environ['AWS_ACCESS_KEY_ID'], os.environ['AWS_SECRET_ACCESS_KEY']), 'elasticfilesystem',
                   os.environ['AWS_REGION'])


def signed(method, path, body=b''):
    request = AWSRequest(method, URL + '/2015-02-01' + path, data=body)
    SIGNER.add_auth(request)
    head = f'{method} /2015-02-01{path} HTTP/1.1\r\nHost: {HOST}:{PORT}\r\nContent-Length: {len(body)}\r\n'
    return (head + ''.join(f'{k}: {v}\r\n' for k, v in request.headers.items()) + '\r\n').encode() + body


async def answer(reader):
    """Status and body; (0, b'') if the connection ends first."""
    try:
        head = (await reader.readuntil(b'\r\n\r\n')).decode()
    except (asyncio.IncompleteReadError, ConnectionError):
        return 0, b''
    fields = dict(line.lower().split(': ', 1) for line in head.split('\r\n')[1:] if ': ' in line)
    return int(head.split(' ')[1]), await reader.readexactly(int(fields.get('content-length', 0)))


async def good(number, times):
    reader, writer = await asyncio.open_connection(HOST, PORT)
    for i in range(ROUNDS):
        start = time.monotonic()
        if i == 2:
            # What is created takes its flushes, one after the other
            body = json.dumps({'CreationToken': f'crowd-{number % 4}'}).encode()
            writer.write(signed('POST', '/file-systems', body))
            status, got = await answer(reader)
            assert status in (201, 409), (status, got)
        else:
            writer.write(signed('GET', '/file-systems'))
            status, got = await answer(reader)
            assert status == 200 and 'FileSystems' in json.loads(got), (status, got)
        times.append(time.monotonic() - start)
    writer.close()


async def expect(data, status, code):
    """Sends it all, and gets that error."""
    reader, writer = await asyncio.open_connection(HOST, PORT)
    writer.write(data)
    got, body = await answer(reader)
    assert got == status and (not code or json.loads(body)['ErrorCode'] == code), (data[:60], got, body)
    writer.close()


async def slow(data, pause):
    """A byte at a time, or no more after the first part: is cut off, or refused."""
    reader, writer = await asyncio.open_connection(HOST, PORT)
    start, end = time.monotonic(), asyncio.ensure_future(answer(reader))
    writer.write(data[:len(data) // 2])
    for i in range(len(data) // 2, len(data) - 1):
        done, _ = await asyncio.wait([end], timeout=pause)
        if done:
            break
        try:
            writer.write(data[i:i + 1])
            await writer.drain()
        except ConnectionError:
            break
    status, _ = await asyncio.wait_for(end, 2 * CUT_SEC)
    took = time.monotonic() - start
    assert status in (0, 400, 408) and took < CUT_SEC, (status, took)
    writer.close()


async def flood(data):
    """More than is read: there is an answer, or an end."""
    reader, writer = await asyncio.open_connection(HOST, PORT)
    end = asyncio.ensure_future(answer(reader))
    try:
        for _ in range(512):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    status, _ = await asyncio.wait_for(end, CUT_SEC)
    assert status in (0, 400, 413, 414, 431), status
    writer.close()


async def in_time(number, other):
    try:
        return await asyncio.wait_for(other, CUT_SEC)
    except asyncio.TimeoutError:
        raise AssertionError(f'number {number} of the others hangs on after {CUT_SEC} s') from None


def resident(pid):
    with open(f'/proc/{pid}/status', encoding='ascii') as f:
        return int(next(line for line in f if line.startswith('VmRSS')).split()[1])


async def main(pid):
    times, begin = [], resident(pid)
    peak = [begin]

    async def watch():
        while True:
            peak[0] = max(peak[0], resident(pid))
            await asyncio.sleep(0.1)

    watcher = asyncio.ensure_future(watch())
    deny = signed('GET', '/file-systems').replace(b'Signature=', b'Signature=0')
    bare = f'GET /2015-02-01/file-systems HTTP/1.1\r\nHost: {HOST}\r\n\r\n'.encode()
    large = signed('POST', '/file-systems', b'{"CreationToken": "' + b'x' * (200 * 1024) + b'"}')
    body = signed('POST', '/file-systems', b'{"CreationToken": "slow"}')
    others = [
        lambda: expect(bare, 403, 'MissingAuthenticationTokenException'),
        lambda: expect(deny, 403, 'InvalidSignatureException'),
        lambda: expect(large, 413, 'BadRequest'),
        lambda: expect(signed('POST', '/file-systems', b'{"CreationToken": '), 400, 'BadRequest'),
        lambda: expect(signed('POST', '/file-systems', b'\xff\xfe'), 400, 'BadRequest'),
        lambda: flood(b'\0\1\2 nonsense\r\n\r\n'),
        lambda: slow(body, 60),
        lambda: slow(body, 1),
        lambda: slow(bare, 1),
        lambda: flood(b'X-Header: ' + b'y' * 4000 + b'\r\n'),
        lambda: flood(b'GET /' + b'z' * 65536),
    ]
    start = time.monotonic()
    results = await asyncio.gather(*[good(i, times) for i in range(CLIENTS)],
                                   *[in_time(i, other()) for i, other in enumerate(others) for _ in range(OTHERS)], return_exceptions=True)
    watcher.cancel()
    failed = [r for r in results if r is not None]
    times.sort()
    print(f'# {len(times)} requests of {CLIENTS} clients in the midst of {len(others) * OTHERS} others: median '
          f'{times[len(times) // 2] * 1000:.0f} ms, longest {times[-1] * 1000:.0f} ms, all over after '
          f'{time.monotonic() - start:.1f} s; kefsd {begin} KiB before, {peak[0]} KiB at most')
    for one in failed[:10]:
        print(f"not as it should be: {one!r}")
    after = []
    await good(0, after)
    print(f'# one alone afterwards: {max(after) * 1000:.0f} ms at most')
    return 1 if failed or len(times) != CLIENTS * ROUNDS or peak[0] - begin > GROWTH_KIB else 0


sys.exit(asyncio.run(main(sys.argv[1])))
