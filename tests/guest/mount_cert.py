#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""mount_cert.py DIR --fs ID …: DIR/key.pem (kept if it is there) and DIR/cert.pem, as amazon-efs-utils has openssl(1)
make them for a TLS mount; with options that make it wrong in one way. The access key comes from AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.
"""
import argparse
import datetime
import hashlib
import hmac
import os
import subprocess
from urllib.parse import quote_plus

CONFIG = '''[ca]
default_ca = local_ca
[local_ca]
database = {dir}/index.txt
serial = {dir}/serial
new_certs_dir = {dir}/certs
private_key = {dir}/key.pem
default_md = sha256
preserve = no
policy = policy
unique_subject = no
x509_extensions = v3_ca
[policy]
CN = supplied
[req]
prompt = no
distinguished_name = name
[name]
CN = client.example.test
[v3_ca]
subjectKeyIdentifier = hash
{extensions}
[auth]
access_key_id = UTF8String:{key_id}
signature = OCTETSTRING:{signature}
sigv4_date_time = UTCTIME:{signed:%y%m%d%H%M%SZ}
{token}
[info]
source = UTF8String:{source}
version = UTF8String:{version}
'''
ARC = '1.3.6.1.4.1.4843.7'


def run(*args):
    return subprocess.run(args, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


def key_hash(key):
    public = run('openssl', 'pkey', '-in', key, '-pubout', '-outform', 'DER')
    # Behind SubjectPublicKeyInfo's head and the BIT STRING's unused-bits octet
    offset = int(run('sh', '-c', f'openssl pkey -in {key} -pubout -outform DER | openssl asn1parse -inform DER'
                     " | sed -n 's/^ *\\([0-9]*\\):d=1 .*BIT STRING.*/\\1/p'"))
    head = 1 + (1 if public[offset + 1] < 0x80 else 1 + (public[offset + 1] & 0x7f))
    return hashlib.sha1(public[offset + head + 1:]).hexdigest()


def sign(args, public_hash, signed):
    key_id, secret = os.environ['AWS_ACCESS_KEY_ID'], os.environ['AWS_SECRET_ACCESS_KEY']
    when = signed.strftime('%Y%m%dT%H%M%SZ')
    scope = f'{when[:8]}/{args.region}/elasticfilesystem/aws4_request'
    token = os.environ.get('AWS_SESSION_TOKEN')
    query = ['Action=Connect', 'PublicKeyHash=' + public_hash, 'X-Amz-Algorithm=AWS4-HMAC-SHA256',
             'X-Amz-Credential=' + quote_plus(f'{key_id}/{scope}'), 'X-Amz-Date=' + when, 'X-Amz-Expires=86400']
    if token:
        query.append('X-Amz-Security-Token=' + quote_plus(token))
    query.append('X-Amz-SignedHeaders=host')
    request = ['GET', '/', '&'.join(query), 'host:' + (args.sign_fs or args.fs), 'host', hashlib.sha256(b'').hexdigest()]
    if args.blank_line:
        request.insert(4, '')
    text = '\n'.join(['AWS4-HMAC-SHA256', when, scope, hashlib.sha256('\n'.join(request).encode()).hexdigest()])
    key = ('AWS4' + secret).encode()
    for part in scope.split('/'):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('dir')
    parser.add_argument('--fs', required=True)
    parser.add_argument('--ap')
    parser.add_argument('--iam', action='store_true', help='sign')
    parser.add_argument('--region', default='us-east-1')
    parser.add_argument('--age', type=int, default=0, help='seconds since it was made')
    parser.add_argument('--life', type=int, default=3 * 3600)
    parser.add_argument('--sign-age', type=int, help='of the signature, if it is another')
    parser.add_argument('--sign-fs', help='sign for another file system')
    parser.add_argument('--hash', help='sign for the public key with this hash')
    parser.add_argument('--blank-line', action='store_true', help='sign as the rest of AWS does')
    parser.add_argument('--renewed', action='store_true', help='with blanks, as the watchdog makes it')
    parser.add_argument('--serial', type=int, default=0, help='0 for the first one of a mount')
    parser.add_argument('--source', default='unknown')
    parser.add_argument('--extension', action='append', default=[], help='SUFFIX=VALUE beside or instead of the usual ones')
    args = parser.parse_args()
    os.makedirs(args.dir + '/certs', exist_ok=True)
    key = args.dir + '/key.pem'
    if not os.path.exists(key):
        run('openssl', 'genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', key)
    now = datetime.datetime.now(datetime.timezone.utc)
    made = now - datetime.timedelta(seconds=args.age)
    signed = now - datetime.timedelta(seconds=args.age if args.sign_age is None else args.sign_age)
    own = dict(extension.split('=', 1) for extension in args.extension)
    usual = {'.1': args.ap and 'ASN1:UTF8String:' + args.ap, '.2': args.iam and 'ASN1:SEQUENCE:auth',
             '.3': 'ASN1:UTF8String:' + args.fs, '.4': 'ASN1:SEQUENCE:info'}
    extensions = {ARC + suffix: value for suffix, value in {**usual, **own}.items() if value}
    token = os.environ.get('AWS_SESSION_TOKEN')
    with open(args.dir + '/openssl.cnf', 'w', encoding='utf-8') as f:
        f.write(CONFIG.format(
            dir=args.dir, extensions='\n'.join(f'{oid} = {value}' for oid, value in extensions.items()),
            key_id=os.environ.get('AWS_ACCESS_KEY_ID', 'none'), signed=signed,
            signature=sign(args, args.hash or key_hash(key), signed) if args.iam else '0' * 64,
            token='session_token = EXPLICIT:0,UTF8String:' + token if token else '',
            source=(' ' if args.renewed else '') + args.source, version=(' ' if args.renewed else '') + '3.2.0'))
    for name, text in ('index.txt', ''), ('index.txt.attr', 'unique_subject = no\n'), ('serial', f'{args.serial:02X}\n'):
        with open(f'{args.dir}/{name}', 'w', encoding='utf-8') as f:
            f.write(text)
    run('openssl', 'req', '-new', '-config', args.dir + '/openssl.cnf', '-key', key, '-out', args.dir + '/request.csr')
    start, end = made - datetime.timedelta(minutes=15), made + datetime.timedelta(seconds=args.life)
    run('openssl', 'ca', '-startdate', f'{start:%y%m%d%H%M%SZ}', '-enddate', f'{end:%y%m%d%H%M%SZ}', '-selfsign', '-batch',
        '-notext', '-config', args.dir + '/openssl.cnf', '-in', args.dir + '/request.csr', '-out', args.dir + '/cert.pem',
        '-keyfile', key)


main()
