#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Thousands of file systems (MANY, or 10,000), and as many access points on one of them.

many.py seed STATE_DIR POOL: puts them into the store and the pool of a kefsd that does not run, as it would have made
them. many.py measure: how long the API takes for a page, and for one, with keep-alive as SDKs have it; wants
AWS_ENDPOINT_URL, AWS_REGION and an administrator's key in the environment. Fails if more than 100 - PERCENTILE (99) in a
hundred take over LIMIT_MS (20) in each of PASSES (1): whatever else the machine does comes on top. many.py pages: reads
all pages of file systems, and says how many there were.
"""
import http.client
import json
import os
import random
import sqlite3
import sys
import time
import urllib.parse

COUNT = int(os.environ.get('MANY', 10000))
LIMIT_MS = float(os.environ.get('LIMIT_MS', 20))
PERCENTILE = float(os.environ.get('PERCENTILE', 99))
PASSES = int(os.environ.get('PASSES', 1))


def seed(state, pool):
    draw = random.Random(1)
    db = sqlite3.connect(state + '/kefs.db', isolation_level=None)
    db.execute('BEGIN')
    project = int(db.execute("SELECT value FROM settings WHERE name = 'next_project_id'").fetchone()[0])
    for i in range(COUNT):
        fs = f'fs-{draw.getrandbits(68):017x}'
        db.execute("INSERT INTO file_systems (id, volume_id, creation_token, handle_key, project_id, created_ms, "
                   "life_cycle_state, directory) VALUES (?, ?, ?, ?, ?, ?, 'available', ?)",
                   (fs, draw.getrandbits(62) + 1, f'many-{i}', draw.randbytes(16), project + i, 1700000000000 + i,
                    'file-systems/' + fs))
        db.execute('INSERT INTO tags (resource_id, key, position, value) VALUES (?, ?, 1, ?)', (fs, 'Name', f'number {i}'))
        os.mkdir(f'{pool}/file-systems/{fs}', 0o755)
        with open(f'{pool}/recovery/{fs}', 'xb'):
            pass
    for i in range(COUNT):
        db.execute("INSERT INTO access_points (id, file_system_id, client_token, created_ms, life_cycle_state, path) "
                   "VALUES (?, ?, ?, ?, 'available', ?)",
                   (f'fsap-{draw.getrandbits(68):017x}', fs, f'many-{i}', 1700000000000 + i, f'/number/{i}'))
    db.execute("UPDATE settings SET value = ? WHERE name = 'next_project_id'", (str(project + COUNT),))
    db.execute('COMMIT')
    db.close()
    print(fs)


class Api:
    """Requests that are signed and go over one connection; what takes time is the server's and the wire's."""

    def __init__(self):
        # pylint: disable=import-outside-toplevel
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
        self.request = AWSRequest
        self.url = os.environ['AWS_ENDPOINT_URL']
        self.signer = SigV4Auth(Credentials(os.environ['AWS_ACCESS_KEY_ID'], os.environ['AWS_SECRET_ACCESS_KEY']),
                                'elasticfilesystem', os.environ['AWS_REGION'])
        self.connection = http.client.HTTPConnection(urllib.parse.urlparse(self.url).netloc, timeout=60)

    def get(self, path, **query):
        """The answer, and the milliseconds that it took."""
        path = '/2015-02-01' + path + ('?' + urllib.parse.urlencode(sorted(query.items())) if query else '')
        request = self.request('GET', self.url + path)
        self.signer.add_auth(request)
        start = time.perf_counter()
        self.connection.request('GET', path, headers=dict(request.headers))
        response = self.connection.getresponse()
        body = response.read()
        took = (time.perf_counter() - start) * 1000
        if response.status != 200:
            sys.exit(f'{path}: {response.status} {body}')
        return json.loads(body), took


def walk(api, path, what, give, take, size):
    """All pages: what they hold, and what each took."""
    found, times, query = [], [], dict(size)
    while True:
        answer, took = api.get(path, **query)
        found += answer[what]
        times.append(took)
        if take not in answer:
            return found, times
        query[give] = answer[take]


def report(what, times):
    times = sorted(times)
    worst = times[max(0, int(len(times) * PERCENTILE / 100) - 1)]
    print(f'# {what}: {len(times)} requests, shortest {times[0]:.1f} ms, median {times[len(times) // 2]:.1f} ms, percentile '
          f'{PERCENTILE:.0f} {worst:.1f} ms, longest {times[-1]:.1f} ms')
    return worst <= LIMIT_MS


def measure(api):
    draw = random.Random(2)
    fs, pages = walk(api, '/file-systems', 'FileSystems', 'Marker', 'NextMarker', {'MaxItems': 100})
    if len(fs) != COUNT or len({f['FileSystemId'] for f in fs}) != COUNT or fs[-1]['Name'] != f'number {COUNT - 1}':
        sys.exit(f'{len(fs)} file systems')
    many = {'FileSystemId': fs[-1]['FileSystemId']}
    points, point_pages = walk(api, '/access-points', 'AccessPoints', 'NextToken', 'NextToken', dict(many, MaxResults=100))
    if len({p['AccessPointId'] for p in points}) != COUNT:
        sys.exit(f'{len(points)} access points')
    one = [api.get('/file-systems', FileSystemId=draw.choice(fs)['FileSystemId'])[1] for _ in range(500)]
    point = [api.get('/access-points', AccessPointId=draw.choice(points)['AccessPointId'])[1] for _ in range(500)]
    return [report('a page of 100 file systems', pages), report('a page of 100 access points', point_pages),
            report('one file system', one), report('one access point', point)]


def main():
    if sys.argv[1] == 'seed':
        seed(*sys.argv[2:])
    elif sys.argv[1] == 'pages':
        print(len(walk(Api(), '/file-systems', 'FileSystems', 'Marker', 'NextMarker', {'MaxItems': 100})[1]))
    else:
        api = Api()
        passes = [measure(api) for _ in range(PASSES)]
        sys.exit(0 if all(any(kind) for kind in zip(*passes)) else 1)


if __name__ == '__main__':
    main()
