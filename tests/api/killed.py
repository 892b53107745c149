#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""kefsd is killed at each of its fail points (helper/common/fail.h) in each call that changes something, and now and then
again while it starts. After each death: store, kernel, addresses, listeners, packet filter, names and directories agree;
what was answered is there; what was not is there as a whole or not at all; and the same call again comes out right.

killed.py [--kills N] [--seed S] [--only WORD] KEFSD CONF: N deaths drawn at random with that seed, or all of them.
CONF names state_dir, run_dir, pool, listen, api_listen and subnets, and says dns = off. With KEFS_FAKE_DIR in the
environment KEFSD is kefsd-fake, which keeps its kernel, addresses and packet filter there; else they are this host's.
"""
import argparse
import glob
import http.client
import json
import mmap
import os
import random
import re
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

FAKE = os.environ.get('KEFS_FAKE_DIR')
MANY = 1 << 30


class Local(http.client.HTTPConnection):
    """HTTP over kefsd's control socket."""

    def __init__(self, path):
        super().__init__('localhost', timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(self.path)


class Kefsd:
    def __init__(self, program, conf):
        self.argv = [program, '--config', conf, '--foreground']
        with open(conf, encoding='utf-8') as f:
            self.conf = dict(re.findall(r'^(\w+) *= *(.*?) *$', f.read(), re.M))
        self.run, self.state = self.conf['run_dir'], self.conf['state_dir']
        self.pool = self.conf.get('pool', self.state + '/pool')
        self.log = open(os.path.join(self.state + '.log'), 'a', encoding='utf-8')
        page = self.state + '.fail'
        with open(page, 'wb') as f:
            os.fchmod(f.fileno(), 0o600)
            f.write(bytes(64))
        with open(page, 'r+b') as f:
            self.page = mmap.mmap(f.fileno(), 64)
        self.env = dict(os.environ, KEFS_FAIL_FILE=page)
        self.process = None

    def arm(self, hits):
        self.page[0:4] = struct.pack('=i', hits)

    def left(self):
        return struct.unpack('=i', self.page[0:4])[0]

    def point(self):
        return self.page[4:64].split(b'\0')[0].decode()

    def ask(self, path):
        connection = Local(self.run + '/kefsd.sock')
        try:
            connection.request('GET', path)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def start(self, hits=0):
        """True: it is ready; False: it died of a fail point on the way."""
        self.arm(hits)
        self.process = subprocess.Popen(self.argv, env=self.env, stderr=self.log, stdout=self.log)
        end = time.time() + 60
        while time.time() < end:
            if self.process.poll() is not None:
                if self.process.returncode == -signal.SIGKILL and hits:
                    return False
                raise RuntimeError(f'kefsd ended with status {self.process.returncode}, see {self.log.name}')
            try:
                if self.ask('/kefs/v1/status')['Pid'] == self.process.pid:
                    return not hits or self.disarm()
            except (OSError, http.client.HTTPException, ValueError):
                pass
            time.sleep(0.01)
        raise RuntimeError('kefsd does not become ready')

    def disarm(self):
        """No point is its last one any more. False: one was already, perhaps after what its caller has seen of it (the
        answer that it is ready is followed by one), and it is dead. It stands still meanwhile: else it could hit its last
        between a look at the count and the change."""
        self.process.send_signal(signal.SIGSTOP)
        if self.process.returncode is None:
            os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        dying = self.left() <= 0
        self.arm(0)
        self.process.send_signal(signal.SIGCONT)
        if dying:
            self.process.wait(10)
        return not dying

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)


