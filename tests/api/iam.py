#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""IAM and STS through boto3: each operation, each error that they can give, and what identities may do with EFS.

Wants AWS_ENDPOINT_URL, AWS_REGION and an administrator's key in the environment. It deletes what it makes.
"""
import json
import os
import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ACCOUNT = '000000000000'
ALLOW_ALL = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': '*', 'Resource': '*'}]}
EFS_MANAGED = ['AmazonElasticFileSystemClientFullAccess', 'AmazonElasticFileSystemClientReadOnlyAccess',
               'AmazonElasticFileSystemClientReadWriteAccess', 'AmazonElasticFileSystemFullAccess',
               'AmazonElasticFileSystemReadOnlyAccess']


def client(service, key=None, **changes):
    options = {'endpoint_url': os.environ['AWS_ENDPOINT_URL'], 'region_name': os.environ['AWS_REGION'],
               'config': Config(retries={'max_attempts': 0}, parameter_validation=False)}
    if key:
        options.update(aws_access_key_id=key['AccessKeyId'], aws_secret_access_key=key['SecretAccessKey'],
                       aws_session_token=key.get('SessionToken'))
    options.update(changes)
    return boto3.client(service, **options)


def policy(action, effect='Allow', resource='*'):
    return json.dumps({'Version': '2012-10-17',
                       'Statement': [{'Effect': effect, 'Action': action, 'Resource': resource}]})


def trust(principal):
    return json.dumps({'Version': '2012-10-17',
                       'Statement': [{'Effect': 'Allow', 'Principal': principal, 'Action': 'sts:AssumeRole'}]})


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.iam, self.sts, self.efs = client('iam'), client('sts'), client('efs')

    def tearDown(self):
        iam = self.iam
        for user in iam.list_users()['Users']:
            name = {'UserName': user['UserName']}
            for key in iam.list_access_keys(**name)['AccessKeyMetadata']:
                iam.delete_access_key(AccessKeyId=key['AccessKeyId'], **name)
            for text in iam.list_user_policies(**name)['PolicyNames']:
                iam.delete_user_policy(PolicyName=text, **name)
            for one in iam.list_attached_user_policies(**name)['AttachedPolicies']:
                iam.detach_user_policy(PolicyArn=one['PolicyArn'], **name)
            for group in iam.list_groups_for_user(**name)['Groups']:
                iam.remove_user_from_group(GroupName=group['GroupName'], **name)
            iam.delete_user(**name)
        for kind, one in (('group', 'Group'), ('role', 'Role')):
            for found in getattr(iam, f'list_{kind}s')()[one + 's']:
                name = {one + 'Name': found[one + 'Name']}
                for text in getattr(iam, f'list_{kind}_policies')(**name)['PolicyNames']:
                    getattr(iam, f'delete_{kind}_policy')(PolicyName=text, **name)
                for had in getattr(iam, f'list_attached_{kind}_policies')(**name)['AttachedPolicies']:
                    getattr(iam, f'detach_{kind}_policy')(PolicyArn=had['PolicyArn'], **name)
                getattr(iam, f'delete_{kind}')(**name)
        for one in iam.list_policies(Scope='Local')['Policies']:
            for version in iam.list_policy_versions(PolicyArn=one['Arn'])['Versions']:
                if not version['IsDefaultVersion']:
                    iam.delete_policy_version(PolicyArn=one['Arn'], VersionId=version['VersionId'])
            iam.delete_policy(PolicyArn=one['Arn'])
        for fs in self.efs.describe_file_systems()['FileSystems']:
            if fs['LifeCycleState'] == 'available':
                self.efs.delete_file_system(FileSystemId=fs['FileSystemId'])

    def refused(self, code, call, *args, status=None, message=None, **kwargs):
        with self.assertRaises(ClientError) as caught:
            call(*args, **kwargs)
        response = caught.exception.response
        self.assertEqual(response['Error']['Code'], code, response)
        if status:
            self.assertEqual(response['ResponseMetadata']['HTTPStatusCode'], status)
        if message:
            self.assertIn(message, response['Error']['Message'])
        return response

    def user(self, name, *policies):
        """A user with these inline policies: its key."""
        self.iam.create_user(UserName=name)
        for i, text in enumerate(policies):
            self.iam.put_user_policy(UserName=name, PolicyName=f'p{i}', PolicyDocument=text)
        return self.iam.create_access_key(UserName=name)['AccessKey']

    def role(self, name, principal, *policies, **more):
        made = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(principal), **more)['Role']
        for i, text in enumerate(policies):
            self.iam.put_role_policy(RoleName=name, PolicyName=f'p{i}', PolicyDocument=text)
        return made


class Users(Case):
    def test_life(self):
        made = self.iam.create_user(UserName='Ann', Path='/ops/', Tags=[{'Key': 'team', 'Value': 'a = b'}])['User']
        self.assertEqual(made['Arn'], f'arn:aws:iam::{ACCOUNT}:user/ops/Ann')
        self.assertRegex(made['UserId'], '^AIDA[A-Z2-7]{17}$')
        got = self.iam.get_user(UserName='ann')['User']
        self.assertEqual(got, dict(made, Tags=[{'Key': 'team', 'Value': 'a = b'}]))
        self.iam.tag_user(UserName='Ann', Tags=[{'Key': 'x', 'Value': ''}])
        self.iam.untag_user(UserName='Ann', TagKeys=['team'])
        self.assertEqual(self.iam.list_user_tags(UserName='Ann')['Tags'], [{'Key': 'x', 'Value': ''}])
        self.iam.update_user(UserName='Ann', NewUserName='Anna', NewPath='/')
        self.assertEqual(self.iam.get_user(UserName='Anna')['User']['UserId'], made['UserId'])
        self.refused('NoSuchEntity', self.iam.get_user, UserName='Ann', status=404,
                     message='The user with name Ann cannot be found.')
        self.iam.delete_user(UserName='Anna')
        again = self.iam.create_user(UserName='Ann', Path='/ops/')['User']
        self.assertNotEqual(again['UserId'], made['UserId'])

    def test_errors(self):
        self.iam.create_user(UserName='Ann')
        self.refused('EntityAlreadyExists', self.iam.create_user, UserName='aNN', status=409, message='already exists')
        self.refused('ValidationError', self.iam.create_user, UserName='a b', status=400)
        self.refused('ValidationError', self.iam.create_user, UserName='a' * 65)
        self.refused('ValidationError', self.iam.create_user, UserName='ok', Path='no')
        self.refused('ValidationError', self.iam.create_user, message='null')
        self.refused('InvalidInput', self.iam.create_user, UserName='ok', Tags=[{'Key': 'aws:x', 'Value': ''}])
        self.iam.create_user(UserName='Bob')
        self.refused('EntityAlreadyExists', self.iam.update_user, UserName='Bob', NewUserName='ANN')
        for call in (self.iam.get_user, self.iam.delete_user, self.iam.create_access_key, self.iam.list_user_policies):
            self.refused('NoSuchEntity', call, UserName='nobody', status=404)
        key = self.iam.create_access_key(UserName='Ann')['AccessKey']
        self.refused('DeleteConflict', self.iam.delete_user, UserName='Ann', status=409)
        self.iam.create_access_key(UserName='Ann')
        self.refused('LimitExceeded', self.iam.create_access_key, UserName='Ann', status=409)
        self.refused('NoSuchEntity', self.iam.delete_access_key, UserName='Bob', AccessKeyId=key['AccessKeyId'])
        self.refused('ValidationError', self.iam.update_access_key, UserName='Ann', AccessKeyId=key['AccessKeyId'],
                     Status='On')
        self.refused('InvalidAction', self.iam.create_account_alias, AccountAlias='x', status=400)
        self.assertEqual(self.iam.get_user()['User']['UserId'], ACCOUNT)

    def test_pages(self):
        names = [f'u{i:02}' for i in range(7)]
        for name in names:
            self.iam.create_user(UserName=name)
        page = self.iam.list_users(MaxItems=3)
        self.assertTrue(page['IsTruncated'])
        self.assertEqual([u['UserName'] for u in page['Users']], names[:3])
        rest = self.iam.get_paginator('list_users').paginate(PaginationConfig={'PageSize': 2})
        self.assertEqual([u['UserName'] for p in rest for u in p['Users']], names)
        self.refused('ValidationError', self.iam.list_users, Marker='<&>')
        self.refused('ValidationError', self.iam.list_users, MaxItems=0)

    def test_keys(self):
        key = self.user('Ann', policy('elasticfilesystem:DescribeFileSystems'))
        self.assertRegex(key['AccessKeyId'], '^AKIA[A-Z2-7]{16}$')
        self.assertEqual(client('efs', key).describe_file_systems()['FileSystems'], [])
        self.iam.update_access_key(UserName='Ann', AccessKeyId=key['AccessKeyId'], Status='Inactive')
        listed = self.iam.list_access_keys(UserName='Ann')['AccessKeyMetadata']
        self.assertEqual([(k['AccessKeyId'], k['Status']) for k in listed], [(key['AccessKeyId'], 'Inactive')])
        self.assertNotIn('SecretAccessKey', listed[0])
        self.refused('UnrecognizedClientException', client('efs', key).describe_file_systems)
        self.refused('InvalidClientTokenId', client('iam', key).list_users, status=403)
        self.refused('AuthFailure', client('ec2', key).describe_vpcs, status=401)
        self.iam.update_access_key(UserName='Ann', AccessKeyId=key['AccessKeyId'], Status='Active')
        client('efs', key).describe_file_systems()
        self.iam.delete_access_key(UserName='Ann', AccessKeyId=key['AccessKeyId'])
        self.refused('UnrecognizedClientException', client('efs', key).describe_file_systems)
        wrong = dict(key, SecretAccessKey='x' * 40)
        key2 = self.iam.create_access_key(UserName='Ann')['AccessKey']
        wrong['AccessKeyId'] = key2['AccessKeyId']
        self.refused('SignatureDoesNotMatch', client('iam', wrong).list_users, status=403)


class Groups(Case):
    def test_life(self):
        made = self.iam.create_group(GroupName='ops')['Group']
        self.assertEqual(made['Arn'], f'arn:aws:iam::{ACCOUNT}:group/ops')
        key = self.user('Ann')
        efs = client('efs', key)
        self.refused('AccessDeniedException', efs.describe_file_systems, status=403,
                     message=f'User: arn:aws:iam::{ACCOUNT}:user/Ann is not authorized to perform: '
                             'elasticfilesystem:DescribeFileSystems on the specified resource')
        self.iam.put_group_policy(GroupName='ops', PolicyName='p',
                                  PolicyDocument=policy('elasticfilesystem:Describe*'))
        self.iam.add_user_to_group(GroupName='ops', UserName='Ann')
        efs.describe_file_systems()
        self.assertEqual([u['UserName'] for u in self.iam.get_group(GroupName='ops')['Users']], ['Ann'])
        self.assertEqual([g['GroupName'] for g in self.iam.list_groups_for_user(UserName='Ann')['Groups']], ['ops'])
        self.refused('DeleteConflict', self.iam.delete_group, GroupName='ops')
        self.iam.remove_user_from_group(GroupName='ops', UserName='Ann')
        self.refused('AccessDeniedException', efs.describe_file_systems)
        self.refused('NoSuchEntity', self.iam.remove_user_from_group, GroupName='ops', UserName='Ann')
        self.refused('NoSuchEntity', self.iam.add_user_to_group, GroupName='no', UserName='Ann')
        self.refused('NoSuchEntity', self.iam.add_user_to_group, GroupName='ops', UserName='no')
        self.refused('EntityAlreadyExists', self.iam.create_group, GroupName='OPS')
        self.iam.update_group(GroupName='ops', NewGroupName='ops2')
        self.assertEqual([g['GroupName'] for g in self.iam.list_groups()['Groups']], ['ops2'])


class Policies(Case):
    def test_inline(self):
        self.iam.create_user(UserName='Ann')
        text = policy('elasticfilesystem:*')
        self.iam.put_user_policy(UserName='Ann', PolicyName='p', PolicyDocument=text)
        got = self.iam.get_user_policy(UserName='Ann', PolicyName='p')
        self.assertEqual(got['PolicyDocument'], json.loads(text))
        self.assertEqual(self.iam.list_user_policies(UserName='Ann')['PolicyNames'], ['p'])
        self.refused('NoSuchEntity', self.iam.get_user_policy, UserName='Ann', PolicyName='q')
        self.refused('NoSuchEntity', self.iam.delete_user_policy, UserName='Ann', PolicyName='q')
        for bad in ('', '{', '{}', '{"Statement": []}', trust('*'), policy('x'), policy('elasticfilesystem:*', 'allow')):
            self.refused('ValidationError' if not bad else 'MalformedPolicyDocument', self.iam.put_user_policy,
                         UserName='Ann', PolicyName='p', PolicyDocument=bad, status=400)
        self.refused('LimitExceeded', self.iam.put_user_policy, UserName='Ann', PolicyName='big',
                     PolicyDocument=policy(['elasticfilesystem:' + 'x' * 100] * 30))
        self.refused('DeleteConflict', self.iam.delete_user, UserName='Ann')

    def test_managed(self):
        made = self.iam.create_policy(PolicyName='mine', PolicyDocument=policy('elasticfilesystem:Describe*'),
                                      Description='some & all', Path='/team/')['Policy']
        arn = made['Arn']
        self.assertEqual(arn, f'arn:aws:iam::{ACCOUNT}:policy/team/mine')
        self.assertEqual((made['DefaultVersionId'], made['AttachmentCount']), ('v1', 0))
        self.assertEqual(self.iam.get_policy(PolicyArn=arn)['Policy']['Description'], 'some & all')
        self.refused('EntityAlreadyExists', self.iam.create_policy, PolicyName='Mine', PolicyDocument=policy('*'))
        self.refused('MalformedPolicyDocument', self.iam.create_policy, PolicyName='x', PolicyDocument='{')
        self.refused('LimitExceeded', self.iam.create_policy, PolicyName='x',
                     PolicyDocument=policy(['elasticfilesystem:' + 'x' * 100] * 60))
        key = self.user('Ann')
        self.iam.attach_user_policy(UserName='Ann', PolicyArn=arn)
        self.iam.attach_user_policy(UserName='Ann', PolicyArn=arn)
        client('efs', key).describe_file_systems()
        self.assertEqual(self.iam.list_attached_user_policies(UserName='Ann')['AttachedPolicies'],
                         [{'PolicyName': 'mine', 'PolicyArn': arn}])
        self.refused('DeleteConflict', self.iam.delete_policy, PolicyArn=arn, status=409)
        made = self.iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy('ec2:*'), SetAsDefault=True)
        self.assertEqual(made['PolicyVersion']['VersionId'], 'v2')
        self.refused('AccessDeniedException', client('efs', key).describe_file_systems)
        self.iam.set_default_policy_version(PolicyArn=arn, VersionId='v1')
        client('efs', key).describe_file_systems()
        got = self.iam.get_policy_version(PolicyArn=arn, VersionId='v2')['PolicyVersion']
        self.assertEqual(got['Document']['Statement'][0]['Action'], 'ec2:*')
        self.assertFalse(got['IsDefaultVersion'])
        for _ in range(3):
            self.iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy('ec2:*'))
        self.refused('LimitExceeded', self.iam.create_policy_version, PolicyArn=arn, PolicyDocument=policy('ec2:*'))
        self.refused('DeleteConflict', self.iam.delete_policy_version, PolicyArn=arn, VersionId='v1')
        self.refused('NoSuchEntity', self.iam.delete_policy_version, PolicyArn=arn, VersionId='v9')
        self.refused('ValidationError', self.iam.get_policy_version, PolicyArn=arn, VersionId='2')
        self.iam.detach_user_policy(UserName='Ann', PolicyArn=arn)
        self.refused('NoSuchEntity', self.iam.detach_user_policy, UserName='Ann', PolicyArn=arn)
        self.refused('DeleteConflict', self.iam.delete_policy, PolicyArn=arn, message='version')
        self.refused('NoSuchEntity', self.iam.get_policy, PolicyArn=f'arn:aws:iam::{ACCOUNT}:policy/mine')
        self.refused('ValidationError', self.iam.get_policy, PolicyArn='mine')

    def test_tags_of_a_policy(self):
        tags = [{'Key': 'team', 'Value': 'us'}, {'Key': 'env', 'Value': ''}]
        made = self.iam.create_policy(PolicyName='mine', PolicyDocument=policy('ec2:*'), Tags=tags)['Policy']
        arn = made['Arn']
        self.assertEqual(made['Tags'], tags)
        self.iam.untag_policy(PolicyArn=arn, TagKeys=['env', 'x'])
        self.iam.tag_policy(PolicyArn=arn, Tags=[{'Key': 'k', 'Value': 'v'}])
        left = [tags[0], {'Key': 'k', 'Value': 'v'}]
        self.assertEqual(self.iam.list_policy_tags(PolicyArn=arn)['Tags'], left)
        self.assertEqual(self.iam.get_policy(PolicyArn=arn)['Policy']['Tags'], left)
        self.assertNotIn('Tags', self.iam.list_policies(Scope='Local')['Policies'][0])
        self.refused('NoSuchEntity', self.iam.tag_policy, PolicyArn=arn + 'x', Tags=tags)
        self.refused('InvalidInput', self.iam.create_policy, PolicyName='x', PolicyDocument=policy('ec2:*'),
                     Tags=[{'Key': 'aws:x', 'Value': 'y'}])
        self.refused('NoSuchEntity', self.iam.get_policy, PolicyArn=arn.replace('mine', 'x'))
        aws = 'arn:aws:iam::aws:policy/' + sorted(EFS_MANAGED)[0]
        self.refused('AccessDenied', self.iam.tag_policy, PolicyArn=aws, Tags=tags)
        self.assertEqual(self.iam.list_policy_tags(PolicyArn=aws)['Tags'], [])
        self.iam.delete_policy(PolicyArn=arn)

    def test_aws_managed(self):
        names = [p['PolicyName'] for p in self.iam.list_policies(Scope='AWS')['Policies']]
        self.assertLessEqual(set(EFS_MANAGED), set(names))
        self.assertEqual(names, sorted(names))
        self.iam.create_policy(PolicyName='AmazonElastic', PolicyDocument=policy('ec2:*'))
        pages = self.iam.get_paginator('list_policies').paginate(PaginationConfig={'PageSize': 2})
        self.assertEqual([p['PolicyName'] for page in pages for p in page['Policies']], sorted(names + ['AmazonElastic']))
        key = self.user('Ann')
        arn = 'arn:aws:iam::aws:policy/AmazonElasticFileSystemFullAccess'
        self.iam.attach_user_policy(UserName='Ann', PolicyArn=arn)
        efs = client('efs', key)
        fs = efs.create_file_system(CreationToken='t')['FileSystemId']
        efs.delete_file_system(FileSystemId=fs)
        self.assertEqual(self.iam.get_policy(PolicyArn=arn)['Policy']['AttachmentCount'], 1)
        self.assertEqual([p['PolicyName'] for p in self.iam.list_policies(OnlyAttached=True)['Policies']],
                         ['AmazonElasticFileSystemFullAccess'])
        document = self.iam.get_policy_version(PolicyArn=arn, VersionId='v1')['PolicyVersion']['Document']
        self.assertIn('elasticfilesystem:CreateFileSystem', document['Statement'][0]['Action'])
        self.refused('AccessDenied', self.iam.delete_policy, PolicyArn=arn)
        self.refused('NoSuchEntity', self.iam.attach_user_policy, UserName='Ann',
                     PolicyArn='arn:aws:iam::aws:policy/NoSuchPolicy')
        self.refused('AccessDenied', client('iam', key).list_users, status=403,
                     message='is not authorized to perform: iam:ListUsers on resource: *')
        self.refused('AccessDenied', client('iam', key).get_user, UserName='Ann',
                     message=f'iam:GetUser on resource: arn:aws:iam::{ACCOUNT}:user/Ann')

    def test_resources(self):
        """A policy for one file system and what it leaves out."""
        one = self.efs.create_file_system(CreationToken='one')
        two = self.efs.create_file_system(CreationToken='two')
        efs = client('efs', self.user('Ann', policy('elasticfilesystem:*', resource=one['FileSystemArn'])))
        point = efs.create_access_point(FileSystemId=one['FileSystemId'])
        self.refused('AccessDeniedException', efs.create_access_point, FileSystemId=two['FileSystemId'])
        self.refused('AccessDeniedException', efs.delete_access_point, AccessPointId=point['AccessPointId'])
        self.refused('AccessDeniedException', efs.describe_file_systems)
        # The file system's own policy lets somebody in, or keeps him out
        self.iam.create_user(UserName='Bob')
        bob = client('efs', self.iam.create_access_key(UserName='Bob')['AccessKey'])
        self.refused('AccessDeniedException', bob.describe_lifecycle_configuration, FileSystemId=one['FileSystemId'])
        self.efs.put_file_system_policy(FileSystemId=one['FileSystemId'], Policy=json.dumps({
            'Version': '2012-10-17', 'Statement': [
                {'Effect': 'Allow', 'Principal': {'AWS': f'arn:aws:iam::{ACCOUNT}:user/Bob'},
                 'Action': 'elasticfilesystem:DescribeLifecycleConfiguration'},
                {'Effect': 'Deny', 'Principal': {'AWS': f'arn:aws:iam::{ACCOUNT}:user/Ann'},
                 'Action': 'elasticfilesystem:CreateAccessPoint'}]}))
        bob.describe_lifecycle_configuration(FileSystemId=one['FileSystemId'])
        self.refused('AccessDeniedException', efs.create_access_point, FileSystemId=one['FileSystemId'])
        # A new Bob is not the old one
        key = self.iam.list_access_keys(UserName='Bob')['AccessKeyMetadata'][0]['AccessKeyId']
        self.iam.delete_access_key(UserName='Bob', AccessKeyId=key)
        self.iam.delete_user(UserName='Bob')
        bob = client('efs', self.user('Bob'))
        self.refused('AccessDeniedException', bob.describe_lifecycle_configuration, FileSystemId=one['FileSystemId'])
        self.refused('InvalidPolicyException', self.efs.put_file_system_policy, FileSystemId=one['FileSystemId'],
                     Policy=json.dumps({'Statement': [{'Effect': 'Allow', 'Action': 'elasticfilesystem:ClientMount',
                                                       'Principal': {'AWS': f'arn:aws:iam::{ACCOUNT}:user/No'}}]}),
                     message='Policy contains invalid Principal block')

    def test_tags(self):
        """What a request gives as tags, and what the resource has, in the conditions of a policy."""
        red = {'aws:ResourceTag/team': 'red'}
        ann = client('efs', self.user('Ann', json.dumps({'Version': '2012-10-17', 'Statement': [
            {'Effect': 'Allow', 'Action': 'elasticfilesystem:CreateFileSystem', 'Resource': '*',
             'Condition': {'StringEquals': {'aws:RequestTag/team': 'red'}}},
            {'Effect': 'Allow', 'Action': 'elasticfilesystem:TagResource', 'Resource': '*',
             'Condition': {'StringEquals': {'elasticfilesystem:CreateAction': ['CreateFileSystem', 'CreateAccessPoint']},
                           'ForAllValues:StringEquals': {'aws:TagKeys': ['team', 'Name']}}},
            {'Effect': 'Allow', 'NotAction': ['elasticfilesystem:CreateFileSystem', 'elasticfilesystem:TagResource',
                                              'elasticfilesystem:UntagResource'],
             'Resource': '*', 'Condition': {'StringEquals': red}},
            {'Effect': 'Allow', 'Action': ['elasticfilesystem:TagResource', 'elasticfilesystem:UntagResource'], 'Resource': '*',
             'Condition': {'StringEquals': red, 'ForAnyValue:StringEquals': {'aws:TagKeys': 'note'},
                           'StringNotEquals': {'aws:RequestTag/note': 'bad'}}},
        ]})))

        def tags(**kwargs):
            return [{'Key': k, 'Value': v} for k, v in kwargs.items()]

        def denied(call, **kwargs):
            self.refused('AccessDeniedException', call, **kwargs)

        denied(ann.create_file_system, CreationToken='a')
        denied(ann.create_file_system, CreationToken='a', Tags=tags(team='blue'))
        denied(ann.create_file_system, CreationToken='a', Tags=tags(team='red', other='x'))
        fs = {'FileSystemId': ann.create_file_system(CreationToken='a', Tags=tags(team='red', Name='n'))['FileSystemId']}
        blue = self.efs.create_file_system(CreationToken='b', Tags=tags(team='blue'))['FileSystemId']
        bare = self.efs.create_file_system(CreationToken='c')['FileSystemId']
        self.assertEqual(len(ann.describe_file_systems(**fs)['FileSystems']), 1)
        for other in blue, bare:
            denied(ann.describe_file_systems, FileSystemId=other)
            denied(ann.delete_file_system, FileSystemId=other)
        denied(ann.describe_file_systems)
        # An access point is made on the file system, and has tags of its own
        point = ann.create_access_point(ClientToken='p', **fs)['AccessPointId']
        denied(ann.describe_access_points, AccessPointId=point)
        self.efs.tag_resource(ResourceId=point, Tags=tags(team='red'))
        self.assertEqual(len(ann.describe_access_points(AccessPointId=point)['AccessPoints']), 1)
        denied(ann.create_access_point, ClientToken='q', Tags=tags(other='x'), **fs)
        ann.create_access_point(ClientToken='q', Tags=tags(team='red'), **fs)
        ann.tag_resource(ResourceId=fs['FileSystemId'], Tags=tags(note='good'))
        denied(ann.tag_resource, ResourceId=fs['FileSystemId'], Tags=tags(note='bad'))
        denied(ann.tag_resource, ResourceId=fs['FileSystemId'], Tags=tags(x='y'))
        denied(ann.untag_resource, ResourceId=fs['FileSystemId'], TagKeys=['team'])
        ann.untag_resource(ResourceId=fs['FileSystemId'], TagKeys=['note'])
        denied(ann.tag_resource, ResourceId=blue, Tags=tags(note='good'))
        # The older forms are actions of their own, with the same keys
        ann.create_tags(Tags=tags(Name='m'), **fs)
        ann.delete_tags(TagKeys=['Name'], **fs)
        denied(ann.delete_tags, TagKeys=['Name'], FileSystemId=blue)
        ann.delete_file_system(**fs)

    def test_source_ip(self):
        home = {'Version': '2012-10-17', 'Statement': [{
            'Effect': 'Allow', 'Action': '*', 'Resource': '*', 'Condition': {'IpAddress': {'aws:SourceIp': '127.0.0.0/8'}}}]}
        key = self.user('Ann', json.dumps(home))
        client('efs', key).describe_file_systems()
        client('iam', key).list_users()
        home['Statement'][0]['Condition'] = {'IpAddress': {'aws:SourceIp': '192.0.2.0/24'}}
        self.iam.put_user_policy(UserName='Ann', PolicyName='p0', PolicyDocument=json.dumps(home))
        self.refused('AccessDeniedException', client('efs', key).describe_file_systems)
        self.refused('AccessDenied', client('iam', key).list_users)

    def test_lockout(self):
        """Who is let by his identity policies keeps himself from nothing; who is not would."""
        fs = self.efs.create_file_system(CreationToken='one')['FileSystemId']
        ann = client('efs', self.user('Ann', policy('elasticfilesystem:*')))
        deny = {'Effect': 'Deny', 'Principal': '*', 'Action': 'elasticfilesystem:PutFileSystemPolicy'}
        allow = {'Effect': 'Allow', 'Principal': '*', 'Action': 'elasticfilesystem:ClientMount'}
        self.refused('InvalidPolicyException', ann.put_file_system_policy, FileSystemId=fs,
                     Policy=json.dumps({'Statement': [allow, deny]}), message='BypassPolicyLockoutSafetyCheck')
        ann.put_file_system_policy(FileSystemId=fs, Policy=json.dumps({'Statement': [allow]}))
        ann.put_file_system_policy(FileSystemId=fs, Policy=json.dumps({'Statement': [allow, deny]}),
                                   BypassPolicyLockoutSafetyCheck=True)
        self.refused('AccessDeniedException', ann.put_file_system_policy, FileSystemId=fs,
                     Policy=json.dumps({'Statement': [allow]}))


class Roles(Case):
    def test_life(self):
        made = self.role('writer', {'AWS': ACCOUNT}, Path='/svc/', Description='d', MaxSessionDuration=7200)
        self.assertEqual(made['Arn'], f'arn:aws:iam::{ACCOUNT}:role/svc/writer')
        self.assertEqual(made['AssumeRolePolicyDocument'], json.loads(trust({'AWS': ACCOUNT})))
        got = self.iam.get_role(RoleName='writer')['Role']
        self.assertEqual((got['Description'], got['MaxSessionDuration']), ('d', 7200))
        self.iam.update_role(RoleName='writer', MaxSessionDuration=3600)
        self.assertEqual(self.iam.get_role(RoleName='writer')['Role']['MaxSessionDuration'], 3600)
        self.assertEqual([r['RoleName'] for r in self.iam.list_roles(PathPrefix='/svc/')['Roles']], ['writer'])
        self.assertEqual(self.iam.list_roles(PathPrefix='/x/')['Roles'], [])
        self.assertEqual(self.iam.list_instance_profiles_for_role(RoleName='writer')['InstanceProfiles'], [])
        self.refused('EntityAlreadyExists', self.iam.create_role, RoleName='Writer',
                     AssumeRolePolicyDocument=trust({'AWS': ACCOUNT}))
        for bad in ('{', policy('sts:AssumeRole'), trust({'AWS': f'arn:aws:iam::{ACCOUNT}:user/No'}),
                    trust({'AWS': ACCOUNT}).replace('sts:AssumeRole', 'ec2:Run')):
            self.refused('MalformedPolicyDocument', self.iam.create_role, RoleName='x', AssumeRolePolicyDocument=bad)
        self.refused('ValidationError', self.iam.create_role, RoleName='x', MaxSessionDuration=1,
                     AssumeRolePolicyDocument=trust({'AWS': ACCOUNT}))
        self.refused('NoSuchEntity', self.iam.get_role, RoleName='x', message='The role with name x cannot be found.')
        self.iam.put_role_policy(RoleName='writer', PolicyName='p', PolicyDocument=policy('ec2:*'))
        self.refused('DeleteConflict', self.iam.delete_role, RoleName='writer')

    def test_assume(self):
        key = self.user('Ann', policy('sts:AssumeRole'))
        arn = self.role('writer', {'AWS': ACCOUNT}, policy('elasticfilesystem:*'))['Arn']
        made = client('sts', key).assume_role(RoleArn=arn, RoleSessionName='monday', DurationSeconds=900)
        self.assertEqual(made['AssumedRoleUser']['Arn'], f'arn:aws:sts::{ACCOUNT}:assumed-role/writer/monday')
        session = made['Credentials']
        self.assertRegex(session['AccessKeyId'], '^ASIA[A-Z2-7]{16}$')
        who = client('sts', session).get_caller_identity()
        self.assertEqual(who['Arn'], made['AssumedRoleUser']['Arn'])
        self.assertEqual(who['UserId'], made['AssumedRoleUser']['AssumedRoleId'])
        client('efs', session).describe_file_systems()
        self.refused('UnrecognizedClientException', client('efs', dict(session, SessionToken='x' * 100)).describe_file_systems)
        self.refused('UnrecognizedClientException', client('efs', dict(session, SessionToken=None)).describe_file_systems)
        # A session policy narrows
        narrow = client('sts', key).assume_role(RoleArn=arn, RoleSessionName='tuesday', Policy=policy(
            'elasticfilesystem:DescribeMountTargets'))['Credentials']
        self.refused('AccessDeniedException', client('efs', narrow).describe_file_systems)
        # The role's policies hold at once for sessions that live; without the role there are none
        self.iam.put_role_policy(RoleName='writer', PolicyName='p0', PolicyDocument=policy('ec2:*'))
        self.refused('AccessDeniedException', client('efs', session).describe_file_systems)
        self.iam.delete_role_policy(RoleName='writer', PolicyName='p0')
        self.iam.delete_role(RoleName='writer')
        self.refused('UnrecognizedClientException', client('efs', session).describe_file_systems)

    def test_refused(self):
        key = self.user('Ann', policy('sts:AssumeRole'))
        poor = self.user('Bob')
        arn = self.role('writer', {'AWS': ACCOUNT}, policy('elasticfilesystem:*'))['Arn']
        ann = self.role('anns', {'AWS': f'arn:aws:iam::{ACCOUNT}:user/Ann'})['Arn']
        sts = client('sts', key)
        self.refused('AccessDenied', client('sts', poor).assume_role, RoleArn=arn, RoleSessionName='xx', status=403,
                     message=f'User: arn:aws:iam::{ACCOUNT}:user/Bob is not authorized to perform: sts:AssumeRole')
        self.refused('AccessDenied', client('sts', poor).assume_role, RoleArn=ann, RoleSessionName='xx')
        sts.assume_role(RoleArn=ann, RoleSessionName='xx')
        self.refused('AccessDenied', self.sts.assume_role, RoleArn=arn, RoleSessionName='xx', message='root')
        self.refused('AccessDenied', sts.assume_role, RoleArn=arn.replace('writer', 'nobody'), RoleSessionName='xx')
        for wrong in ({'RoleSessionName': 'x'}, {'RoleSessionName': 'a b'}, {'DurationSeconds': 60},
                      {'DurationSeconds': 7200}, {'RoleArn': 'writer'}, {'RoleSessionName': None}):
            call = {k: v for k, v in dict({'RoleArn': arn, 'RoleSessionName': 'xx'}, **wrong).items() if v}
            self.refused('ValidationError', sts.assume_role, status=400, **call)
        self.refused('MalformedPolicyDocument', sts.assume_role, RoleArn=arn, RoleSessionName='xx', Policy='{')
        # Ann made anew is not the one whom the role trusts
        self.iam.delete_user_policy(UserName='Ann', PolicyName='p0')
        self.iam.delete_access_key(UserName='Ann', AccessKeyId=key['AccessKeyId'])
        self.iam.delete_user(UserName='Ann')
        again = client('sts', self.user('Ann', policy('sts:AssumeRole')))
        self.refused('AccessDenied', again.assume_role, RoleArn=ann, RoleSessionName='xx')
        self.iam.update_assume_role_policy(RoleName='anns', PolicyDocument=trust({'AWS': f'arn:aws:iam::{ACCOUNT}:user/Ann'}))
        again.assume_role(RoleArn=ann, RoleSessionName='xx')


class Sts(Case):
    def test_who(self):
        self.assertEqual({k: v for k, v in self.sts.get_caller_identity().items() if k != 'ResponseMetadata'},
                         {'UserId': ACCOUNT, 'Account': ACCOUNT, 'Arn': f'arn:aws:iam::{ACCOUNT}:root'})
        key = self.user('Ann', policy('*', 'Deny'))
        who = client('sts', key).get_caller_identity()
        self.assertEqual(who['Arn'], f'arn:aws:iam::{ACCOUNT}:user/Ann')
        self.assertRegex(who['UserId'], '^AIDA')
        session = client('sts', key).get_session_token(DurationSeconds=900)['Credentials']
        self.assertEqual(client('sts', session).get_caller_identity()['Arn'], who['Arn'])
        self.refused('AccessDenied', client('sts', session).get_session_token)
        self.refused('InvalidAction', self.sts.get_federation_token, Name='xx')

    def test_regions(self):
        """IAM and STS are asked for in any region, EFS in one's own only."""
        client('iam', region_name='eu-west-1').list_users()
        client('sts', region_name='eu-west-1').get_caller_identity()
        self.refused('InvalidSignatureException', client('efs', region_name='eu-west-1').describe_file_systems)
        self.refused('MissingAuthenticationToken', client('sts', config=Config(
            signature_version=__import__('botocore').UNSIGNED)).get_caller_identity, status=403)


if __name__ == '__main__':
    unittest.main()
