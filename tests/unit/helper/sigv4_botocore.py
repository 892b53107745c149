#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""sigv4_botocore.py DRIVER [--cases N] [--seed S]: requests that botocore signed, in their header and in their query,
as the wire has them, must be found right by the verifier (sigv4_driver.c); spoilt ones must not; and the signer must
give what botocore gives. The seed is printed with a failure.
"""
import argparse
import calendar
import collections
import json
import random
import subprocess
import sys
import time
from urllib.parse import quote, urlsplit

try:
    from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
except ImportError:
    sys.exit('no botocore here: scripts/install-deps, or apt-get install python3-botocore')

OK, MISSING, INCOMPLETE, UNKNOWN_KEY, INVALID = range(5)
PIECES = ['file-systems', '2015-02-01', '%3A', 'arn%3Aaws', 'a b', '~x', '..', '.', '', 'ä', "it's", '*', 'a+b', '%2F', '$&']
VALUES = ['', 'fs-1', 'a b', 'ä', '/x', 'a=b', 'x&y', '~', "'", '*', '%', 'a+b', 'Z', 'a-b', '日']
WORDS = ['a', 'B', '  lead', 'trail  ', 'in   side', 'tab\tand  space', '', 'ä'.encode().decode('latin-1'), '"q  q"']


def signature_time(headers, query):
    for name, value in headers:
        if name.lower() == 'x-amz-date':
            return calendar.timegm(time.strptime(value, '%Y%m%dT%H%M%SZ'))
    date = dict(p.partition('=')[::2] for p in query.split('&'))['X-Amz-Date']
    return calendar.timegm(time.strptime(date, '%Y%m%dT%H%M%SZ'))


class Case:
    def __init__(self, rng):
        self.rng = rng
        self.access_key = 'AKIA' + ''.join(rng.choices('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', k=16))
        self.secret = ''.join(rng.choices('abcdefghijkLMNOPQRST0123456789/+', k=40))
        self.token = rng.choice([None, 'FwoGZXIvYXdzEBYaD+//abc==', 'token'])
        self.region, self.service = rng.choice(['us-east-1', 'eu-west-3']), rng.choice(['elasticfilesystem', 'backup', 'sts'])
        self.s3 = rng.random() < 0.15
        self.presigned = rng.random() < 0.3
        if self.s3:
            self.service = 's3'

    def url(self):
        rng = self.rng
        path = '/' + '/'.join(quote(rng.choice(PIECES), safe='%~') for _ in range(rng.randint(0, 4)))
        if self.s3:
            path = '/' + '/'.join(quote(p, safe='~') for p in rng.choices([p for p in PIECES if '.' not in p], k=2))
        port = rng.choice(['', ':18999'])
        pairs = [(rng.choice('abAB') + rng.choice(['', '-', '0', 'ä', '%']), rng.choice(VALUES))
                 for _ in range(rng.randint(0, 4))]
        query = '&'.join('%s=%s' % (quote(n, safe='~'), quote(v, safe='~')) for n, v in pairs)
        return 'http://127.0.0.1%s%s%s' % (port, path, '?' + query if query else '')

    def sign(self):
        """What goes over the wire after botocore has signed it."""
        rng = self.rng
        method = 'GET' if self.presigned else rng.choice(['GET', 'PUT', 'POST', 'DELETE'])
        body = '' if method in ('GET', 'DELETE') else rng.choice(['', '{}', '{"Name": "ä"}', 'Action=X&Version=1'])
        request = AWSRequest(method=method, url=self.url(), data=body.encode())
        for name in rng.sample(['Content-Type', 'X-Amz-Target', 'X-Own', 'Accept'], rng.randint(0, 3)):
            request.headers[name] = rng.choice(WORDS)
            if name == 'X-Own' and rng.random() < 0.5:
                request.headers[name] = rng.choice(WORDS)
        credentials = Credentials(self.access_key, self.secret, self.token)
        if self.presigned:
            auth = S3SigV4QueryAuth if self.s3 else SigV4QueryAuth
            auth(credentials, self.service, self.region, expires=300).add_auth(request)
        else:
            (S3SigV4Auth if self.s3 else SigV4Auth)(credentials, self.service, self.region).add_auth(request)
        parts = urlsplit(request.url)
        headers = [[n, v if isinstance(v, str) else v.decode()] for n, v in request.headers.items()]
        if not any(n.lower() == 'host' for n, _ in headers):
            headers.append(['Host', parts.netloc])
        own = iter([h[1] for h in headers if h[0] == 'X-Own'])
        rng.shuffle(headers)
        # Headers of one name keep their order on the wire
        headers = [[n, next(own)] if n == 'X-Own' else [n, v] for n, v in headers]
        return {'method': method, 'path': parts.path, 'query': parts.query, 'headers': headers, 'body': body,
                'access_key': self.access_key, 'secret': self.secret, 'token': self.token, 'region': self.region,
                'service': self.service, 's3': self.s3, 'now': signature_time(headers, parts.query), 'sign': False}


def spoil(rng, wire):
    """Changes one thing; returns the faults that may come of it."""
    kind = rng.choice(['method', 'path', 'query', 'body', 'secret', 'token', 'region', 'service', 'header', 'late', 'early',
                       'key', 'signature'])
    if kind == 'method':
        wire['method'] = 'PATCH'
    elif kind == 'path':
        wire['path'] += 'x'
    elif kind == 'query':
        wire['query'] += '&added=1'
    elif kind == 'body':
        if wire['s3'] and not dict((n.lower(), v) for n, v in wire['headers']).get('x-amz-content-sha256'):
            return None
        wire['body'] += 'x'
    elif kind == 'secret':
        wire['secret'] = wire['secret'][:-1] + '!'
    elif kind == 'token':
        wire['token'] = (wire['token'] or '') + 'x'
        return [UNKNOWN_KEY]
    elif kind in ('region', 'service'):
        wire[kind] += 'x'
    elif kind == 'header':
        wire['headers'] = [[n, v + ('1' if n.lower() == 'host' else '')] for n, v in wire['headers']]
    elif kind == 'late':
        wire['now'] += 301
    elif kind == 'early':
        wire['now'] -= 301
    elif kind == 'key':
        wire['access_key'] += 'X'
        return [UNKNOWN_KEY]
    else:
        change = str.maketrans('0123456789abcdef', '123456789abcdef0')
        for header in wire['headers']:
            at = header[1].find('Signature=')
            if header[0].lower() == 'authorization':
                header[1] = header[1][:at + 10] + header[1][at + 10:].translate(change)
        at = wire['query'].find('X-Amz-Signature=')
        if at >= 0:
            wire['query'] = wire['query'][:at + 16] + wire['query'][at + 16:].translate(change)
    return [INVALID]


class Driver:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding='utf-8')

    def ask(self, wire):
        self.process.stdin.write(json.dumps(wire) + '\n')
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit('the driver died on %s' % json.dumps(wire))
        return json.loads(answer)


def own_signature(driver, wire):
    """None, or what differs between botocore's Authorization and the signer's."""
    theirs = [v for n, v in wire['headers'] if n.lower() == 'authorization'][0]
    rest = [h for h in wire['headers'] if h[0].lower() != 'authorization']
    ours = driver.ask(dict(wire, headers=rest, sign=True))['authorization']
    return None if ours == theirs else '%s, not %s' % (ours, theirs)


def check(driver, rng, seen):
    wire = Case(rng).sign()
    answer = driver.ask(wire)
    if answer['fault'] != OK:
        return wire, answer
    seen['presigned' if 'X-Amz-Signature' in wire['query'] else 'signed'] += 1
    if 'X-Amz-Signature' not in wire['query']:
        wrong = own_signature(driver, wire)
        if wrong:
            return wire, wrong
    wanted = spoil(rng, wire)
    if wanted:
        answer = driver.ask(wire)
        if answer['fault'] not in wanted:
            return wire, answer
        seen[answer['code']] += 1
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('driver')
    parser.add_argument('--cases', type=int, default=1500)
    parser.add_argument('--seed', type=int, default=20261121)
    args = parser.parse_args()
    driver, seen = Driver(args.driver), collections.Counter()
    for number in range(args.cases):
        wrong = check(driver, random.Random(args.seed * 1000003 + number), seen)
        if wrong:
            print('seed %d, case %d:\n%s\n%s' % (args.seed, number, json.dumps(wrong[0], indent=1), wrong[1]))
            return 1
    print('%d cases: %s' % (args.cases, ', '.join('%d %s' % (n, what) for what, n in seen.most_common())))
    return 0 if len(seen) == 4 else 1


sys.exit(main())