class World:
    """What there is beside kefsd, and whether it agrees."""

    # Of no consequence, or drawn anew each time
    DRAWN = {'handle_key', 'volume_id', 'project_id', 'created_ms', 'updated_ms', 'provisioned_ms', 'secret', 'token',
             'expires_sec', 'last_version'}
    ID = re.compile(r'\b(?:fs|fsap|fsmt|eni|sg|sgr)-[0-9a-f]+|\b[A-Z0-9]{16,}\b|[0-9a-f]{8}-[0-9a-f-]{27}')

    def __init__(self, kefsd):
        self.kefsd = kefsd
        self.topology = kefsd.ask('/kefs/v1/topology')
        self.db = sqlite3.connect(f'file:{kefsd.state}/kefs.db?mode=ro', uri=True)
        self.db.row_factory = sqlite3.Row

    def rows(self, sql):
        return [dict(row) for row in self.db.execute(sql)]

    def column(self, sql):
        return sorted(row[0] for row in self.db.execute(sql))

    def content(self):
        """All that the store holds, but for what is drawn."""
        tables = [t for t in self.column("SELECT name FROM sqlite_schema WHERE type = 'table'") if t != 'settings']
        return sorted(f'{table} ' + self.ID.sub('ID', repr([(k, v) for k, v in row.items() if k not in self.DRAWN]))
                      for table in tables for row in self.rows(f'SELECT * FROM {table}'))

    def settled(self):
        """Nothing is on its way; waits for the background's work."""
        end = time.time() + 30
        while time.time() < end:
            if not self.column("SELECT 1 FROM file_systems WHERE life_cycle_state = 'deleting'") and \
                    not os.listdir(self.kefsd.pool + '/trash'):
                return
            time.sleep(0.02)

    def addresses(self):
        if FAKE:
            with open(FAKE + '/addresses', 'rb') as f:
                numbers = struct.unpack('=64I', f.read())
            return sorted(socket.inet_ntoa(struct.pack('!I', n)) for n in numbers if n)
        shown = json.loads(subprocess.check_output(['ip', '-j', '-4', 'addr']))
        return sorted(a['local'] for link in shown for a in link['addr_info'] if str(a.get('protocol')) in ('75', '0x4b'))

    @staticmethod
    def listeners():
        with open('/proc/net/tcp', encoding='ascii') as f:
            lines = [line.split() for line in f][1:]
        places = [line[1].split(':') for line in lines if line[3] == '0A']
        return sorted(socket.inet_ntoa(struct.pack('=I', int(a, 16))) for a, port in places if int(port, 16) == 2049)

    @staticmethod
    def in_use(chains):
        """Without those of groups that no target has."""
        jumps = {line for lines in chains.values() for line in lines if isinstance(line, str) and line.startswith('jump ')}
        return {name: lines for name, lines in chains.items() if not name.startswith('sg_') or 'jump ' + name in jumps}

    def chains(self):
        """The packet filter: chain to its lines, in any order."""
        if FAKE:
            with open(FAKE + '/nft', encoding='ascii') as f:
                text = f.read()
        else:
            text = subprocess.run(['nft', 'list', 'table', 'inet', 'kefs'], capture_output=True, text=True, check=False).stdout
        found = {}
        for name, body in re.findall(r'^\tchain (\w+) \{\n(.*?)^\t\}', text, re.M | re.S):
            found[name] = sorted(line.strip().replace('"', '') for line in body.splitlines() if line.strip())
        found['input'] = sorted(re.findall(r'([\d.]+) : goto (\w+)', ' '.join(found.get('input', []))))
        return self.in_use(found)

    def chains_wanted(self):
        """The same from the store: groups with rules for CIDR blocks and their own members, as the calls make them."""
        wanted, targets = {}, {}
        vpcs = {v['DefaultSecurityGroupId']: v['VpcId'] for v in self.topology['Vpcs']}
        for group in self.column('SELECT id FROM security_groups'):
            lines = []
            for rule in self.rows('SELECT * FROM security_group_rules WHERE egress = 0'):
                if rule['group_id'] != group or rule['protocol'] not in (-1, 6):
                    continue
                if rule['protocol'] == 6 and not rule['from_port'] <= 2049 <= rule['to_port']:
                    continue
                if rule['source'].startswith('sg-'):
                    if rule['source'] in vpcs:
                        lines += ['iif lo accept'] + [f"ip saddr {s['CidrBlock']} accept" for s in self.topology['Subnets']
                                                      if s['VpcId'] == vpcs[rule['source']]]
                else:
                    lines.append(f"ip saddr {rule['source']} accept")
            wanted['sg_' + group[3:]] = sorted(lines)
        for target in self.rows('SELECT id, address FROM mount_targets'):
            groups = self.column(f"SELECT group_id FROM mount_target_groups WHERE mount_target_id = '{target['id']}'")
            name = f"to_{target['address']:08x}"
            wanted[name] = sorted([f'jump sg_{g[3:]}' for g in groups] + ['drop'])
            targets[socket.inet_ntoa(struct.pack('!I', target['address']))] = name
        wanted['input'] = sorted(targets.items())
        return self.in_use(wanted)

    def address(self, target):
        return socket.inet_ntoa(struct.pack('!I', self.column(f"SELECT address FROM mount_targets WHERE id = '{target}'")[0]))

    def names(self):
        """Per view of a zone and VPC: file to its address."""
        found = {}
        for view in sorted(os.listdir(self.kefsd.run + '/dns')):
            found[view] = {}
            for path in glob.glob(f'{self.kefsd.run}/dns/{view}/hosts/*') + glob.glob(f'{self.kefsd.run}/dns/{view}/hosts/.*'):
                with open(path, encoding='ascii') as f:
                    found[view][os.path.basename(path)] = f.read().split(' ')[0]
        return found

    def names_wanted(self):
        targets = self.rows('SELECT id, vpc_id, address FROM mount_targets')
        return {f"{s['AvailabilityZoneName']}.{s['VpcId']}":
                {t['id']: socket.inet_ntoa(struct.pack('!I', t['address'])) for t in targets if t['vpc_id'] == s['VpcId']}
                for s in self.topology['Subnets']}

    def orphans(self):
        owners = ' UNION '.join(f'SELECT id FROM {t}' for t in (
            'file_systems', 'access_points', 'mount_targets', 'identities', 'managed_policies', 'security_groups',
            'security_group_rules'))
        found = self.column(f'SELECT resource_id FROM tags WHERE resource_id NOT IN ({owners})')
        found += self.column('SELECT owner_id FROM policy_principals WHERE owner_id NOT IN (SELECT file_system_id FROM '
                             "file_system_policies UNION SELECT id FROM identities WHERE trust_policy != '')")
        for text, owner in self.db.execute('SELECT policy, file_system_id FROM file_system_policies UNION '
                                           "SELECT trust_policy, id FROM identities WHERE trust_policy != ''"):
            meant = self.column(f"SELECT principal FROM policy_principals WHERE owner_id = '{owner}'")
            found += [f'{owner} means {arn}' for arn in re.findall(r'arn:aws:iam::\d+:(?:user|role)/[\w/-]+', text)
                      if arn not in meant]
        return found

    def check(self):
        """What does not agree, in words."""
        self.settled()
        fs = self.rows('SELECT id, directory, life_cycle_state FROM file_systems')
        ips = sorted(socket.inet_ntoa(struct.pack('!I', a)) for a in self.column('SELECT address FROM mount_targets'))
        connections = self.kefsd.ask('/kefs/v1/connections')['Connections']
        closed = self.column('SELECT file_system_id FROM file_system_policies')
        kernel = [s['FileSystemId'] for s in self.kefsd.ask('/kefs/v1/stats')['FileSystems']]
        pairs = {
            'integrity': (self.column('PRAGMA integrity_check') + self.rows('PRAGMA foreign_key_check'), ['ok']),
            'orphans': (self.orphans(), []),
            'states': (sorted({f['life_cycle_state'] for f in fs} | set(self.column('SELECT life_cycle_state FROM mount_targets'))
                              | set(self.column('SELECT life_cycle_state FROM access_points')) - {'available'}) or ['available'],
                       ['available']),
            'kernel': (sorted(kernel), sorted(f['id'] for f in fs)),
            'directories': (sorted(os.listdir(self.kefsd.pool + '/file-systems')),
                            sorted(os.path.basename(f['directory']) for f in fs)),
            'records': (sorted(os.listdir(self.kefsd.pool + '/recovery')), sorted(f['id'] for f in fs)),
            'trash': (os.listdir(self.kefsd.pool + '/trash'), []),
            'addresses': (self.addresses(), ips),
            'listeners': ([a for a in self.listeners() if a in ips or a in self.strange()], ips),
            'filter': (self.chains(), self.chains_wanted()),
            'names': (self.names(), self.names_wanted()),
            'connections': ([c for c in connections if c['LocalAddress'].rsplit(':', 1)[0] not in ips], []),
            # Anonymous ones: a policy here is for somebody else
            'grants': (sorted({(c['FileSystemId'], c['Access']) for c in connections}),
                       sorted({(c['FileSystemId'], c['FileSystemId'] not in closed) for c in connections})),
        }
        return [f'{what}: there is {have}, the store says {want}' for what, (have, want) in pairs.items() if have != want]

    def strange(self):
        """Addresses of the subnets: nobody else listens there."""
        networks = [s['CidrBlock'].split('.')[:2] for s in self.topology['Subnets']]
        return [a for a in self.listeners() if a.split('.')[:2] in networks]


