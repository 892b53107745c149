# SPDX-License-Identifier: GPL-2.0
"""The rules of IAM policies, once more and slowly: what policy_random.py compares the evaluator with.

Written from the rules, not from the evaluator: documents are walked as they stand, nothing is compiled, patterns
are matched by trying. Documents are taken to be valid.
"""
import base64
import calendar
import datetime
import ipaddress
import re
import time


def as_list(value):
    return value if isinstance(value, list) else [value]


class Undefined(Exception):
    """A variable without value and default."""


class Request:
    def __init__(self, case):
        self.principal = case['principal']
        self.action = case['action']
        self.arn = case['arn']
        self.account = case['account']
        self.now = case['now']
        self.keys = {}
        for name, value in case['keys'].items():
            if value != []:
                self.keys[name.lower()] = as_list(value)
        self.derive()

    def derive(self):
        p, kind = self.principal, self.principal['type']
        own = {'aws:epochtime': str(self.now),
               'aws:currenttime': time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(self.now)),
               'aws:principaltype': {'anonymous': 'Anonymous', 'root': 'Account', 'user': 'User',
                                     'session': 'AssumedRole', 'federated': 'FederatedUser',
                                     'service': 'Service'}[kind]}
        if kind in ('root', 'user', 'session', 'federated'):
            own['aws:principalaccount'] = p['account']
            own['aws:principalarn'] = p['role_arn'] if kind == 'session' else p['arn']
            own['aws:userid'] = {'root': p['account'], 'user': p.get('id'),
                                 'session': '%s:%s' % (p.get('id'), p.get('name')),
                                 'federated': '%s:%s' % (p['account'], p.get('name'))}[kind]
        if kind == 'user':
            own['aws:username'] = p['name']
        for name, value in own.items():
            self.keys[name] = [value]

    def get(self, name):
        return self.keys.get(name.lower())


# A pattern is a list of tokens: '*' and '?' in tuples, other characters as they are.
ANY, ONE = ('*',), ('?',)


def tokens(text, request, variables, wildcards):
    out, i = [], 0
    while i < len(text):
        if variables and text.startswith('${', i):
            end = text.index('}', i)
            inside = text[i + 2:end]
            if inside in ('*', '?', '$'):
                out += inside
            else:
                m = re.fullmatch(r"([^,]+),\s*'([^']*)'\s*", inside)
                # a default may hold a brace
                if not m and ',' in inside:
                    m = re.match(r"\$\{([^,}]+), *'([^']*)' *\}", text[i:])
                    end = i + m.end() - 1
                name, default = (m[1], m[2]) if m else (inside, None)
                values = request.get(name)
                if values and len(values) == 1:
                    out += values[0]
                elif default is not None:
                    out += default
                else:
                    raise Undefined(name)
            i = end + 1
        else:
            out.append({'*': ANY, '?': ONE}.get(text[i], text[i]) if wildcards else text[i])
            i += 1
    return out


def glob(pattern, text):
    """All the places where the rest of the pattern may begin, token by token."""
    places = {0}
    for token in pattern:
        if token is ANY:
            places = set(range(min(places), len(text) + 1)) if places else places
        else:
            places = {i + 1 for i in places if i < len(text) and (token is ONE or token == text[i])}
    return len(text) in places


def split_tokens(pattern):
    fields = [[]]
    for token in pattern:
        if token == ':' and len(fields) < 6:
            fields.append([])
        else:
            fields[-1].append(token)
    return fields


def arn_match(pattern, text):
    have = text.split(':', 5)
    if len(have) < 6:
        return False
    if pattern == [ANY]:
        return True
    want = split_tokens(pattern)
    return len(want) == 6 and all(glob(w, h) for w, h in zip(want, have))


def number(text):
    if not re.fullmatch(r'[+-]?[0-9]+\.?[0-9]*([eE][+-]?[0-9]+)?', text):
        return None
    return float(text)


def date(text):
    if re.fullmatch(r'-?[0-9]+', text) and not re.fullmatch(r'[0-9]{4}', text):
        return int(text) * 10**6
    m = re.fullmatch(r'(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:\d\d)?)?)?)?', text)
    if not m:
        return None
    year, month, day = int(m[1]), int(m[2] or 1), int(m[3] or 1)
    try:
        datetime.date(year or 4, month, day)
    except ValueError:
        return None
    seconds = calendar.timegm((year, month, day, int(m[4] or 0), int(m[5] or 0), int(m[6] or 0)))
    if m[8] and m[8] != 'Z':
        shift = int(m[8][1:3]) * 3600 + int(m[8][4:6]) * 60
        seconds += shift if m[8][0] == '-' else -shift
    return seconds * 10**6 + int((m[7] or '0')[:6].ljust(6, '0'))


