#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What the API lets whom do, on which resource, under which condition, and the ways around it that there must not be.

Wants what iam.py and ec2.py want. It deletes what it makes.
"""
import json
import os
import unittest
import urllib.error
import urllib.request

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import iam
from iam import ACCOUNT, client, policy

ENDPOINT, REGION = os.environ['AWS_ENDPOINT_URL'], os.environ['AWS_REGION']
SUBNETS = json.loads(os.environ['KEFS_TOPOLOGY'])['Subnets']
ADMIN = 'arn:aws:iam::aws:policy/AdministratorAccess'


def statement(action, effect='Allow', resource='*', **condition):
    return dict({'Effect': effect, 'Action': action, 'Resource': resource},
                **{'Condition': condition} if condition else {})


def document(*statements):
    return json.dumps({'Version': '2012-10-17', 'Statement': statements})


def raw(key, method, path, body=None):
    """A call of the EFS API with a body that boto3 would not send: its status."""
    data = json.dumps(body).encode() if body is not None else b''
    request = AWSRequest(method=method, url=ENDPOINT + '/2015-02-01' + path, data=data,
                         headers={'Content-Type': 'application/json'})
    SigV4Auth(Credentials(key['AccessKeyId'], key['SecretAccessKey']), 'elasticfilesystem', REGION).add_auth(request)
    try:
        with urllib.request.urlopen(urllib.request.Request(request.url, data=data, method=method,
                                                           headers=dict(request.headers))) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


class Case(iam.Case):
    def setUp(self):
        super().setUp()
        self.ec2 = client('ec2')

    def tearDown(self):
        for fs in self.efs.describe_file_systems()['FileSystems']:
            for target in self.efs.describe_mount_targets(FileSystemId=fs['FileSystemId'])['MountTargets']:
                self.efs.delete_mount_target(MountTargetId=target['MountTargetId'])
        for group in self.ec2.describe_security_groups()['SecurityGroups']:
            if group['GroupName'] != 'default':
                self.ec2.delete_security_group(GroupId=group['GroupId'])
        super().tearDown()

    def fs(self, token, **more):
        return self.efs.create_file_system(CreationToken=token, **more)

    def target(self, fs, **more):
        return self.efs.create_mount_target(FileSystemId=fs['FileSystemId'], SubnetId=SUBNETS[0]['SubnetId'], **more)

    def group(self, name='prod'):
        return self.ec2.create_security_group(GroupName=name, Description='d')['GroupId']

    def service(self, name, service, *statements):
        """A client of a new user with that policy."""
        return client(service, self.user(name, document(*statements)))


def group_arn(group):
    return f'arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/{group}'


class EfsResources(Case):
    def setUp(self):
        super().setUp()
        self.mine, other = self.fs('mine'), self.fs('other')
        self.other, self.point = other['FileSystemId'], self.efs.create_access_point(FileSystemId=other['FileSystemId'])
        self.mount = self.target(other)['MountTargetId']
        self.key = self.user('Ann', document(statement('elasticfilesystem:*', resource=self.mine['FileSystemArn']),
                                             statement('ec2:*')))

    def test_strangers_in_the_body(self):
        """What the body says that the operation does not know names no resource."""
        point, mount, other = self.point['AccessPointId'], self.mount, self.other
        calls = [('DELETE', f'/access-points/{point}', {}), ('DELETE', f'/mount-targets/{mount}', {}),
                 ('GET', f'/mount-targets/{mount}/security-groups', {}),
                 ('PUT', f'/mount-targets/{mount}/security-groups', {'SecurityGroups': []}),
                 ('POST', f'/resource-tags/{other}', {'Tags': [{'Key': 'k', 'Value': 'v'}]}),
                 ('DELETE', f'/resource-tags/{other}?tagKeys=k', {}), ('GET', f'/resource-tags/{other}', {}),
                 ('PUT', '/account-preferences', {'ResourceIdType': 'LONG_ID'}), ('GET', '/account-preferences', {}),
                 ('POST', '/file-systems', {'CreationToken': 'x'}), ('GET', '/file-systems', {}),
                 ('DELETE', f'/file-systems/{other}', {}), ('GET', f'/mount-targets?MountTargetId={mount}', {}),
                 ('GET', f'/access-points?AccessPointId={point}', {})]
        for method, path, body in calls:
            for stranger in ('FileSystemId', 'SourceFileSystemId', 'ResourceId', 'AccessPointId', 'MountTargetId'):
                with self.subTest(method + path + ' ' + stranger):
                    self.assertEqual(raw(self.key, method, path, dict(body, **{stranger: self.mine['FileSystemId']})), 403)
        self.efs.describe_mount_targets(MountTargetId=mount)

    def test_policy_of_no_file_system(self):
        """The policy of a file system has no say in what is not about it."""
        self.efs.put_file_system_policy(FileSystemId=self.mine['FileSystemId'], Policy=document(
            {'Effect': 'Allow', 'Principal': '*', 'Action': 'elasticfilesystem:*'}))
        key = self.user('Bob')
        named = {'FileSystemId': self.mine['FileSystemId']}
        self.assertEqual(raw(key, 'POST', '/file-systems', dict(named, CreationToken='x')), 403)
        self.assertEqual(raw(key, 'DELETE', f'/mount-targets/{self.mount}', named), 403)


class EfsDependents(Case):
    """What an operation needs besides its own action."""
    def test_tags(self):
        deny = statement('elasticfilesystem:TagResource', 'Deny')
        efs = self.service('Ann', 'efs', statement('elasticfilesystem:*'), deny)
        tags = {'Tags': [{'Key': 'k', 'Value': 'v'}]}
        self.refused('AccessDeniedException', efs.create_file_system, CreationToken='t', **tags, message='TagResource')
        fs = efs.create_file_system(CreationToken='t')['FileSystemId']
        efs.create_file_system(CreationToken='u', Tags=[])
        self.refused('AccessDeniedException', efs.create_access_point, FileSystemId=fs, **tags, message='TagResource')
        efs.create_access_point(FileSystemId=fs)
        only = statement('elasticfilesystem:TagResource',
                         StringEquals={'elasticfilesystem:CreateAction': 'CreateAccessPoint'})
        efs = self.service('Bob', 'efs', statement('elasticfilesystem:Create*'), only)
        self.refused('AccessDeniedException', efs.create_file_system, CreationToken='v', **tags)
        efs.create_access_point(FileSystemId=fs, **tags)
        self.refused('AccessDeniedException', efs.tag_resource, ResourceId=fs, **tags)

    def test_mount_target(self):
        fs, group, subnet = self.fs('t')['FileSystemId'], self.group(), SUBNETS[0]['SubnetId']
        arn = f'arn:aws:ec2:{REGION}:{ACCOUNT}:'
        create = {'FileSystemId': fs, 'SubnetId': subnet, 'SecurityGroups': [group]}
        denied = [('ec2:DescribeSubnets', '*'), ('ec2:DescribeNetworkInterfaces', '*'), ('ec2:CreateNetworkInterface', '*'),
                  ('ec2:CreateNetworkInterface', arn + 'network-interface/*'),
                  ('ec2:CreateNetworkInterface', arn + 'subnet/' + subnet),
                  ('ec2:CreateNetworkInterface', arn + 'security-group/' + group)]
        for i, (action, resource) in enumerate(denied):
            with self.subTest(action + resource):
                efs = self.service(f'a{i}', 'efs', statement('*'), statement(action, 'Deny', resource))
                self.refused('AccessDeniedException', efs.create_mount_target, message=action, **create)
        efs = self.service('poor', 'efs', statement('elasticfilesystem:*'))
        self.refused('AccessDeniedException', efs.create_mount_target, message='ec2:', **create)
        other = self.service('other', 'efs', statement('*'), statement('*', 'Deny', arn + 'subnet/subnet-00000000'),
                             statement('*', 'Deny', arn + 'security-group/sg-00000000'))
        made = other.create_mount_target(**create)
        target = {'MountTargetId': made['MountTargetId']}
        interface = arn + 'network-interface/' + made['NetworkInterfaceId']
        calls = [('ec2:ModifyNetworkInterfaceAttribute', interface, 'modify_mount_target_security_groups', {'SecurityGroups': [group]}),
                 ('ec2:ModifyNetworkInterfaceAttribute', arn + 'security-group/' + group, 'modify_mount_target_security_groups',
                  {'SecurityGroups': [group]}),
                 ('ec2:DescribeNetworkInterfaceAttribute', '*', 'describe_mount_target_security_groups', {}),
                 ('ec2:DeleteNetworkInterface', interface, 'delete_mount_target', {})]
        for i, (action, resource, name, more) in enumerate(calls):
            with self.subTest(action + resource):
                efs = self.service(f'b{i}', 'efs', statement('*'), statement(action, 'Deny', resource))
                self.refused('AccessDeniedException', getattr(efs, name), message=action, **target, **more)
        full = self.user('full')
        self.iam.attach_user_policy(UserName='full', PolicyArn='arn:aws:iam::aws:policy/AmazonElasticFileSystemFullAccess')
        full = client('efs', full)
        full.describe_mount_target_security_groups(**target)
        full.modify_mount_target_security_groups(**target, SecurityGroups=[group])
        full.delete_mount_target(**target)


class Sts(Case):
    def setUp(self):
        super().setUp()
        self.key = self.user('Ann', policy('sts:AssumeRole'))
        self.ann = client('sts', self.key)

    def test_token(self):
        """Only who has the secret learns whether a token is the key's."""
        session = self.ann.get_session_token()['Credentials']
        wrong = dict(session, SessionToken='x' * 100)
        for key in (wrong, session):
            self.refused('InvalidSignatureException', client('efs', dict(key, SecretAccessKey='x' * 40)).describe_file_systems)
        self.refused('UnrecognizedClientException', client('efs', wrong).describe_file_systems)
        self.refused('UnrecognizedClientException', client('efs', dict(session, SessionToken=None)).describe_file_systems)
        self.refused('UnrecognizedClientException', client('efs', dict(self.key, SessionToken='x' * 100)).describe_file_systems)
        self.refused('AccessDeniedException', client('efs', session).describe_file_systems)


if __name__ == '__main__':
    unittest.main()
