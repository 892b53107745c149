#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What the API lets whom do, on which resource, under which condition, and the ways around it that there must not be.

Wants what iam.py and ec2.py want. It deletes what it makes.
"""
import datetime
import json
import os
import unittest
import urllib.error
import urllib.parse
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


def status_of(request, data):
    try:
        with urllib.request.urlopen(urllib.request.Request(request.url, data=data, method=request.method,
                                                           headers=dict(request.headers))) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def raw(key, method, path, body=None):
    """A call of the EFS API with a body that boto3 would not send: its status."""
    data = json.dumps(body).encode() if body is not None else b''
    request = AWSRequest(method=method, url=ENDPOINT + '/2015-02-01' + path, data=data,
                         headers={'Content-Type': 'application/json'})
    SigV4Auth(Credentials(key['AccessKeyId'], key['SecretAccessKey']), 'elasticfilesystem', REGION).add_auth(request)
    return status_of(request, data)


def form(key, service, parameters):
    """A call of the query protocol that boto3 would not send: its status."""
    data = urllib.parse.urlencode(parameters).encode()
    request = AWSRequest(method='POST', url=ENDPOINT + '/', data=data,
                         headers={'Content-Type': 'application/x-www-form-urlencoded'})
    SigV4Auth(Credentials(key['AccessKeyId'], key['SecretAccessKey']), service, REGION).add_auth(request)
    return status_of(request, data)


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


    def test_lockout_by_address(self):
        """Whether somebody keeps himself out is asked with all that his calls have."""
        ann = self.service('Bob', 'efs', statement('elasticfilesystem:*'))
        fs, home = self.mine['FileSystemId'], {'aws:SourceIp': '127.0.0.0/8'}
        allow = {'Effect': 'Allow', 'Principal': '*', 'Action': 'elasticfilesystem:ClientMount'}
        deny = {'Effect': 'Deny', 'Principal': '*', 'Action': 'elasticfilesystem:PutFileSystemPolicy'}
        self.refused('InvalidPolicyException', ann.put_file_system_policy, FileSystemId=fs,
                     Policy=document(allow, dict(deny, Condition={'IpAddress': home})))
        ann.put_file_system_policy(FileSystemId=fs, Policy=document(allow, dict(deny, Condition={'NotIpAddress': home})))
        ann.put_file_system_policy(FileSystemId=fs, Policy=document(allow))

    def test_lockout_by_tag(self):
        """… among it the tags of the file system, and those of none in the request."""
        ann = self.service('Bob', 'efs', statement('elasticfilesystem:*'))
        fs = self.mine['FileSystemId']
        self.efs.tag_resource(ResourceId=fs, Tags=[{'Key': 'locked', 'Value': 'true'}, {'Key': 'owner', 'Value': 'ann'}])
        deny = {'Effect': 'Deny', 'Principal': '*', 'Action': 'elasticfilesystem:PutFileSystemPolicy'}
        for i, (condition, locked) in enumerate((({'StringEquals': {'aws:ResourceTag/locked': 'true'}}, True),
                                                 ({'StringNotEquals': {'aws:ResourceTag/owner': 'bob'}}, True),
                                                 ({'StringNotEquals': {'aws:RequestedRegion': REGION}}, False),
                                                 ({'StringNotEquals': {'aws:ResourceTag/owner': 'ann'}}, False))):
            with self.subTest(str(condition)):
                text = document(dict(deny, Condition=condition))
                if locked:
                    self.refused('InvalidPolicyException', ann.put_file_system_policy, FileSystemId=fs, Policy=text)
                else:
                    ann.put_file_system_policy(FileSystemId=fs, Policy=text)


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


    def test_default_group(self):
        """Who names no group takes the VPC's default one, and must be allowed that."""
        fs, vpc = self.fs('t')['FileSystemId'], SUBNETS[0]['VpcId']
        default = self.ec2.describe_security_groups(Filters=[{'Name': 'vpc-id', 'Values': [vpc]}, {'Name': 'group-name', 'Values': [
            'default']}])['SecurityGroups'][0]['GroupId']
        create = {'FileSystemId': fs, 'SubnetId': SUBNETS[0]['SubnetId']}
        efs = self.service('Ann', 'efs', statement('*'), statement('*', 'Deny', group_arn(default)))
        for named in ({}, {'SecurityGroups': []}, {'SecurityGroups': [default]}):
            self.refused('AccessDeniedException', efs.create_mount_target, message='ec2:CreateNetworkInterface', **create, **named)
        target = efs.create_mount_target(SecurityGroups=[self.group()], **create)['MountTargetId']
        for named in ({}, {'SecurityGroups': []}):
            self.refused('AccessDeniedException', efs.modify_mount_target_security_groups, MountTargetId=target,
                         message='ec2:ModifyNetworkInterfaceAttribute', **named)

    def test_ec2_tags(self):
        """Tags and the VPC of what a mount target needs of EC2 are known, too."""
        fs, group, subnet = self.fs('t')['FileSystemId'], self.group(), SUBNETS[0]['SubnetId']
        vpc = f'arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/' + SUBNETS[0]['VpcId']
        self.ec2.create_tags(Resources=[group], Tags=[{'Key': 'env', 'Value': 'prod'}])
        create = {'FileSystemId': fs, 'SubnetId': subnet, 'SecurityGroups': [group]}
        for i, condition in enumerate(({'StringEquals': {'aws:ResourceTag/env': 'prod'}},
                                       {'StringEquals': {'ec2:ResourceTag/env': 'prod'}}, {'ArnEquals': {'ec2:Vpc': vpc}})):
            with self.subTest(str(condition)):
                efs = self.service(f'a{i}', 'efs', statement('*'), statement('ec2:*', 'Deny', **condition))
                self.refused('AccessDeniedException', efs.create_mount_target, message='ec2:CreateNetworkInterface', **create)
        only = statement('ec2:*NetworkInterface', ArnEquals={'ec2:Vpc': vpc})
        efs = self.service('only', 'efs', statement(['elasticfilesystem:*', 'ec2:Describe*']), only)
        target = efs.create_mount_target(**create)['MountTargetId']
        efs.delete_mount_target(MountTargetId=target)


