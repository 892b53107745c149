#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""policy_random.py DRIVER [--cases N] [--seed S]: random policies and requests; the evaluator (policy_driver.c) must
answer as policy_reference.py does, and must refuse what was spoilt. The seed is printed with a failure.
"""
import argparse
import collections
import copy
import json
import random
import subprocess
import sys

import policy_reference

HOME, AWAY = '111122223333', '444455556666'
FS = 'arn:aws:elasticfilesystem:us-east-1:111122223333:file-system/fs-0123456789abcdef0'
OTHER_FS = 'arn:aws:elasticfilesystem:us-east-1:111122223333:file-system/fs-ffffffffffffffff0'
AP = 'arn:aws:elasticfilesystem:us-east-1:111122223333:access-point/fsap-%s'
IDS = {'alice': 'AIDAALICEALICEALICE', 'again': 'AIDANEWNEWNEWNEWNEW', 'bob': 'AIDABOBBOBBOBBOBBOB',
       'ops': 'AROAOPSOPSOPSOPSOPS', 'dev': 'AROADEVDEVDEVDEVDEV'}
PRINCIPALS = [
    {'type': 'anonymous'},
    {'type': 'root', 'account': HOME, 'arn': f'arn:aws:iam::{HOME}:root'},
    {'type': 'root', 'account': AWAY, 'arn': f'arn:aws:iam::{AWAY}:root'},
    {'type': 'service', 'name': 'elasticfilesystem.amazonaws.com'},
    {'type': 'federated', 'account': HOME, 'arn': f'arn:aws:sts::{HOME}:federated-user/fred', 'name': 'fred'},
] + [{'type': 'user', 'account': a, 'arn': f'arn:aws:iam::{a}:user/{path}{u}', 'id': IDS[u], 'name': u}
     for a, path, u in ((HOME, '', 'alice'), (HOME, 'team/', 'bob'), (HOME, '', 'again'), (AWAY, '', 'alice'))] + [
     {'type': 'session', 'account': a, 'arn': f'arn:aws:sts::{a}:assumed-role/{r}/{s}', 'name': s, 'id': IDS[r],
      'role_arn': f'arn:aws:iam::{a}:role/{r}'}
     for a, r, s in ((HOME, 'ops', 'monday'), (HOME, 'ops', 'tuesday'), (HOME, 'dev', 'monday'), (AWAY, 'ops', 'monday'))]
EFS = 'elasticfilesystem:'
ACTIONS = [EFS + a for a in ('ClientMount', 'ClientWrite', 'ClientRootAccess', 'PutFileSystemPolicy',
                             'DescribeFileSystems')]
PATTERNS = ACTIONS + [EFS + p for p in ('Client*', '*', 'clientmount', '*Mount', 'Client?rite', '*Root*', 'Describe*',
                                        'Cl?ent*t*', '*c*l*e*')] + ['*', '*:*', 'ELASTICFILESYSTEM:ClientMount']
STRINGS = ['', 'a', 'A', 'ab', 'abc', 'aXbXc', 'b*c', 'a?c', '*', '${x}', '$', 'äb', 'ä', 'Ä', '日本', 'red', 'blue',
           'alice', 'fsap-1', 'https://x/y:z', 'aab', 'aaab', ':::::']
LIKE = STRINGS + ['a*', '*b', '?', '??', 'a*c', '*X*', 'a?c', '*?', '?*?', '${*}', '${?}', '${$}', 'a*b*c', '**', '*a*b',
                  '${k:s}', '${k:s}*', 'x${k:s, \'red\'}', '${k:none, \'a*\'}', '${k:none}', '${aws:username}',
                  '${aws:userid, \'anonymous\'}', '${AWS:PRINCIPALTAG/Team}', '*${k:multi}', '${k:multi, \'ab\'}',
                  '${k:s, \'b}c\'}', '?${k:s}', '*日?', '?b']
NUMBERS = ['0', '1', '-1', '1.5', '1.50', '10', '010', '1e1', '99999999999', '-0', '0.1']
DATES = ['2026-01-31T12:00:00Z', '2026-01-31T13:00:00+01:00', '2026-01-31', '2026-01', '2026', '1769860800',
         '2026-01-31T12:00:00.5Z', '2026-01-31T12:00:00.500Z', '2024-02-29', '1969-12-31T23:59:59Z', '-1', '1769860801']
BOOLS = ['true', 'false', 'TRUE', 'False']
BINARIES = ['', 'QQ==', 'QUI=', 'QUJD', 'QUJDRA==']
ADDRESSES = ['10.0.0.1', '10.0.0.0/8', '10.0.0.0/31', '192.0.2.7', '192.0.2.0/24', '0.0.0.0/0', '2001:db8::1',
             '2001:db8::/32', '::/0', '2001:db8::1/128', '::ffff:10.0.0.1', '10.0.0.1/32', '2001:db8:8000::/33']
ARNS = [AP % 1, AP % 2, FS, 'arn:aws:iam::111122223333:user/alice', 'arn:aws:iam::111122223333:role/ops',
        'arn:aws:sns:eu-west-1:1:a:b:c']
ARN_PATTERNS = ARNS + [AP % '*', AP % '?', 'arn:aws:elasticfilesystem:*:*:*', 'arn:*:*:*:*:*', '*', 'arn:aws:iam::*:user/*',
                       'arn:aws:sns:*:*:c', 'arn:aws:sns:*:*:a', 'arn:aws:sns:*:*:a:b:?', 'arn:aws:sns:*:*:a:b:d', 'arn:aws:s*:eu-*:1:a:*', 'arn:aws:iam::111122223333:user/${aws:username}',
                       '${aws:PrincipalArn}', 'arn:aws:iam::${aws:PrincipalAccount}:role/*', '${k:arn}',
                       'arn:aws:iam::*:user/${k:none, \'alice\'}']
# Operator classes: operators, what policies say, what requests may have
CLASSES = {
    'String': (['StringEquals', 'StringNotEquals', 'StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase'], LIKE, STRINGS),
    'Like': (['StringLike', 'StringNotLike'], LIKE, STRINGS),
    'Numeric': (['Numeric' + o for o in ('Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan',
                                         'GreaterThanEquals')], NUMBERS + [1, 1.5, -1, 0.1, 10], NUMBERS + ['x', '', '0x1']),
    'Date': (['Date' + o for o in ('Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan',
                                   'GreaterThanEquals')], DATES + [1769860800], DATES + ['now', '2026-02-30', '2026-1-1']),
    'Bool': (['Bool'], BOOLS + [True, False], BOOLS + ['1']),
    'Binary': (['BinaryEquals'], BINARIES, BINARIES + ['Q', '?']),
    'Ip': (['IpAddress', 'NotIpAddress'], ADDRESSES, [a for a in ADDRESSES if '/' not in a] + ['localhost', '10.0.0.0/7', '10.0.0.0/9']),
    'Arn': (['ArnEquals', 'ArnLike', 'ArnNotEquals', 'ArnNotLike'], ARN_PATTERNS, ARNS + ['fs-1', 'arn:aws:iam::1']),
    'Null': (['Null'], BOOLS + [True, False], ['x']),
}
KEYS = {'String': ['k:s', 'k:multi', 'aws:PrincipalTag/team', 'aws:username', 'aws:PrincipalType', 'K:S'],
        'Like': ['k:s', 'k:multi', 'aws:userid', 'AWS:PrincipalAccount', 'k:none'],
        'Numeric': ['k:number', 'k:numbers', 'aws:EpochTime'], 'Date': ['k:date', 'aws:CurrentTime', 'aws:EpochTime', 'k:dates'],
        'Bool': ['aws:SecureTransport', EFS + 'AccessedViaMountTarget', 'k:bools'], 'Binary': ['k:binary'],
        'Ip': ['aws:SourceIp', 'k:addresses'], 'Arn': [EFS + 'AccessPointArn', 'aws:PrincipalArn', 'k:arn', 'k:arns'],
        'Null': ['k:s', 'k:none', EFS + 'AccessPointArn', 'aws:username', 'k:multi']}
REQUEST_KEYS = {'k:s': 'String', 'k:multi': 'String', 'aws:PrincipalTag/team': 'String', 'k:number': 'Numeric',
                'k:numbers': 'Numeric', 'k:date': 'Date', 'k:dates': 'Date', 'aws:SecureTransport': 'Bool',
                EFS + 'AccessedViaMountTarget': 'Bool', 'k:bools': 'Bool', 'k:binary': 'Binary', 'aws:SourceIp': 'Ip',
                'k:addresses': 'Ip', EFS + 'AccessPointArn': 'Arn', 'k:arn': 'Arn', 'k:arns': 'Arn'}
RESOURCES = ['*', FS, 'arn:aws:elasticfilesystem:*:*:file-system/*', 'arn:*', 'arn:aws:elasticfilesystem:*fs-0123*',
             'arn:aws:elasticfilesystem:us-east-1:111122223333:file-system/fs-?123456789abcdef0', FS[:-1] + '*']
IDENTITY_RESOURCES = RESOURCES + [OTHER_FS, AP % '*', 'arn:aws:elasticfilesystem:us-east-1:${aws:PrincipalAccount}:*',
                                  FS[:-1] + '${k:none, \'0\'}', 'arn:aws:elasticfilesystem:*:*:file-system/${k:s}']


class Grammar:
    def __init__(self, rng):
        self.rng = rng
        self.variables = False

    def chance(self, p):
        return self.rng.random() < p

    def some(self, pool, most=3):
        """One of the pool, or a list of some."""
        picked = [self.rng.choice(pool) for _ in range(self.rng.randint(1, most))]
        return picked[0] if len(picked) == 1 and self.chance(0.7) else picked

    def principal_map(self):
        pool = ['*', HOME, AWAY, 'arn:aws:iam::111122223333:root', f'{IDS["ops"]}:monday', IDS['ops'], IDS['bob']]
        pool += [p[k] for p in PRINCIPALS for k in ('arn', 'role_arn') if k in p and not p[k].endswith(':root')] * 2
        block = {}
        if self.chance(0.95):
            block['AWS'] = self.some(pool, 4)
        if self.chance(0.15) or not block:
            block['Service'] = self.some(['elasticfilesystem.amazonaws.com', 'backup.amazonaws.com'])
        if self.chance(0.05):
            block['Federated'] = 'cognito-identity.amazonaws.com'
        return block

    def all_names(self):
        """What a NotPrincipal must have to leave somebody alone, or nearly all of it."""
        p = self.rng.choice([p for p in PRINCIPALS if 'account' in p])
        wanted = [p['account']] + [p[k] for k in ('arn', 'role_arn') if k in p]
        if self.chance(0.3):
            wanted.remove(self.rng.choice(wanted))
        self.rng.shuffle(wanted)
        return {'AWS': wanted} if wanted else '*'

    def condition(self, most=3):
        out = {}
        for _ in range(self.rng.randint(1, most)):
            kind = self.rng.choice(list(CLASSES))
            operators, values, _ = CLASSES[kind]
            name = self.rng.choice(operators)
            if kind != 'Null':
                name = self.rng.choice(['', '', '', 'ForAnyValue:', 'ForAllValues:']) + name + \
                    ('IfExists' if self.chance(0.2) else '')
            keys = out.setdefault(name, {})
            # A whole ARN in a variable is a mistake where there are no variables
            usable = [v for v in values if self.variables or kind != 'Arn' or not v.startswith('${')]
            for _ in range(self.rng.randint(1, 2)):
                keys[self.rng.choice(KEYS[kind])] = self.some(usable)
        return out

    def statement(self, kind, number):
        s = {'Effect': 'Allow' if self.chance(0.7) else 'Deny'}
        if self.chance(0.5):
            s['Sid'] = 's%d' % number
        if kind != 'identity':
            name = 'Principal' if self.chance(0.85) else 'NotPrincipal'
            s[name] = '*' if self.chance(0.25) else self.principal_map()
        name = 'Action' if self.chance(0.85) else 'NotAction'
        s[name] = self.some(['sts:AssumeRole', 'sts:*', 'sts:assume*', 'sts:TagSession'] if kind == 'trust' else PATTERNS)
        if kind == 'identity' or (kind == 'fs' and self.chance(0.5)):
            name = 'Resource' if self.chance(0.9) else 'NotResource'
            s[name] = self.some(IDENTITY_RESOURCES if kind == 'identity' else RESOURCES)
        if self.chance(0.45):
            s['Condition'] = self.condition()
        items = list(s.items())
        self.rng.shuffle(items)
        return dict(items)

    def document(self, kind, most=4):
        d = {}
        if self.chance(0.85):
            d['Version'] = '2012-10-17' if self.chance(0.9) else '2008-10-17'
        self.variables = d.get('Version') == '2012-10-17'
        if kind != 'identity' and self.chance(0.2):
            d['Id'] = 'an id'
        d['Statement'] = [self.statement(kind, i) for i in range(self.rng.randint(1, most))]
        if len(d['Statement']) == 1 and self.chance(0.5):
            d['Statement'] = d['Statement'][0]
        return d

    def focused(self):
        """A policy in which one condition, or one NotPrincipal, decides."""
        allow = {'Effect': 'Allow', 'Principal': '*', 'Action': '*'}
        self.variables = self.chance(0.95)
        if self.chance(0.3):
            deny = {'Effect': 'Deny', 'NotPrincipal': self.all_names(), 'Action': '*'}
            return {'Version': '2012-10-17', 'Statement': [deny, allow]}
        allow['Condition'] = self.condition(1)
        return {'Version': '2012-10-17' if self.variables else '2008-10-17', 'Statement': [allow]}

    def keys(self):
        keys = {}
        for name, kind in REQUEST_KEYS.items():
            if self.chance(0.4):
                continue
            values = CLASSES[kind][2]
            if name.endswith('s') and name != 'k:s' or name == 'k:multi':
                keys[name] = [self.rng.choice(values) for _ in range(self.rng.randint(0, 3))]
            else:
                keys[self.rng.choice([name, name.upper()])] = self.rng.choice(values)
        return keys

    def case(self):
        if self.chance(0.4):
            return self.make('fs', {'kind': 'fs', 'document': self.focused()}, [])
        trust = self.chance(0.2)
        kind = 'trust' if trust else 'fs'
        resource = {'kind': kind, 'document': self.document(kind)} if trust or self.chance(0.85) else None
        return self.make(kind, resource, [self.document('identity', 3) for _ in range(self.rng.choice([0, 1, 1, 2]))])

    def make(self, kind, resource, identity):
        return {
            'resource': resource, 'identity': identity,
            'boundary': self.document('identity', 2) if self.chance(0.2) else None,
            'session': self.document('identity', 2) if self.chance(0.2) else None,
            'principal': self.rng.choice(PRINCIPALS),
            'action': 'sts:AssumeRole' if kind == 'trust' else self.rng.choice(ACTIONS),
            'arn': self.rng.choice([FS] * 9 + [OTHER_FS]),
            'account': self.rng.choice([HOME, HOME, HOME, None]),
            'keys': self.keys(),
            'now': 1769860800,
        }


def first(document):
    statement = document['Statement']
    return statement[0] if isinstance(statement, list) else statement


def spoil_value(value):
    def spoil(document):
        first(document)['Condition'] = value
    return spoil


def spoil_with(**elements):
    def spoil(document):
        for name, value in elements.items():
            if value is None:
                first(document).pop(name, None)
            else:
                first(document)[name] = value
    return spoil


SPOILS = [
    lambda d: d.update(Version='2012-10-18'), lambda d: d.update(Version=2012), lambda d: d.update(Statements=[]),
    lambda d: d.update(Statement=[]), lambda d: d.pop('Statement'), lambda d: d.update(Statement='x'),
    lambda d: d.update(Id=7), spoil_with(Effect='allow'), spoil_with(Effect=None), spoil_with(effect='Allow'),
    spoil_with(Action=None, NotAction=None), spoil_with(Action='*', NotAction='*'), spoil_with(Action=[], NotAction=None),
    spoil_with(Action='ClientMount', NotAction=None), spoil_with(Action=EFS, NotAction=None),
    spoil_with(Action=[1], NotAction=None), spoil_with(Resource='fs-1', NotResource=None),
    spoil_with(Resource='*', NotResource='*'), spoil_with(Resource=[], NotResource=None), spoil_with(Sid=1),
    spoil_with(Condition=[]), spoil_with(Comment='x'), spoil_value({'StringIs': {'k:s': 'x'}}),
    spoil_value({'NullIfExists': {'k:s': 'true'}}), spoil_value({'ForAnyValue:Null': {'k:s': 'true'}}),
    spoil_value({'stringequals': {'k:s': 'x'}}), spoil_value({'StringEquals': {'nokey': 'x'}}),
    spoil_value({'StringEquals': {'k:s': []}}), spoil_value({'StringEquals': {'k:s': {}}}),
    spoil_value({'StringEquals': {'k:s': None}}), spoil_value({'StringEquals': ['k:s']}),
    spoil_value({'NumericEquals': {'k:s': 'one'}}), spoil_value({'NumericEquals': {'k:s': '0x1'}}),
    spoil_value({'DateEquals': {'k:s': '2026-02-30'}}), spoil_value({'Bool': {'k:s': 'yes'}}),
    spoil_value({'BinaryEquals': {'k:s': 'Q'}}), spoil_value({'IpAddress': {'k:s': '10.0.0.0/33'}}),
    spoil_value({'ArnLike': {'k:s': 'arn:aws:iam::*'}}), spoil_value({'Null': {'k:s': 'maybe'}}),
]
FS_SPOILS = [
    spoil_with(Principal=None, NotPrincipal=None), spoil_with(Principal='*', NotPrincipal='*'),
    spoil_with(Principal='arn:aws:iam::111122223333:root', NotPrincipal=None), spoil_with(Principal={}, NotPrincipal=None),
    spoil_with(Principal={'AWS': []}, NotPrincipal=None), spoil_with(Principal={'aws': '*'}, NotPrincipal=None),
    spoil_with(Principal={'AWS': 'arn:aws:iam::111122223333:user/*'}, NotPrincipal=None),
    spoil_with(Principal={'AWS': 'arn:aws:iam::111122223333:user/ghost'}, NotPrincipal=None),
    spoil_with(Principal={'AWS': 'arn:aws:iam::11112222333:root'}, NotPrincipal=None),
    spoil_with(Principal={'Service': 'efs'}, NotPrincipal=None), spoil_with(Resource=OTHER_FS, NotResource=None),
    spoil_with(Action='s3:GetObject', NotAction=None), spoil_with(Action=EFS + 'ClientMounts', NotAction=None),
]
IDENTITY_SPOILS = [spoil_with(Principal='*'), spoil_with(Resource=None, NotResource=None), lambda d: d.update(Id='x'),
                   spoil_with(Sid='a b')]


def spoilt(rng, case):
    """A copy with one mistake in one of its policies."""
    case = copy.deepcopy(case)
    places = [(case['resource']['document'], case['resource']['kind'])] if case['resource'] else []
    places += [(d, 'identity') for d in case['identity']]
    if not places:
        return None
    document, kind = rng.choice(places)
    spoils = SPOILS + {'fs': FS_SPOILS, 'identity': IDENTITY_SPOILS, 'trust': []}[kind]
    rng.choice(spoils)(document)
    return case


def resolved(entry):
    return 'AIDAOLDOLDOLDOLDOLD' if entry.endswith('again') else ''


class Driver:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding='utf-8')

    def ask(self, case):
        line = dict(case, identity=[json.dumps(d) for d in case['identity']])
        line['resource'] = case['resource'] and {'kind': case['resource']['kind'],
                                                 'text': json.dumps(case['resource']['document'])}
        for name in ('boundary', 'session'):
            line[name] = case[name] and json.dumps(case[name])
        self.process.stdin.write(json.dumps(line) + '\n')
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit('the driver died on %s' % json.dumps(case))
        return json.loads(answer)


def compare(case, answer):
    """None, or what is wrong with the answer."""
    verdict, where = policy_reference.decide(case, FS, resolved)
    if 'invalid' in answer:
        return 'refused: %s' % answer['invalid']
    if answer['verdict'] != verdict:
        return '%s, not %s' % (answer['verdict'], verdict)
    named = (answer['policy'], answer['statement'])
    if where is not None and named not in where:
        return '%s is named, not one of %s' % (named, where)
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('driver')
    parser.add_argument('--cases', type=int, default=6000)
    parser.add_argument('--seed', type=int, default=20261121)
    args = parser.parse_args()
    driver, seen = Driver(args.driver), collections.Counter()
    for number in range(args.cases):
        rng = random.Random(args.seed * 1000003 + number)
        case = Grammar(rng).case()
        answer = driver.ask(case)
        wrong = compare(case, answer)
        if wrong:
            print('seed %d, case %d: %s\n%s\n%s' % (args.seed, number, wrong, json.dumps(case, indent=1), answer))
            return 1
        seen[answer['verdict']] += 1
        bad = spoilt(rng, case)
        if bad:
            answer = driver.ask(bad)
            if 'invalid' not in answer:
                print('seed %d, case %d: not refused\n%s' % (args.seed, number, json.dumps(bad, indent=1)))
                return 1
            seen['refused'] += 1
    print('%d cases: %s' % (args.cases, ', '.join('%d %s' % (n, what) for what, n in seen.most_common())))
    # A generator that has come to give the same answer all the time tests nothing
    return 0 if min(seen[v] for v in ('allowed', 'denied', 'none', 'refused')) * 20 > args.cases else 1


sys.exit(main())