def truth(text):
    return {'true': True, 'false': False}.get(text.lower())


def binary(text):
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None


def network(text):
    try:
        found = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    mapped = found.version == 6 and found.prefixlen >= 96 and found.network_address.ipv4_mapped
    return ipaddress.ip_network('%s/%d' % (mapped, found.prefixlen - 96)) if mapped else found


def in_network(have, want):
    return have is not None and have.version == want.version and have.subnet_of(want)


def ascii_lower(text):
    return ''.join(c.lower() if 'A' <= c <= 'Z' else c for c in text)


COMPARE = {'Equals': lambda a, b: a == b, 'LessThan': lambda a, b: a < b, 'LessThanEquals': lambda a, b: a <= b,
           'GreaterThan': lambda a, b: a > b, 'GreaterThanEquals': lambda a, b: a >= b}


def plain(value):
    """A policy's value as text: booleans and numbers may stand without quotation marks."""
    if isinstance(value, bool):
        return 'true' if value else 'false'
    return value if isinstance(value, str) else repr(value)


def one_matches(operator, want, have, request, variables):
    """operator without "Not", set prefix and IfExists; one value of the policy, one of the request."""
    if operator in ('StringEquals', 'StringEqualsIgnoreCase', 'StringLike', 'ArnEquals', 'ArnLike'):
        pattern = tokens(want, request, variables, operator not in ('StringEquals', 'StringEqualsIgnoreCase'))
        if operator == 'StringEquals':
            return ''.join(pattern) == have
        if operator == 'StringEqualsIgnoreCase':
            return ascii_lower(''.join(pattern)) == ascii_lower(have)
        return glob(pattern, have) if operator == 'StringLike' else arn_match(pattern, have)
    if operator == 'IpAddress':
        return in_network(network(have), network(want))
    for prefix, convert in (('Numeric', number), ('Date', date)):
        if operator.startswith(prefix):
            a, b = convert(have), convert(want)
            return a is not None and COMPARE[operator[len(prefix):]](a, b)
    convert = {'Bool': truth, 'BinaryEquals': binary}[operator]
    return convert(have) is not None and convert(have) == convert(want)


POSITIVE = {'StringNotEquals': 'StringEquals', 'StringNotEqualsIgnoreCase': 'StringEqualsIgnoreCase',
            'StringNotLike': 'StringLike', 'NumericNotEquals': 'NumericEquals', 'DateNotEquals': 'DateEquals',
            'NotIpAddress': 'IpAddress', 'ArnNotEquals': 'ArnEquals', 'ArnNotLike': 'ArnLike'}


def parse_operator(name):
    quantifier = ''
    if ':' in name:
        quantifier, name = name.split(':')
    if_exists = name.endswith('IfExists')
    return quantifier, if_exists, name[:-8] if if_exists else name


def condition_holds(name, key, wanted, request, variables):
    quantifier, if_exists, operator = parse_operator(name)
    have = request.get(key)
    wanted = [plain(w) for w in as_list(wanted)]
    if operator == 'Null':
        return any(truth(w) == (have is None) for w in wanted)
    if have is None:
        if quantifier:
            return quantifier == 'ForAllValues'
        return if_exists or operator in POSITIVE
    negated = operator in POSITIVE
    operator = POSITIVE.get(operator, operator)
    hits = [any(one_matches(operator, w, h, request, variables) for w in wanted) for h in have]
    if quantifier == 'ForAnyValue':
        return any(not hit if negated else hit for hit in hits)
    if quantifier == 'ForAllValues':
        return all(not hit if negated else hit for hit in hits)
    return not any(hits) if negated else any(hits)


def check_variables(statement, request):
    """Raises Undefined if some variable that is looked at has no value."""
    for which in ('Resource', 'NotResource'):
        for text in as_list(statement.get(which, [])):
            tokens(text, request, True, True)
    for name, keys in statement.get('Condition', {}).items():
        _, if_exists, operator = parse_operator(name)
        for key, wanted in keys.items():
            if (operator.startswith(('String', 'Arn'))) and not (if_exists and request.get(key) is None):
                for w in as_list(wanted):
                    tokens(plain(w), request, True, False)


def account_of(entry):
    m = re.fullmatch(r'(\d{12})|arn:aws[a-z-]*:iam::(\d{12}):root', entry)
    return (m[1] or m[2]) if m else None