class Ec2Resources(Case):
    def setUp(self):
        super().setUp()
        self.prod = self.group()
        self.ann = self.service('Ann', 'ec2', statement('ec2:*'), statement('ec2:*', 'Deny', group_arn(self.prod)))

    def test_group_by_name(self):
        rule = {'IpProtocol': 'tcp', 'FromPort': 2049, 'ToPort': 2049, 'CidrIp': '192.0.2.0/24'}
        for named in ({'GroupId': self.prod}, {'GroupName': 'prod'}):
            for call in (self.ann.authorize_security_group_ingress, self.ann.revoke_security_group_ingress):
                self.refused('UnauthorizedOperation', call, **rule, **named, message=self.prod)
            self.refused('UnauthorizedOperation', self.ann.delete_security_group, **named)
        # Who may only do something with one group names it either way
        bob = self.service('Bob', 'ec2', statement('ec2:*', resource=group_arn(self.prod)))
        bob.authorize_security_group_ingress(GroupName='prod', **rule)
        bob.revoke_security_group_ingress(GroupId=self.prod, **rule)
        self.refused('UnauthorizedOperation', bob.delete_security_group, GroupName='nobody')

    def test_tags(self):
        mine, tags = self.group('mine'), [{'Key': 'kefs:members', 'Value': '192.0.2.0/24'}]
        for call in (self.ann.create_tags, self.ann.delete_tags):
            self.refused('UnauthorizedOperation', call, Resources=[self.prod], Tags=tags, message=self.prod)
            self.refused('UnauthorizedOperation', call, Resources=[mine, self.prod], Tags=tags)
        self.assertEqual(self.ec2.describe_tags()['Tags'], [])
        self.ann.create_tags(Resources=[mine], Tags=tags)
        bob = self.service('Bob', 'ec2', statement('ec2:*', resource=group_arn(mine)))
        bob.delete_tags(Resources=[mine], Tags=tags)
        self.refused('UnauthorizedOperation', bob.create_tags, Resources=[SUBNETS[0]['SubnetId']], Tags=tags, message='subnet/')
        self.refused('UnauthorizedOperation', bob.create_tags, Resources=['x-1'], Tags=tags)

    def test_new_group(self):
        vpc = f'arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/' + SUBNETS[0]['VpcId']
        bob = self.service('Bob', 'ec2', statement('ec2:CreateSecurityGroup'), statement('*', 'Deny', vpc))
        self.refused('UnauthorizedOperation', bob.create_security_group, GroupName='x', Description='d', message=vpc)
        self.refused('UnauthorizedOperation', bob.create_security_group, GroupName='x', Description='d',
                     VpcId=SUBNETS[0]['VpcId'])
        tags = [{'ResourceType': 'security-group', 'Tags': [{'Key': 'kefs:members', 'Value': '192.0.2.0/24'}]}]
        cid = self.service('Cid', 'ec2', statement('ec2:CreateSecurityGroup'))
        self.refused('UnauthorizedOperation', cid.create_security_group, GroupName='x', Description='d',
                     TagSpecifications=tags, message='ec2:CreateTags')
        cid.create_security_group(GroupName='x', Description='d')
        dan = self.service('Dan', 'ec2', statement('ec2:CreateSecurityGroup'), statement(
            'ec2:CreateTags', StringEquals={'ec2:CreateAction': 'CreateSecurityGroup'}))
        made = dan.create_security_group(GroupName='y', Description='d', TagSpecifications=tags)['GroupId']
        self.refused('UnauthorizedOperation', dan.create_tags, Resources=[made], Tags=tags[0]['Tags'])

    def test_keys_of_tags(self):
        """A Deny by the tags of a request holds: one of them says who is a member of a group."""
        mine, subnet = self.group('mine'), SUBNETS[0]['SubnetId']
        members, plain = {'Key': 'kefs:members', 'Value': '192.0.2.0/24'}, {'Key': 'k', 'Value': 'v'}
        guard = statement(['ec2:CreateTags', 'ec2:DeleteTags'], 'Deny',
                          **{'ForAnyValue:StringEquals': {'aws:TagKeys': ['kefs:members']}})
        bob = self.service('Bob', 'ec2', statement('ec2:*'), guard)
        for call in (bob.create_tags, bob.delete_tags):
            for resource in (mine, subnet):
                self.refused('UnauthorizedOperation', call, Resources=[resource], Tags=[plain, members])
                call(Resources=[resource], Tags=[plain])
        self.ec2.create_tags(Resources=[mine], Tags=[members])
        self.refused('UnauthorizedOperation', bob.delete_tags, Resources=[mine])
        self.ec2.delete_tags(Resources=[mine], Tags=[{'Key': 'kefs:members'}])
        bob.delete_tags(Resources=[mine])
        new = {'Description': 'd', 'TagSpecifications': [{'ResourceType': 'security-group', 'Tags': [members]}]}
        self.refused('UnauthorizedOperation', bob.create_security_group, GroupName='x', message='ec2:CreateTags', **new)
        cid = self.service('Cid', 'ec2', statement('ec2:*'), statement(
            'ec2:CreateSecurityGroup', 'Deny', group_arn('*'), StringNotEquals={'aws:RequestTag/k': 'v'}))
        self.refused('UnauthorizedOperation', cid.create_security_group, GroupName='x', message='CreateSecurityGroup', **new)
        new['TagSpecifications'][0]['Tags'].append(plain)
        cid.create_security_group(GroupName='x', **new)

    def test_tags_of_the_principal(self):
        """They count at once, in what is asked and in what is compared with them."""
        us = {'aws:PrincipalTag/team': 'us'}
        bob = self.service('Bob', 'efs', statement('elasticfilesystem:Describe*', StringEquals=us),
                           statement('elasticfilesystem:TagResource', StringEquals={
                               'aws:ResourceTag/team': '${aws:PrincipalTag/team}'}))
        fs = self.efs.create_file_system(CreationToken='t', Tags=[{'Key': 'team', 'Value': 'us'}])['FileSystemId']
        for team, allowed in ((None, False), ('them', False), ('us', True), (None, False)):
            self.iam.untag_user(UserName='Bob', TagKeys=['team'])
            if team:
                self.iam.tag_user(UserName='Bob', Tags=[{'Key': 'team', 'Value': team}])
            for call, args in ((bob.describe_file_systems, {}),
                               (bob.tag_resource, {'ResourceId': fs, 'Tags': [{'Key': 'k', 'Value': 'v'}]})):
                if allowed:
                    call(**args)
                else:
                    self.refused('AccessDeniedException', call, **args)

    def test_tags_of_a_policy(self):
        text = statement('ec2:*')
        ours = self.iam.create_policy(PolicyName='ours', PolicyDocument=document(text), Tags=[{'Key': 'team', 'Value': 'us'}])
        theirs = self.iam.create_policy(PolicyName='theirs', PolicyDocument=document(text))
        bob = self.service('Bob', 'iam', statement('iam:*Policy*', StringEquals={'aws:ResourceTag/team': 'us'}))
        bob.get_policy(PolicyArn=ours['Policy']['Arn'])
        bob.tag_policy(PolicyArn=ours['Policy']['Arn'], Tags=[{'Key': 'k', 'Value': 'v'}])
        self.refused('AccessDenied', bob.get_policy, PolicyArn=theirs['Policy']['Arn'])
        self.refused('AccessDenied', bob.tag_policy, PolicyArn=theirs['Policy']['Arn'], Tags=[{'Key': 'team', 'Value': 'us'}])

    def test_tags_of_the_resource(self):
        mine, tags = self.group('mine'), [{'Key': 'env', 'Value': 'prod'}]
        self.ec2.create_tags(Resources=[self.prod, SUBNETS[0]['VpcId']], Tags=tags)
        for i, key in enumerate(('aws:ResourceTag/env', 'ec2:ResourceTag/env')):
            bob = self.service(f'b{i}', 'ec2', statement('ec2:*'), statement('ec2:*', 'Deny', StringEquals={key: 'prod'}))
            self.refused('UnauthorizedOperation', bob.delete_security_group, GroupName='prod', message=self.prod)
            self.refused('UnauthorizedOperation', bob.delete_tags, Resources=[mine, self.prod], Tags=tags)
            self.refused('UnauthorizedOperation', bob.create_security_group, GroupName='x', Description='d', message='vpc/')
            bob.create_tags(Resources=[mine], Tags=[{'Key': 'k', 'Value': 'v'}])
        cid = self.service('cid', 'ec2', statement('ec2:DeleteSecurityGroup', StringEquals={'aws:ResourceTag/env': 'prod'}))
        self.refused('UnauthorizedOperation', cid.delete_security_group, GroupId=mine)
        cid.delete_security_group(GroupId=self.prod)
        self.ec2.delete_tags(Resources=[SUBNETS[0]['VpcId']], Tags=tags)

    def test_vpc(self):
        mine = self.group('mine')
        vpc = f'arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/'
        for i, (here, allowed) in enumerate(((vpc + SUBNETS[0]['VpcId'], True), (vpc + 'vpc-00000000', False))):
            bob = self.service(f'b{i}', 'ec2', statement('ec2:*', ArnEquals={'ec2:Vpc': here}))
            for resource in (mine, SUBNETS[0]['SubnetId']):
                call = {'Resources': [resource], 'Tags': [{'Key': 'k', 'Value': 'v'}]}
                if allowed:
                    bob.create_tags(**call)
                    bob.delete_tags(**call)
                else:
                    self.refused('UnauthorizedOperation', bob.create_tags, **call)

    def test_too_many_resources(self):
        """More than are looked at are refused, not forgotten."""
        mine = self.group('mine')
        tags = [{'Key': 'k', 'Value': 'v'}]
        self.ec2.create_tags(Resources=[mine] * 100, Tags=tags)
        for call in (self.ec2.create_tags, self.ec2.delete_tags):
            self.refused('InvalidParameterValue', call, Resources=[mine] * 100 + ['sg-00000000'], Tags=tags)
        self.assertEqual(len(self.ec2.describe_tags()['Tags']), 1)
        self.refused('InvalidParameterValue', self.ec2.delete_tags, Resources=[mine], Tags=[{'Key': f'k{i}'} for i in range(51)])

    def test_bad_tags_make_no_group(self):
        tags = [{'ResourceType': 'security-group', 'Tags': [{'Key': 'aws:x', 'Value': '1'}]}]
        self.refused('InvalidParameterValue', self.ec2.create_security_group, GroupName='half', Description='d',
                     TagSpecifications=tags)
        self.assertNotIn('half', [g['GroupName'] for g in self.ec2.describe_security_groups()['SecurityGroups']])
        self.group('half')