class Calls:
    """The calls: what must be there before, the call itself, what answers it may get when it had been carried out already,
    and the way back."""

    def __init__(self, world):
        admin = world.kefsd.ask('/kefs/v1/admin-key')
        options = {'endpoint_url': 'http://' + world.kefsd.conf['api_listen'], 'region_name': world.topology['Region'],
                   'aws_access_key_id': admin['AccessKeyId'], 'aws_secret_access_key': admin['SecretAccessKey'],
                   'config': Config(retries={'max_attempts': 0}, parameter_validation=False, connect_timeout=5,
                                    read_timeout=60)}
        self.efs, self.iam, self.ec2 = (boto3.client(s, **options) for s in ('efs', 'iam', 'ec2'))
        self.account = world.topology['Account']
        self.subnets = [s['SubnetId'] for s in world.topology['Subnets']]
        self.world = world
        self.has, self.fs_ever, self.sockets = {}, None, []

    def ever(self):
        """What is there all the while."""
        fs = self.efs.create_file_system(CreationToken='ever', Tags=[{'Key': 'Name', 'Value': 'ever'}])['FileSystemId']
        self.fs_ever = fs
        self.reach(self.efs.create_mount_target(FileSystemId=fs, SubnetId=self.subnets[0])['IpAddress'])
        self.efs.create_access_point(FileSystemId=fs, ClientToken='ever', RootDirectory={'Path': '/ever'})
        self.iam.create_user(UserName='ever')

    def fs_id(self):
        found = self.efs.describe_file_systems(CreationToken='t')['FileSystems']
        return found[0]['FileSystemId'] if found else 'fs-0123456789abcdef0'

    def target_id(self):
        found = self.world.column(f"SELECT id FROM mount_targets WHERE file_system_id = '{self.fs_id()}'")
        return found[0] if found else 'fsmt-0123456789abcdef0'

    def point_id(self):
        found = self.world.column("SELECT id FROM access_points WHERE client_token = 'p'")
        return found[0] if found else 'fsap-0123456789abcdef0'

    def group_id(self):
        found = self.world.column("SELECT id FROM security_groups WHERE name = 'g'")
        return found[0] if found else 'sg-0123456789abcdef0'

    def policy_arn(self):
        return f'arn:aws:iam::{self.account}:policy/m'

    def document(self, action, **more):
        return json.dumps({'Version': '2012-10-17', 'Statement': [dict({'Effect': 'Allow', 'Action': action}, **more)]})

    # --- what makes something; the argument of each is what the call is for ---
    def create_file_system(self):
        return self.efs.create_file_system(CreationToken='t', Backup=True, Encrypted=True,
                                           Tags=[{'Key': 'Name', 'Value': 'n'}, {'Key': 'a', 'Value': 'b'}])

    def delete_file_system(self):
        return self.efs.delete_file_system(FileSystemId=self.has['fs'])

    def create_mount_target(self):
        return self.efs.create_mount_target(FileSystemId=self.has['fs'], SubnetId=self.subnets[1])

    def delete_mount_target(self):
        return self.efs.delete_mount_target(MountTargetId=self.has['target'])

    def reach(self, address=None):
        """A connection, which the kernel has when this returns."""
        ip = address or self.world.address(self.has['target'])
        client = socket.create_connection((ip, 2049), 10)
        # NULL of NFSv4, without credentials
        client.sendall(struct.pack('!11I', 0x80000028, 1, 0, 2, 100003, 4, 0, 0, 0, 0, 0))
        self.sockets.append(client)
        end = time.time() + 10
        while not any(c['LocalAddress'] == f'{ip}:2049' for c in self.world.kefsd.ask('/kefs/v1/connections')['Connections']):
            if time.time() > end:
                raise RuntimeError(f'{ip} cannot be reached')
            time.sleep(0.01)

    def set_groups(self):
        return self.efs.modify_mount_target_security_groups(MountTargetId=self.has['target'],
                                                            SecurityGroups=[self.has['group']])

    def create_access_point(self):
        return self.efs.create_access_point(
            FileSystemId=self.has['fs'], ClientToken='p', PosixUser={'Uid': 1, 'Gid': 2, 'SecondaryGids': [3]},
            RootDirectory={'Path': '/a/b', 'CreationInfo': {'OwnerUid': 1, 'OwnerGid': 2, 'Permissions': '750'}},
            Tags=[{'Key': 'Name', 'Value': 'p'}])

    def delete_access_point(self):
        return self.efs.delete_access_point(AccessPointId=self.has['point'])

    def put_policy(self):
        return self.efs.put_file_system_policy(
            FileSystemId=self.fs_ever, BypassPolicyLockoutSafetyCheck=True,
            Policy=self.document('elasticfilesystem:ClientMount',
                                 Principal={'AWS': [f'arn:aws:iam::{self.account}:user/ever']}))

    def delete_policy(self):
        return self.efs.delete_file_system_policy(FileSystemId=self.fs_ever)

    def tag(self):
        return self.efs.tag_resource(ResourceId=self.has['fs'], Tags=[{'Key': f'k{i}', 'Value': 'v'} for i in range(5)])

    def untag(self):
        return self.efs.untag_resource(ResourceId=self.has['fs'], TagKeys=['Name', 'a'])

    def lifecycle(self):
        return self.efs.put_lifecycle_configuration(FileSystemId=self.has['fs'],
                                                    LifecyclePolicies=[{'TransitionToIA': 'AFTER_7_DAYS'}])

    def backup(self):
        return self.efs.put_backup_policy(FileSystemId=self.has['fs'], BackupPolicy={'Status': 'DISABLED'})

    def update(self):
        return self.efs.update_file_system(FileSystemId=self.has['fs'], ThroughputMode='elastic')

    def create_user(self):
        return self.iam.create_user(UserName='u', Path='/x/', Tags=[{'Key': 'a', 'Value': 'b'}, {'Key': 'c', 'Value': 'd'}])

    def delete_user(self):
        return self.iam.delete_user(UserName='u')

    def create_key(self):
        return self.iam.create_access_key(UserName='u')

    def user_policy(self):
        return self.iam.put_user_policy(UserName='u', PolicyName='i', PolicyDocument=self.document('*', Resource='*'))

    def create_role(self):
        return self.iam.create_role(
            RoleName='r', Tags=[{'Key': 'a', 'Value': 'b'}], Description='d',
            AssumeRolePolicyDocument=self.document('sts:AssumeRole',
                                                   Principal={'AWS': f'arn:aws:iam::{self.account}:user/ever'}))

    def new_trust(self):
        return self.iam.update_assume_role_policy(
            RoleName='r', PolicyDocument=self.document('sts:AssumeRole',
                                                       Principal={'AWS': f'arn:aws:iam::{self.account}:user/x/u'}))

    def delete_role(self):
        return self.iam.delete_role(RoleName='r')

    def create_managed(self):
        return self.iam.create_policy(PolicyName='m', PolicyDocument=self.document('*', Resource='*'))

    def new_version(self):
        return self.iam.create_policy_version(PolicyArn=self.policy_arn(), SetAsDefault=True,
                                              PolicyDocument=self.document('efs:*', Resource='*'))

    def attach(self):
        return self.iam.attach_user_policy(UserName='u', PolicyArn=self.policy_arn())

    def create_group(self):
        return self.ec2.create_security_group(GroupName='g', Description='d', TagSpecifications=[
            {'ResourceType': 'security-group', 'Tags': [{'Key': 'a', 'Value': 'b'}]}])

    def delete_group(self):
        return self.ec2.delete_security_group(GroupId=self.has['group'])

    def rule(self):
        return [{'IpProtocol': 'tcp', 'FromPort': 2049, 'ToPort': 2049,
                 'IpRanges': [{'CidrIp': '10.1.0.0/16'}, {'CidrIp': '10.2.0.0/16'}]}]

    def authorize(self):
        return self.ec2.authorize_security_group_ingress(GroupId=self.has['group'], IpPermissions=self.rule())

    def revoke(self):
        return self.ec2.revoke_security_group_ingress(GroupId=self.has['group'], IpPermissions=self.rule())

    # --- the table ---
    # name: (what is made before, what the call answers when it had been carried out)
    TABLE = {
        'create_file_system': ('', 'FileSystemAlreadyExists'),
        'delete_file_system': ('create_file_system', 'FileSystemNotFound FileSystemAlreadyExists IncorrectFileSystemLifeCycleState'),
        'create_mount_target': ('create_file_system', 'MountTargetConflict'),
        'delete_mount_target': ('create_file_system create_mount_target reach', 'MountTargetNotFound'),
        'set_groups': ('create_group authorize create_file_system create_mount_target', ''),
        'create_access_point': ('create_file_system', 'AccessPointAlreadyExists'),
        'delete_access_point': ('create_file_system create_access_point', 'AccessPointNotFound'),
        'put_policy': ('', ''),
        'delete_policy': ('put_policy', ''),
        'tag': ('create_file_system', ''),
        'untag': ('create_file_system', ''),
        'lifecycle': ('create_file_system', ''),
        'backup': ('create_file_system', ''),
        'update': ('create_file_system', ''),
        'create_user': ('', 'EntityAlreadyExists'),
        'delete_user': ('create_user', 'NoSuchEntity'),
        'create_key': ('create_user', None),
        'user_policy': ('create_user', ''),
        'create_role': ('', 'EntityAlreadyExists'),
        'new_trust': ('create_user create_role', ''),
        'delete_role': ('create_role', 'NoSuchEntity'),
        'create_managed': ('', 'EntityAlreadyExists'),
        'new_version': ('create_managed', None),
        'attach': ('create_user create_managed', ''),
        'create_group': ('', 'InvalidGroup.Duplicate'),
        'delete_group': ('create_group authorize', 'InvalidGroup.NotFound'),
        'authorize': ('create_group', 'InvalidPermission.Duplicate'),
        'revoke': ('create_group authorize', 'InvalidPermission.NotFound'),
    }

    def look(self):
        self.has = {'fs': self.fs_id(), 'target': self.target_id(), 'point': self.point_id(), 'group': self.group_id()}

    def make(self, names):
        for name in names.split():
            self.look()
            getattr(self, name)()
        self.look()

    def clear(self):
        """Takes away all but what is there all the while."""
        efs, iam, ec2, fs = self.efs, self.iam, self.ec2, self.fs_id()
        for client in self.sockets[1:]:
            client.close()
        del self.sockets[1:]
        efs.delete_file_system_policy(FileSystemId=self.fs_ever)
        for target in self.world.column(f"SELECT id FROM mount_targets WHERE file_system_id = '{fs}'"):
            efs.delete_mount_target(MountTargetId=target)
        if efs.describe_file_systems(CreationToken='t')['FileSystems']:
            efs.delete_file_system(FileSystemId=fs)
        if self.world.column("SELECT id FROM security_groups WHERE name = 'g'"):
            ec2.delete_security_group(GroupId=self.group_id())
        if 'u' in self.world.column('SELECT name FROM identities'):
            for key in iam.list_access_keys(UserName='u')['AccessKeyMetadata']:
                iam.delete_access_key(UserName='u', AccessKeyId=key['AccessKeyId'])
            for name in iam.list_user_policies(UserName='u')['PolicyNames']:
                iam.delete_user_policy(UserName='u', PolicyName=name)
            for had in iam.list_attached_user_policies(UserName='u')['AttachedPolicies']:
                iam.detach_user_policy(UserName='u', PolicyArn=had['PolicyArn'])
            iam.delete_user(UserName='u')
        if 'r' in self.world.column('SELECT name FROM identities'):
            iam.delete_role(RoleName='r')
        if self.world.column("SELECT id FROM managed_policies WHERE name = 'm'"):
            for version in iam.list_policy_versions(PolicyArn=self.policy_arn())['Versions']:
                if not version['IsDefaultVersion']:
                    iam.delete_policy_version(PolicyArn=self.policy_arn(), VersionId=version['VersionId'])
            iam.delete_policy(PolicyArn=self.policy_arn())
        self.world.settled()