def names(block, p, resolved):
    """In which ways a principal block names the caller: some of anyone, account, role, self."""
    if block == '*':
        return {'anyone'}
    ways, kind = set(), p['type']
    for entry in as_list(block.get('AWS', [])):
        if entry == '*':
            ways.add('anyone')
        elif kind in ('anonymous', 'service'):
            continue
        elif account_of(entry):
            if account_of(entry) == p['account']:
                ways |= {'account', 'self'} if kind == 'root' else {'account'}
        elif entry.startswith('arn:'):
            if resolved(entry) and resolved(entry) != p.get('id'):
                continue
            if entry == p['arn']:
                ways.add('self')
            elif kind == 'session' and entry == p['role_arn']:
                ways.add('role')
        elif entry == p.get('id'):
            ways.add('role' if kind == 'session' else 'self')
        elif kind == 'session' and entry == '%s:%s' % (p['id'], p['name']):
            ways.add('self')
    if kind == 'service' and p['name'] in as_list(block.get('Service', [])):
        ways.add('self')
    return ways


def principal_ways(statement, p, bounded, resolved):
    if 'Principal' not in statement and 'NotPrincipal' not in statement:
        return {'anyone'}
    if 'Principal' in statement:
        return names(statement['Principal'], p, resolved)
    ways = names(statement['NotPrincipal'], p, resolved)
    if statement['Effect'] == 'Allow':
        return set() if ways else {'anyone'}
    need = {'anonymous': {'anyone'}, 'service': {'self'}, 'session': {'account', 'role', 'self'}}.get(
        p['type'], {'account', 'self'})
    exempt = 'anyone' in ways or (ways >= need and not bounded)
    return set() if exempt else {'anyone'}


def applies(document, statement, request, context):
    """The ways in which it names the caller; an empty set if it does not apply."""
    variables = document.get('Version') == '2012-10-17'
    ways = principal_ways(statement, request.principal, context['bounded'], context['resolved'])
    actions = as_list(statement.get('Action', statement.get('NotAction')))
    hit = any(glob(tokens(a.lower(), None, False, True), request.action.lower()) for a in actions)
    if not ways or hit != ('Action' in statement):
        return set()
    try:
        if variables:
            check_variables(statement, request)
    except Undefined:
        return set()
    if 'Resource' in statement or 'NotResource' in statement:
        patterns = as_list(statement.get('Resource', statement.get('NotResource')))
        hit = any(glob(tokens(r, request, variables, True), request.arn) for r in patterns)
        if hit != ('Resource' in statement):
            return set()
    elif context['kind'] == 'fs' and request.arn != context['fs_arn']:
        return set()
    for name, keys in statement.get('Condition', {}).items():
        for key, wanted in keys.items():
            if not condition_holds(name, key, wanted, request, variables):
                return set()
    return ways


def statements(document):
    return as_list(document['Statement'])


def decide(case, fs_arn, resolved):
    """'allowed', 'denied' or 'none', and the (policy, index) of each statement that may be named for it."""
    request = Request(case)
    kind, account = case['principal']['type'], case['principal'].get('account')
    resource = case['resource']
    ways = {}  # (policy, index) -> (effect, ways)

    def walk(name, document, doc_kind):
        context = {'bounded': case['boundary'] is not None, 'resolved': resolved, 'kind': doc_kind, 'fs_arn': fs_arn}
        for i, statement in enumerate(statements(document)):
            how = applies(document, statement, request, context)
            if how:
                ways[name, i] = statement['Effect'], how

    if resource:
        walk('resource', resource['document'], resource['kind'])
    for i, document in enumerate(case['identity']):
        walk('identity%d' % i, document, 'identity')
    for name in ('boundary', 'session'):
        if case[name] is not None:
            walk(name, case[name], 'identity')

    def allows(prefix, *wanted):
        return [where for where, (effect, how) in ways.items()
                if where[0].startswith(prefix) and effect == 'Allow' and (not wanted or how & set(wanted))]

    denies = [where for where, (effect, _) in ways.items() if effect == 'Deny']
    if denies:
        return 'denied', denies
    if kind in ('anonymous', 'service'):
        return ('allowed', allows('resource')) if allows('resource') else ('none', None)
    limited = (case['boundary'] is not None and not allows('boundary')) or \
        ((case['session'] is not None or kind == 'federated') and not allows('session'))
    inside = kind == 'root' or (bool(allows('identity')) and not limited)
    if case['account'] is not None and case['account'] != account:
        return ('allowed', allows('resource')) if inside and allows('resource') else ('none', None)
    direct = allows('resource', 'anyone', 'self')
    if direct:
        return 'allowed', direct
    role = allows('resource', 'role')
    if role and not limited:
        return 'allowed', role
    if inside and (not resource or resource['kind'] == 'fs' or allows('resource', 'account')):
        return 'allowed', [('', 0)] if kind == 'root' else allows('identity')
    return 'none', None