class IamResources(Case):
    def test_case_of_names(self):
        """A Deny on somebody holds however his name is spelt."""
        self.iam.create_user(UserName='admin', Path='/ops/')
        self.role('admin', {'AWS': ACCOUNT}, Path='/ops/')
        self.iam.create_group(GroupName='admin', Path='/ops/')
        ann = self.service('Ann', 'iam', statement('iam:*'), statement('iam:*', 'Deny', f'arn:aws:iam::{ACCOUNT}:*/ops/admin'))
        for name in ('admin', 'ADMIN'):
            self.refused('AccessDenied', ann.create_access_key, UserName=name)
            self.refused('AccessDenied', ann.put_user_policy, UserName=name, PolicyName='p', PolicyDocument=policy('*'))
            self.refused('AccessDenied', ann.delete_role, RoleName=name)
            self.refused('AccessDenied', ann.add_user_to_group, GroupName=name, UserName='Ann')
            self.refused('AccessDenied', ann.get_user, UserName=name, message='user/ops/admin')

    def test_managed(self):
        arn = self.iam.create_policy(PolicyName='Mine', PolicyDocument=policy('ec2:*'))['Policy']['Arn']
        ann = self.service('Ann', 'iam', statement('iam:*'), statement('iam:*', 'Deny', arn))
        self.refused('AccessDenied', ann.delete_policy, PolicyArn=arn)
        self.refused('NoSuchEntity', ann.delete_policy, PolicyArn=arn.replace('Mine', 'mine'))

    def test_made_under_a_path(self):
        ann = self.service('Ann', 'iam', statement('iam:CreateUser', resource=f'arn:aws:iam::{ACCOUNT}:user/team/*'))
        ann.create_user(UserName='Bob', Path='/team/')
        self.refused('AccessDenied', ann.create_user, UserName='Cid')
        # Who may not make it learns nothing of what is there
        self.refused('AccessDenied', ann.create_user, UserName='BOB', message='user/BOB')

    def test_new_name(self):
        user = f'arn:aws:iam::{ACCOUNT}:user'
        self.iam.create_user(UserName='low')
        self.iam.create_group(GroupName='low')
        ann = self.service('Ann', 'iam', statement('iam:*'), statement('iam:*', 'Deny', user + '/ops/*'),
                           statement('iam:*', 'Deny', user + '/boss'), statement('iam:*', 'Deny', f'arn:aws:iam::{ACCOUNT}:group/boss'))
        self.refused('AccessDenied', ann.update_user, UserName='low', NewUserName='boss', message='user/boss')
        self.refused('AccessDenied', ann.update_user, UserName='low', NewPath='/ops/', message='user/ops/low')
        self.refused('AccessDenied', ann.update_group, GroupName='low', NewGroupName='boss')
        bob = self.service('Bob', 'iam', statement('iam:*', resource=user + '/low'))
        self.refused('AccessDenied', bob.update_user, UserName='low', NewUserName='high')
        ann.update_user(UserName='low', NewUserName='high', NewPath='/team/')
        ann.update_group(GroupName='low', NewGroupName='high')

    def test_tags(self):
        tags = {'Tags': [{'Key': 'k', 'Value': 'v'}]}
        ann = self.service('Ann', 'iam', statement('iam:Create*'))
        trust = iam.trust({'AWS': ACCOUNT})
        self.refused('AccessDenied', ann.create_user, UserName='Bob', **tags, message='iam:TagUser')
        self.refused('AccessDenied', ann.create_role, RoleName='r', AssumeRolePolicyDocument=trust, **tags, message='iam:TagRole')
        ann.create_user(UserName='Bob')
        bob = self.service('Cid', 'iam', statement(['iam:Create*', 'iam:TagRole']))
        bob.create_role(RoleName='r', AssumeRolePolicyDocument=trust, **tags)

    def test_keys_of_tags(self):
        """A Deny by the tags that somebody gets, loses or has holds."""
        self.iam.create_user(UserName='low')
        self.iam.create_user(UserName='boss', Tags=[{'Key': 'env', 'Value': 'prod'}])
        self.role('boss', {'AWS': ACCOUNT}, Tags=[{'Key': 'env', 'Value': 'prod'}])
        env, plain = {'Key': 'env', 'Value': 'prod'}, {'Key': 'k', 'Value': 'v'}
        guard = statement(['iam:Tag*', 'iam:Untag*'], 'Deny', **{'ForAnyValue:StringEquals': {'aws:TagKeys': 'env'}})
        ann = self.service('Ann', 'iam', statement('iam:*'), guard)
        self.refused('AccessDenied', ann.tag_user, UserName='low', Tags=[plain, env])
        self.refused('AccessDenied', ann.untag_user, UserName='boss', TagKeys=['k', 'env'])
        self.refused('AccessDenied', ann.untag_role, RoleName='boss', TagKeys=['env'])
        self.refused('AccessDenied', ann.create_user, UserName='new', Tags=[env], message='iam:TagUser')
        ann.tag_user(UserName='low', Tags=[plain])
        ann.untag_user(UserName='low', TagKeys=['k'])
        self.refused('ValidationError', ann.untag_user, UserName='low', TagKeys=[f'k{i}' for i in range(51)])
        bob = self.service('Bob', 'iam', statement('iam:*'), statement('iam:*User', 'Deny', StringNotEqualsIfExists={
            'aws:RequestTag/env': 'test'}, Null={'aws:TagKeys': 'false'}))
        self.refused('AccessDenied', bob.create_user, UserName='new', Tags=[env], message='iam:CreateUser')
        self.refused('AccessDenied', bob.tag_user, UserName='low', Tags=[env])
        bob.create_user(UserName='new', Tags=[dict(env, Value='test')])
        for i, key in enumerate(('aws:ResourceTag/env', 'iam:ResourceTag/env')):
            cid = self.service(f'c{i}', 'iam', statement('iam:*'), statement('iam:*', 'Deny', StringEquals={key: 'prod'}))
            self.refused('AccessDenied', cid.create_access_key, UserName='BOSS')
            self.refused('AccessDenied', cid.update_user, UserName='boss', NewUserName='chief')
            self.refused('AccessDenied', cid.put_role_policy, RoleName='boss', PolicyName='p', PolicyDocument=policy('*'))
            self.refused('AccessDenied', cid.attach_user_policy, UserName='boss', PolicyArn=ADMIN)
            cid.get_user(UserName='low')

    def test_strangers_among_tags(self):
        """What an operation does not take is none of its tags."""
        self.iam.create_user(UserName='boss', Tags=[{'Key': 'env', 'Value': 'prod'}])
        deny = statement('iam:*', 'Deny', **{'ForAllValues:StringNotEquals': {'aws:TagKeys': 'harmless'}})
        key = self.user('Ann', document(statement('iam:*'), deny))
        call = {'Action': 'UntagUser', 'UserName': 'boss', 'TagKeys.member.1': 'env', 'Tags.member.1.Key': 'harmless',
                'Tags.member.1.Value': 'v'}
        self.assertEqual(form(key, 'iam', call), 403)
        self.assertEqual(form(key, 'iam', dict(call, **{'TagKeys.member.1': 'harmless'})), 200)
        call = {'Action': 'TagUser', 'UserName': 'boss', 'TagKeys.member.1': 'harmless', 'Tags.member.1.Key': 'env',
                'Tags.member.1.Value': 'v'}
        self.assertEqual(form(key, 'iam', call), 403)

    def test_policy_arn(self):
        """Who may attach anything but one policy may not attach that one."""
        for effect, operator in (('Allow', 'ArnNotEquals'), ('Deny', 'ArnEquals')):
            name = 'Ann' + effect
            both = [statement(['iam:AttachUserPolicy', 'iam:DetachUserPolicy'], effect, **{operator: {'iam:PolicyARN': ADMIN}})]
            ann = self.service(name, 'iam', *both, *[statement('iam:*')] * (effect == 'Deny'))
            self.refused('AccessDenied', ann.attach_user_policy, UserName=name, PolicyArn=ADMIN)
            other = 'arn:aws:iam::aws:policy/AmazonElasticFileSystemReadOnlyAccess'
            ann.attach_user_policy(UserName=name, PolicyArn=other)
            ann.detach_user_policy(UserName=name, PolicyArn=other)
            self.iam.attach_user_policy(UserName=name, PolicyArn=ADMIN)
            self.iam.put_user_policy(UserName=name, PolicyName='no', PolicyDocument=document(
                statement('iam:DetachUserPolicy', 'Deny', ArnEquals={'iam:PolicyARN': ADMIN})))
            self.refused('AccessDenied', ann.detach_user_policy, UserName=name, PolicyArn=ADMIN)

    def test_boundary(self):
        """A limit that is not there is refused, not forgotten."""
        self.refused('ValidationError', self.iam.create_user, UserName='Bob', PermissionsBoundary=ADMIN,
                     message='PermissionsBoundary')
        self.refused('ValidationError', self.iam.create_role, RoleName='r', PermissionsBoundary=ADMIN,
                     AssumeRolePolicyDocument=iam.trust({'AWS': ACCOUNT}))
        self.refused('NoSuchEntity', self.iam.get_user, UserName='Bob')

    def test_pages(self):
        """No name is lost between pages, in whatever case they are written."""
        names = ['B', 'a', 'C', 'd', 'A_', 'aB', 'D']
        self.iam.create_user(UserName='Ann')
        for name in names:
            self.iam.put_user_policy(UserName='Ann', PolicyName=name, PolicyDocument=policy('ec2:*'))
            if name != 'D':
                arn = self.iam.create_policy(PolicyName=name, PolicyDocument=policy('ec2:*'))['Policy']['Arn']
                self.iam.attach_user_policy(UserName='Ann', PolicyArn=arn)
        pages = self.iam.get_paginator('list_user_policies').paginate(UserName='Ann', PaginationConfig={'PageSize': 1})
        self.assertEqual(sorted(n for page in pages for n in page['PolicyNames']), sorted(names))
        pages = self.iam.get_paginator('list_attached_user_policies').paginate(UserName='Ann', PaginationConfig={'PageSize': 1})
        self.assertEqual(sorted(p['PolicyName'] for page in pages for p in page['AttachedPolicies']), sorted(names[:-1]))

    def test_pages_of_two_with_one_name(self):
        """An own policy may be called as one of AWS's is."""
        self.iam.create_user(UserName='Ann')
        name = iam.EFS_MANAGED[0]
        both = [f'arn:aws:iam::{ACCOUNT}:policy/{name.lower()}', 'arn:aws:iam::aws:policy/' + name]
        self.iam.create_policy(PolicyName=name.lower(), PolicyDocument=policy('ec2:*'))
        for arn in both:
            self.iam.attach_user_policy(UserName='Ann', PolicyArn=arn)
        for size in (1, 2, 3):
            page = {'PageSize': size}
            pages = self.iam.get_paginator('list_attached_user_policies').paginate(UserName='Ann', PaginationConfig=page)
            self.assertEqual([p['PolicyArn'] for page in pages for p in page['AttachedPolicies']], both)
            pages = self.iam.get_paginator('list_policies').paginate(OnlyAttached=True, PaginationConfig=page)
            self.assertEqual([p['Arn'] for page in pages for p in page['Policies']], both)
            pages = self.iam.get_paginator('list_policies').paginate(PaginationConfig=page)
            found = [p['Arn'] for page in pages for p in page['Policies']]
            self.assertEqual(len(found), len(set(found)))
            self.assertEqual(found.index(both[0]) + 1, found.index(both[1]))
        self.refused('ValidationError', self.iam.list_policies, Marker='/')
        self.refused('ValidationError', self.iam.list_policies, Marker='a//')