class Test:
    def __init__(self, kefsd, seed):
        self.kefsd, self.random = kefsd, random.Random(seed)
        kefsd.start()
        self.world = World(kefsd)
        self.calls = Calls(self.world)
        self.calls.ever()
        self.nothing = self.world.content()
        self.failures = self.deaths = 0
        self.points = set()
        self.agree('at first')

    def complain(self, where, text):
        self.failures += 1
        print(f'not ok - {where}: {text}', flush=True)

    def agree(self, where):
        for text in self.world.check():
            self.complain(where, text)

    def once(self, name):
        """The code of its error, '' if it is answered as it should be, or None if there is no answer."""
        try:
            getattr(self.calls, name)()
            return ''
        except ClientError as error:
            return error.response['Error']['Code']
        except (BotoCoreError, OSError):
            return None

    def learn(self, name):
        """What the call makes of the store, and how many points it hits."""
        before, _ = self.calls.TABLE[name]
        self.calls.make(before)
        was = self.world.content()
        self.kefsd.arm(MANY)
        code = self.once(name)
        self.world.settled()
        hits = MANY - self.kefsd.left()
        self.kefsd.arm(0)
        if code != '':
            self.complain(name, f'alone it gets {code}')
        self.agree(name)
        after = self.world.content()
        self.calls.clear()
        if self.world.content() != self.nothing:
            self.complain(name, 'it cannot be cleared away')
        return was, after, hits

    def die(self, name, learned, n):
        before, codes = self.calls.TABLE[name]
        was, after, _ = learned
        self.calls.make(before)
        self.kefsd.arm(n)
        code = self.once(name)
        if code == '':
            self.world.settled()
        dead = not self.kefsd.disarm()
        where = f'{name}, killed at {n}, {self.kefsd.point()}'
        if code not in ('', None):
            self.complain(where, f'it got {code}')
        if dead:
            self.deaths += 1
            self.points.add(self.kefsd.point())
            if self.random.random() < 0.25 and not self.kefsd.start(self.random.randrange(1, 60)):
                self.deaths += 1
                where += f', and at {self.kefsd.point()} when it started'
            elif self.kefsd.process.poll() is None:
                return self.judge(name, where, code, codes, was, after)
            self.kefsd.start()
        return self.judge(name, where, code, codes, was, after)

    def judge(self, name, where, code, codes, was, after):
        if code is None and codes is not None and self.random.random() < 0.5:
            return self.at_once(name, where, codes, after)
        self.agree(where)
        now = self.world.content()
        if code == '' and now != after:
            self.complain(where, f'it was answered, and is not there: {set(now) ^ set(after)}')
        if now not in (was, after):
            self.complain(where, f'something half is there: {sorted(set(now) - set(was))}, wanted {sorted(set(after) - set(was))}')
        if codes is not None or now == was:
            again = self.once(name)
            if now == was and again != '' or again != '' and again not in (codes or '').split():
                self.complain(where, f'again it gets {again}')
            self.world.settled()
            if self.world.content() != after:
                self.complain(where, f'and then it is not as it should be: {set(self.world.content()) ^ set(after)}')
        self.calls.clear()

    def at_once(self, name, where, codes, after):
        """The same again, before anything of the last time can have come to its end."""
        again = self.once(name)
        if again != '' and again not in codes.split():
            self.complain(where, f'again at once it gets {again}')
        self.agree(where + ', and then again')
        if self.world.content() != after:
            self.complain(where, f'again at once makes it {set(self.world.content()) ^ set(after)}')
        self.calls.clear()

    def run(self, kills, only):
        names = [n for n in self.calls.TABLE if only in n]
        learned = {name: self.learn(name) for name in names}
        todo = [(name, n) for name in names for n in range(1, learned[name][2] + 1)]
        all_points = len(todo)
        if kills:
            todo = sorted(self.random.sample(todo, min(kills, len(todo))))
        for name, n in todo:
            self.die(name, learned[name], n)
        self.kefsd.stop()
        print(f'{len(names)} calls with {all_points} points: killed {self.deaths} times at {len(self.points)} kinds of '
              f'points ({", ".join(sorted(self.points))}), {self.failures} complaints')
        return self.failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--kills', type=int, default=0)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--only', default='')
    parser.add_argument('kefsd')
    parser.add_argument('conf')
    args = parser.parse_args()
    kefsd = Kefsd(args.kefsd, args.conf)
    try:
        sys.exit(1 if Test(kefsd, args.seed).run(args.kills, args.only) else 0)
    finally:
        kefsd.stop()


main()