class Sts(Case):
    def setUp(self):
        super().setUp()
        self.key = self.user('Ann', policy('sts:AssumeRole'))
        self.ann = client('sts', self.key)

    def trusting(self, name, **condition):
        """A role that trusts Ann under a condition: its ARN."""
        trust = {'Effect': 'Allow', 'Principal': {'AWS': f'arn:aws:iam::{ACCOUNT}:user/Ann'}, 'Action': 'sts:AssumeRole'}
        role = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(dict(trust, Condition=condition)))
        self.iam.put_role_policy(RoleName=name, PolicyName='p', PolicyDocument=policy('elasticfilesystem:*'))
        return role['Role']['Arn']

    def test_conditions(self):
        home = {'aws:SourceIp': '127.0.0.0/8'}
        cases = [(True, {'IpAddress': home}, {}), (False, {'NotIpAddress': home}, {}),
                 (True, {'Bool': {'aws:SecureTransport': 'true'}}, {}),
                 (False, {'Bool': {'aws:SecureTransport': 'false'}}, {}),
                 (True, {'StringEquals': {'sts:ExternalId': 'x'}}, {'ExternalId': 'x'}),
                 (False, {'StringEquals': {'sts:ExternalId': 'x'}}, {'ExternalId': 'y'}),
                 (False, {'StringEquals': {'sts:ExternalId': 'x'}}, {}),
                 (False, {'StringNotEquals': {'sts:ExternalId': 'x'}}, {'ExternalId': 'x'}),
                 (True, {'StringEquals': {'sts:RoleSessionName': 'me'}}, {}),
                 (False, {'StringEquals': {'sts:RoleSessionName': 'you'}}, {}),
                 (True, {'StringEquals': {'sts:RoleSessionName': '${aws:username}'}}, {'RoleSessionName': 'Ann'})]
        for i, (allowed, condition, more) in enumerate(cases):
            with self.subTest(str(condition) + str(more)):
                call = dict({'RoleArn': self.trusting(f'r{i}', **condition), 'RoleSessionName': 'me'}, **more)
                if allowed:
                    self.ann.assume_role(**call)
                else:
                    self.refused('AccessDenied', self.ann.assume_role, **call)

    def test_callers_deny(self):
        """A Deny of the caller's own policies counts with its conditions."""
        arn = self.trusting('r', Bool={'aws:SecureTransport': 'true'})
        for i, (operator, refused) in enumerate((('IpAddress', True), ('NotIpAddress', False))):
            self.iam.put_user_policy(UserName='Ann', PolicyName='no', PolicyDocument=document(
                statement('sts:AssumeRole', 'Deny', **{operator: {'aws:SourceIp': '127.0.0.0/8'}})))
            if refused:
                self.refused('AccessDenied', self.ann.assume_role, RoleArn=arn, RoleSessionName='me')
            else:
                self.ann.assume_role(RoleArn=arn, RoleSessionName='me')

    def test_revoked(self):
        """AWS's way to end a role's sessions: who was let in before that time is denied all."""
        arn = self.trusting('r', Bool={'aws:SecureTransport': 'true'})
        key = self.ann.assume_role(RoleArn=arn, RoleSessionName='me')['Credentials']
        efs, now = client('efs', key), datetime.datetime.now(datetime.timezone.utc)
        for seconds, refused in ((-60, False), (60, True)):
            when = (now + datetime.timedelta(seconds=seconds)).strftime('%Y-%m-%dT%H:%M:%S.000Z')
            self.iam.put_role_policy(RoleName='r', PolicyName='AWSRevokeOlderSessions', PolicyDocument=document(
                statement('*', 'Deny', DateLessThan={'aws:TokenIssueTime': when})))
            if refused:
                self.refused('AccessDeniedException', efs.describe_file_systems)
            else:
                efs.describe_file_systems()
        # Who has a key for good was issued no token
        self.iam.put_user_policy(UserName='Ann', PolicyName='p1', PolicyDocument=document(
            statement('elasticfilesystem:*'), statement('*', 'Deny', DateLessThan={'aws:TokenIssueTime': when})))
        client('efs', self.key).describe_file_systems()
        session = self.ann.get_session_token()['Credentials']
        self.refused('AccessDeniedException', client('efs', session).describe_file_systems)

    def test_second_factor(self):
        """As AWS has it: "false" of a session, absent of a key for good."""
        self.iam.put_user_policy(UserName='Ann', PolicyName='p1', PolicyDocument=document(
            statement('elasticfilesystem:*'), statement('*', 'Deny', Bool={'aws:MultiFactorAuthPresent': 'false'})))
        session = self.ann.get_session_token()['Credentials']
        client('efs', self.key).describe_file_systems()
        self.refused('AccessDeniedException', client('efs', session).describe_file_systems)
        self.iam.put_user_policy(UserName='Ann', PolicyName='p1', PolicyDocument=document(
            statement('elasticfilesystem:*'), statement('*', 'Deny', BoolIfExists={'aws:MultiFactorAuthPresent': 'false'})))
        self.refused('AccessDeniedException', client('efs', self.key).describe_file_systems)

    def test_region(self):
        for name, region, refused in (('Bob', REGION, False), ('Cid', 'eu-north-9', True)):
            key = self.user(name, document(statement('*', StringEquals={'aws:RequestedRegion': region})))
            if refused:
                self.refused('AccessDeniedException', client('efs', key).describe_file_systems)
                self.refused('UnauthorizedOperation', client('ec2', key).describe_vpcs)
            else:
                client('efs', key).describe_file_systems()
                client('ec2', key).describe_vpcs()

    def test_tags_of_the_role(self):
        arn = self.trusting('r', Bool={'aws:SecureTransport': 'true'})
        self.iam.tag_role(RoleName='r', Tags=[{'Key': 'env', 'Value': 'prod'}])
        self.iam.put_user_policy(UserName='Ann', PolicyName='no', PolicyDocument=document(
            statement('sts:AssumeRole', 'Deny', StringEquals={'aws:ResourceTag/env': 'prod'})))
        self.refused('AccessDenied', self.ann.assume_role, RoleArn=arn, RoleSessionName='me')
        self.iam.untag_role(RoleName='r', TagKeys=['env'])
        self.ann.assume_role(RoleArn=arn, RoleSessionName='me')

    def test_limits_that_are_not_there(self):
        arn = self.trusting('r', Bool={'aws:SecureTransport': 'true'})
        call = {'RoleArn': arn, 'RoleSessionName': 'me'}
        for name, value in (('PolicyArns', [{'arn': ADMIN}]), ('SourceIdentity', 'ann'), ('TransitiveTagKeys', ['k']),
                            ('Tags', [{'Key': 'k', 'Value': 'v'}]), ('SerialNumber', 'arn:aws:iam::0:mfa/x'), ('TokenCode', '123456')):
            with self.subTest(name):
                self.refused('ValidationError', self.ann.assume_role, **call, **{name: value}, message=name)
        self.refused('ValidationError', self.ann.get_session_token, TokenCode='123456', message='TokenCode')
        self.ann.assume_role(**call, PolicyArns=[], Tags=[])

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
