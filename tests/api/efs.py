#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The EFS API through boto3, as Terraform and scripts use it: each operation, each error that they can give.

Wants AWS_ENDPOINT_URL, AWS_REGION and an administrator's key in the environment, kefsd with the configuration that
efs.conf beside this file adds, and in KEFS_TOPOLOGY what `kefsctl subnets --json` says. It deletes what it makes.
"""
import json
import os
import socket
import threading
import time
import unittest
import urllib.parse
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

TOPOLOGY = json.loads(os.environ['KEFS_TOPOLOGY'])
REGION, ACCOUNT = TOPOLOGY['Region'], TOPOLOGY['Account']
DEFAULT_VPC, LAB = TOPOLOGY['Vpcs'][0], TOPOLOGY['Vpcs'][1]
MAX_FILE_SYSTEMS, MAX_ACCESS_POINTS, MAX_MIBPS = 12, 4, 1024    # as in efs.conf
KEY = {'aws_access_key_id': os.environ['AWS_ACCESS_KEY_ID'],
       'aws_secret_access_key': os.environ['AWS_SECRET_ACCESS_KEY']}


def client(**changes):
    options = dict(KEY, endpoint_url=os.environ['AWS_ENDPOINT_URL'], region_name=REGION,
                   config=Config(retries={'max_attempts': 0}, parameter_validation=changes.pop('checks', True)))
    options.update(changes)
    return boto3.client('efs', **options)


def subnets(vpc):
    return [s for s in TOPOLOGY['Subnets'] if s['VpcId'] == vpc['VpcId']]


def address(subnet, last):
    return subnet['CidrBlock'].split('/')[0].rsplit('.', 1)[0] + f'.{last}'


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.efs = client()

    def tearDown(self):
        for fs in self.efs.describe_file_systems()['FileSystems']:
            if fs['LifeCycleState'] == 'deleting':
                continue
            for target in self.efs.describe_mount_targets(FileSystemId=fs['FileSystemId'])['MountTargets']:
                self.efs.delete_mount_target(MountTargetId=target['MountTargetId'])
            self.efs.delete_file_system(FileSystemId=fs['FileSystemId'])
        self.until(lambda: not self.efs.describe_file_systems()['FileSystems'])

    def until(self, condition):
        end = time.time() + 60
        while not condition():
            self.assertLess(time.time(), end, 'this takes too long')
            time.sleep(0.02)

    def refused(self, code, call, *args, status=None, message=None, **kwargs):
        """The call fails with this code; returns the error's body."""
        with self.assertRaises(ClientError) as caught:
            call(*args, **kwargs)
        response = caught.exception.response
        self.assertEqual(response['Error']['Code'], code, response)
        headers = response['ResponseMetadata']['HTTPHeaders']
        self.assertEqual(headers['x-amzn-errortype'], code)
        self.assertRegex(headers['x-amzn-requestid'], r'^[0-9a-f-]{36}$')
        if status:
            self.assertEqual(response['ResponseMetadata']['HTTPStatusCode'], status)
        if message:
            self.assertIn(message, response['Error']['Message'])
        return response

    def fs(self, **options):
        return self.efs.create_file_system(CreationToken=options.pop('token', str(uuid.uuid4())), **options)

    def show(self, fs_id):
        return self.efs.describe_file_systems(FileSystemId=fs_id)['FileSystems'][0]

    def status(self, answer, wanted):
        self.assertEqual(answer['ResponseMetadata']['HTTPStatusCode'], wanted)


class FileSystems(Case):
    def test_create(self):
        made = self.fs(token='t', Tags=[{'Key': 'Name', 'Value': 'n'}, {'Key': 'b', 'Value': ''}])
        self.status(made, 201)
        self.assertEqual(made['LifeCycleState'], 'creating')
        self.assertRegex(made['FileSystemId'], r'^fs-[0-9a-f]{17}$')
        arn = f"arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:file-system/{made['FileSystemId']}"
        self.assertEqual(made['FileSystemArn'], arn)
        fs = self.show(made['FileSystemId'])
        self.assertLess(abs(fs['CreationTime'].timestamp() - time.time()), 60)
        wanted = {'OwnerId': ACCOUNT, 'CreationToken': 't', 'LifeCycleState': 'available', 'Name': 'n',
                  'NumberOfMountTargets': 0, 'PerformanceMode': 'generalPurpose', 'Encrypted': False,
                  'ThroughputMode': 'bursting', 'Tags': [{'Key': 'Name', 'Value': 'n'}, {'Key': 'b', 'Value': ''}],
                  'FileSystemProtection': {'ReplicationOverwriteProtection': 'ENABLED'}}
        self.assertEqual({k: fs.get(k) for k in wanted}, wanted)
        for absent in 'KmsKeyId', 'ProvisionedThroughputInMibps', 'AvailabilityZoneName', 'AvailabilityZoneId':
            self.assertNotIn(absent, fs)
        self.assertGreaterEqual(fs['SizeInBytes']['Value'], 0)
        self.assertEqual(self.show(arn)['FileSystemId'], made['FileSystemId'])

    def test_idempotent(self):
        made = self.fs(token='same')
        said = self.refused('FileSystemAlreadyExists', self.fs, token='same', status=409)
        self.assertEqual(said['FileSystemId'], made['FileSystemId'])
        self.refused('FileSystemAlreadyExists', self.fs, token='same', PerformanceMode='maxIO')
        self.efs.delete_file_system(FileSystemId=made['FileSystemId'])
        self.until(lambda: not self.efs.describe_file_systems(CreationToken='same')['FileSystems'])
        self.assertNotEqual(self.fs(token='same')['FileSystemId'], made['FileSystemId'])

    def test_options(self):
        fs = self.fs(PerformanceMode='maxIO', ThroughputMode='provisioned', ProvisionedThroughputInMibps=10.5)
        self.assertEqual((fs['PerformanceMode'], fs['ThroughputMode'], fs['ProvisionedThroughputInMibps']),
                         ('maxIO', 'provisioned', 10.5))
        fs = self.fs(Encrypted=True)
        self.assertRegex(fs['KmsKeyId'], f'^arn:aws:kms:{REGION}:{ACCOUNT}:key/[0-9a-f-]{{36}}$')
        key = fs['KmsKeyId']
        for named in key, key.split('/')[1], 'alias/aws/elasticfilesystem', f'arn:aws:kms:{REGION}:{ACCOUNT}:alias/aws/elasticfilesystem':
            self.assertEqual(self.fs(Encrypted=True, KmsKeyId=named)['KmsKeyId'], key)
        zone = subnets(DEFAULT_VPC)[1]
        fs = self.fs(AvailabilityZoneName=zone['AvailabilityZoneName'])
        self.assertEqual((fs['AvailabilityZoneName'], fs['AvailabilityZoneId']),
                         (zone['AvailabilityZoneName'], zone['AvailabilityZoneId']))
        backup = [{'Key': 'aws:elasticfilesystem:default-backup', 'Value': 'enabled'}]
        self.assertEqual(fs['Tags'], backup)
        self.assertEqual(self.fs(AvailabilityZoneName=zone['AvailabilityZoneName'], Backup=False)['Tags'], [])
        self.assertEqual(self.fs(Backup=True)['Tags'], backup)

    def test_bad_options(self):
        for options in ({'KmsKeyId': 'alias/aws/elasticfilesystem'}, {'ThroughputMode': 'provisioned'},
                        {'ProvisionedThroughputInMibps': 10.0}, {'ThroughputMode': 'elastic', 'PerformanceMode': 'maxIO'},
                        {'ThroughputMode': 'provisioned', 'ProvisionedThroughputInMibps': 0.5},
                        {'ThroughputMode': 'provisioned', 'ProvisionedThroughputInMibps': 3415.0},
                        {'ThroughputMode': 'bursting', 'ProvisionedThroughputInMibps': 10.0},
                        {'PerformanceMode': 'fast'}, {'ThroughputMode': 'full'}, {'Encrypted': 'yes'},
                        {'Encrypted': True, 'KmsKeyId': str(uuid.uuid4())}, {'Tags': [{'Key': 'aws:x', 'Value': ''}]},
                        {'PerformanceMode': 'maxIO', 'AvailabilityZoneName': subnets(DEFAULT_VPC)[0]['AvailabilityZoneName']}):
            with self.subTest(options=options):
                unchecked = client(checks=False)
                self.refused('BadRequest', unchecked.create_file_system, CreationToken='x', status=400, **options)
        for token in '', 'x' * 65, 'a\nb':
            self.refused('BadRequest', client(checks=False).create_file_system, CreationToken=token)
        self.refused('ThroughputLimitExceeded', self.fs, ThroughputMode='provisioned',
                     ProvisionedThroughputInMibps=MAX_MIBPS + 1.0, status=400)
        self.refused('UnsupportedAvailabilityZone', self.fs, AvailabilityZoneName='nowhere-1z', status=400)
        self.assertEqual(self.efs.describe_file_systems()['FileSystems'], [])

    def test_limit(self):
        for _ in range(MAX_FILE_SYSTEMS):
            self.fs()
        self.refused('FileSystemLimitExceeded', self.fs, status=403)

    def test_describe(self):
        self.assertEqual(self.efs.describe_file_systems(CreationToken='nobody')['FileSystems'], [])
        self.refused('FileSystemNotFound', self.efs.describe_file_systems, FileSystemId='fs-0123456789abcdef0',
                     status=404, message="File system 'fs-0123456789abcdef0' does not exist.")
        self.refused('FileSystemNotFound', self.efs.describe_file_systems, FileSystemId='foobar')
        self.refused('FileSystemNotFound', self.efs.describe_file_systems,
                     FileSystemId=f'arn:aws:elasticfilesystem:{REGION}:999999999999:file-system/fs-0123456789abcdef0')
        self.refused('BadRequest', self.efs.describe_file_systems, FileSystemId='fs-0123456789abcdef0', CreationToken='x')

    def test_pages(self):
        ids = [self.fs()['FileSystemId'] for _ in range(5)]
        first = self.efs.describe_file_systems(MaxItems=2)
        self.assertNotIn('Marker', first)
        self.assertEqual([f['FileSystemId'] for f in first['FileSystems']], ids[:2])
        # The one that the marker names goes: the next page is the same.
        self.efs.delete_file_system(FileSystemId=ids[1])
        self.until(lambda: len(self.efs.describe_file_systems()['FileSystems']) == 4)
        second = self.efs.describe_file_systems(MaxItems=2, Marker=first['NextMarker'])
        self.assertEqual(second['Marker'], first['NextMarker'])
        self.assertEqual([f['FileSystemId'] for f in second['FileSystems']], ids[2:4])
        third = self.efs.describe_file_systems(MaxItems=2, Marker=second['NextMarker'])
        self.assertEqual([f['FileSystemId'] for f in third['FileSystems']], ids[4:])
        self.assertNotIn('NextMarker', third)
        pages = self.efs.get_paginator('describe_file_systems').paginate(PaginationConfig={'PageSize': 1})
        self.assertEqual([f['FileSystemId'] for p in pages for f in p['FileSystems']], ids[:1] + ids[2:])
        for marker in 'x', 'ff', first['NextMarker'][:-2], first['NextMarker'] + '30', first['NextMarker'].upper() + 'A':
            self.refused('BadRequest', self.efs.describe_file_systems, Marker=marker, message='Invalid Marker')
        self.refused('BadRequest', client(checks=False).describe_file_systems, MaxItems=0)
        # A marker of another list
        self.refused('BadRequest', self.efs.describe_mount_targets, FileSystemId=ids[0], Marker=first['NextMarker'])

    def test_update(self):
        fs = self.fs()['FileSystemId']
        answer = self.efs.update_file_system(FileSystemId=fs, ThroughputMode='elastic')
        self.status(answer, 202)
        self.assertEqual((answer['LifeCycleState'], answer['ThroughputMode']), ('updating', 'elastic'))
        self.assertEqual((self.show(fs)['LifeCycleState'], self.show(fs)['ThroughputMode']), ('available', 'elastic'))
        self.efs.update_file_system(FileSystemId=fs, ThroughputMode='bursting')
        self.refused('BadRequest', self.efs.update_file_system, FileSystemId=fs)
        self.refused('BadRequest', self.efs.update_file_system, FileSystemId=fs, ThroughputMode='provisioned')
        self.refused('BadRequest', self.efs.update_file_system, FileSystemId=fs, ProvisionedThroughputInMibps=5.0)
        self.refused('ThroughputLimitExceeded', self.efs.update_file_system, FileSystemId=fs, ThroughputMode='provisioned',
                     ProvisionedThroughputInMibps=MAX_MIBPS + 1.0)
        self.efs.update_file_system(FileSystemId=fs, ThroughputMode='provisioned', ProvisionedThroughputInMibps=5.0)
        self.assertEqual(self.show(fs)['ProvisionedThroughputInMibps'], 5.0)
        self.efs.update_file_system(FileSystemId=fs, ProvisionedThroughputInMibps=6.0)
        self.efs.update_file_system(FileSystemId=fs, ProvisionedThroughputInMibps=6.0)
        self.refused('TooManyRequests', self.efs.update_file_system, FileSystemId=fs, ProvisionedThroughputInMibps=5.0,
                     status=429, message='Wait until')
        self.refused('TooManyRequests', self.efs.update_file_system, FileSystemId=fs, ThroughputMode='elastic')
        self.refused('FileSystemNotFound', self.efs.update_file_system, FileSystemId='fs-0123456789abcdef0', ThroughputMode='elastic')
        self.refused('BadRequest', client(checks=False).update_file_system, FileSystemId=fs, ThroughputMode='')

    def test_delete(self):
        fs = self.fs()['FileSystemId']
        target = self.efs.create_mount_target(FileSystemId=fs, SubnetId=subnets(DEFAULT_VPC)[0]['SubnetId'])['MountTargetId']
        self.efs.create_access_point(ClientToken='t', FileSystemId=fs)
        self.efs.put_file_system_policy(FileSystemId=fs, Policy=policy(fs))
        self.refused('FileSystemInUse', self.efs.delete_file_system, FileSystemId=fs, status=409)
        self.assertEqual(self.show(fs)['NumberOfMountTargets'], 1)
        self.efs.delete_mount_target(MountTargetId=target)
        self.status(self.efs.delete_file_system(FileSystemId=fs), 204)
        self.assertEqual(self.efs.describe_access_points()['AccessPoints'], [])
        self.until(lambda: not self.efs.describe_file_systems()['FileSystems'])
        self.refused('FileSystemNotFound', self.efs.describe_file_systems, FileSystemId=fs)
        self.refused('FileSystemNotFound', self.efs.delete_file_system, FileSystemId=fs, status=404)

    def test_protection(self):
        fs = self.fs()['FileSystemId']
        answer = self.efs.update_file_system_protection(FileSystemId=fs, ReplicationOverwriteProtection='DISABLED')
        self.assertEqual(answer['ReplicationOverwriteProtection'], 'DISABLED')
        self.assertEqual(self.show(fs)['FileSystemProtection'], {'ReplicationOverwriteProtection': 'DISABLED'})
        self.efs.update_file_system_protection(FileSystemId=fs, ReplicationOverwriteProtection='ENABLED')
        for word in 'REPLICATING', 'ON':
            self.refused('BadRequest', self.efs.update_file_system_protection, FileSystemId=fs, ReplicationOverwriteProtection=word)
        self.refused('FileSystemNotFound', self.efs.update_file_system_protection, FileSystemId='fs-00000000',
                     ReplicationOverwriteProtection='ENABLED')


class Configuration(Case):
    def test_lifecycle(self):
        fs = self.fs(ThroughputMode='elastic')['FileSystemId']
        put, get = self.efs.put_lifecycle_configuration, self.efs.describe_lifecycle_configuration
        self.assertEqual(get(FileSystemId=fs)['LifecyclePolicies'], [])
        policies = [{'TransitionToIA': 'AFTER_30_DAYS'}, {'TransitionToArchive': 'AFTER_90_DAYS'},
                    {'TransitionToPrimaryStorageClass': 'AFTER_1_ACCESS'}]
        self.assertEqual(put(FileSystemId=fs, LifecyclePolicies=policies)['LifecyclePolicies'], policies)
        self.assertEqual(get(FileSystemId=fs)['LifecyclePolicies'], policies)
        # Archive is for elastic throughput
        self.refused('BadRequest', self.efs.update_file_system, FileSystemId=fs, ThroughputMode='bursting')
        for bad in ([{'TransitionToIA': 'AFTER_30_DAYS', 'TransitionToPrimaryStorageClass': 'AFTER_1_ACCESS'}],
                    [{'TransitionToIA': 'AFTER_30_DAYS'}, {'TransitionToIA': 'AFTER_7_DAYS'}], [{}],
                    [{'TransitionToIA': 'AFTER_2_DAYS'}], [{'TransitionToIA': ''}],
                    [{'TransitionToIA': 'AFTER_90_DAYS'}, {'TransitionToArchive': 'AFTER_90_DAYS'}],
                    policies + [{'TransitionToIA': 'AFTER_7_DAYS'}]):
            with self.subTest(policies=bad):
                self.refused('BadRequest', put, FileSystemId=fs, LifecyclePolicies=bad)
        self.assertEqual(get(FileSystemId=fs)['LifecyclePolicies'], policies)
        self.assertEqual(put(FileSystemId=fs, LifecyclePolicies=[])['LifecyclePolicies'], [])
        self.efs.update_file_system(FileSystemId=fs, ThroughputMode='bursting')
        self.refused('BadRequest', put, FileSystemId=fs, LifecyclePolicies=[{'TransitionToArchive': 'AFTER_90_DAYS'}])
        self.refused('FileSystemNotFound', put, FileSystemId='fs-00000000', LifecyclePolicies=[])
        self.refused('FileSystemNotFound', get, FileSystemId='fs-00000000')

    def test_backup(self):
        fs = self.fs()['FileSystemId']
        put, get = self.efs.put_backup_policy, self.efs.describe_backup_policy
        self.refused('PolicyNotFound', get, FileSystemId=fs, status=404)
        self.assertEqual(put(FileSystemId=fs, BackupPolicy={'Status': 'ENABLED'})['BackupPolicy'], {'Status': 'ENABLING'})
        self.assertEqual(get(FileSystemId=fs)['BackupPolicy'], {'Status': 'ENABLED'})
        self.assertEqual(put(FileSystemId=fs, BackupPolicy={'Status': 'ENABLED'})['BackupPolicy'], {'Status': 'ENABLED'})
        self.assertEqual(self.show(fs)['Tags'], [{'Key': 'aws:elasticfilesystem:default-backup', 'Value': 'enabled'}])
        self.refused('BadRequest', self.efs.untag_resource, ResourceId=fs, TagKeys=['aws:elasticfilesystem:default-backup'])
        self.assertEqual(put(FileSystemId=fs, BackupPolicy={'Status': 'DISABLED'})['BackupPolicy'], {'Status': 'DISABLING'})
        self.assertEqual(get(FileSystemId=fs)['BackupPolicy'], {'Status': 'DISABLED'})
        self.assertEqual(self.show(fs)['Tags'], [])
        for word in 'ENABLING', 'DISABLING', 'maybe':
            self.refused('BadRequest', put, FileSystemId=fs, BackupPolicy={'Status': word})
        self.refused('FileSystemNotFound', put, FileSystemId='fs-00000000', BackupPolicy={'Status': 'ENABLED'})

    def test_policy(self):
        fs = self.fs()['FileSystemId']
        put, get = self.efs.put_file_system_policy, self.efs.describe_file_system_policy
        self.refused('PolicyNotFound', get, FileSystemId=fs, status=404)
        self.efs.delete_file_system_policy(FileSystemId=fs)
        answer = put(FileSystemId=fs, Policy=policy(fs))
        self.assertEqual((answer['FileSystemId'], json.loads(answer['Policy'])), (fs, json.loads(policy(fs))))
        self.assertEqual(get(FileSystemId=fs)['Policy'], policy(fs))
        locks_out = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Deny', 'Principal': '*', 'Action': '*'}]}
        self.refused('InvalidPolicyException', put, FileSystemId=fs, Policy=json.dumps(locks_out), status=400)
        put(FileSystemId=fs, Policy=json.dumps(locks_out), BypassPolicyLockoutSafetyCheck=True)
        for bad in ('{', '[]', '{} // a comment', json.dumps({'Statement': [{'Effect': 'allow', 'Principal': '*', 'Action': '*'}]}),
                    policy('fs-0123456789abcdef0'),
                    json.dumps({'Statement': [{'Effect': 'Allow', 'Principal': '*', 'Action': 's3:GetObject'}]})):
            with self.subTest(policy=bad):
                self.refused('InvalidPolicyException', put, FileSystemId=fs, Policy=bad)
        nobody = {'Statement': [{'Effect': 'Allow', 'Principal': {'AWS': f'arn:aws:iam::{ACCOUNT}:user/nobody'},
                                 'Action': 'elasticfilesystem:ClientMount'}]}
        self.refused('InvalidPolicyException', put, FileSystemId=fs, Policy=json.dumps(nobody),
                     message='Policy contains invalid Principal block')
        self.refused('BadRequest', put, FileSystemId=fs, Policy=policy(fs) + ' ' * 20000)
        self.efs.delete_file_system_policy(FileSystemId=fs)
        self.refused('PolicyNotFound', get, FileSystemId=fs)
        for call in get, self.efs.delete_file_system_policy:
            self.refused('FileSystemNotFound', call, FileSystemId='fs-00000000')
        self.refused('FileSystemNotFound', put, FileSystemId='fs-00000000', Policy=policy(fs))

    def test_replication(self):
        fs = self.fs()['FileSystemId']
        self.refused('ValidationException', self.efs.create_replication_configuration, SourceFileSystemId=fs,
                     Destinations=[{'Region': 'eu-west-1'}], status=400)
        self.refused('BadRequest', self.efs.create_replication_configuration, SourceFileSystemId=fs, Destinations=[])
        self.assertEqual(self.efs.describe_replication_configurations()['Replications'], [])
        self.refused('ReplicationNotFound', self.efs.describe_replication_configurations, FileSystemId=fs, status=404)
        self.refused('ReplicationNotFound', self.efs.delete_replication_configuration, SourceFileSystemId=fs)
        gone = 'fs-00000000'
        self.refused('FileSystemNotFound', self.efs.create_replication_configuration, SourceFileSystemId=gone,
                     Destinations=[{'Region': 'eu-west-1'}])
        self.refused('FileSystemNotFound', self.efs.describe_replication_configurations, FileSystemId=gone)
        self.refused('FileSystemNotFound', self.efs.delete_replication_configuration, SourceFileSystemId=gone)

    def test_preferences(self):
        wanted = {'ResourceIdType': 'LONG_ID', 'Resources': ['FILE_SYSTEM', 'MOUNT_TARGET']}
        self.assertEqual(self.efs.describe_account_preferences()['ResourceIdPreference'], wanted)
        self.assertEqual(self.efs.put_account_preferences(ResourceIdType='LONG_ID')['ResourceIdPreference'], wanted)
        self.refused('BadRequest', self.efs.put_account_preferences, ResourceIdType='SHORT_ID', status=400)


def policy(fs_id):
    return json.dumps({'Version': '2012-10-17', 'Id': 'x', 'Statement': [
        {'Sid': 'read', 'Effect': 'Allow', 'Principal': {'AWS': '*'}, 'Action': ['elasticfilesystem:ClientMount'],
         'Resource': f'arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:file-system/{fs_id}'}]}, indent=2)


class MountTargets(Case):
    def test_create(self):
        fs, subnet = self.fs()['FileSystemId'], subnets(DEFAULT_VPC)[0]
        made = self.efs.create_mount_target(FileSystemId=fs, SubnetId=subnet['SubnetId'])
        self.status(made, 200)
        self.assertRegex(made['MountTargetId'], r'^fsmt-[0-9a-f]{17}$')
        self.assertRegex(made['NetworkInterfaceId'], r'^eni-[0-9a-f]{17}$')
        wanted = {'OwnerId': ACCOUNT, 'FileSystemId': fs, 'SubnetId': subnet['SubnetId'], 'LifeCycleState': 'creating',
                  'AvailabilityZoneId': subnet['AvailabilityZoneId'], 'IpAddress': address(subnet, 4),
                  'AvailabilityZoneName': subnet['AvailabilityZoneName'], 'VpcId': subnet['VpcId']}
        self.assertEqual({k: made.get(k) for k in wanted}, wanted)
        target = self.efs.describe_mount_targets(MountTargetId=made['MountTargetId'])['MountTargets'][0]
        self.assertEqual(target['LifeCycleState'], 'available')
        self.assertEqual(target['IpAddress'], made['IpAddress'])
        groups = self.efs.describe_mount_target_security_groups(MountTargetId=made['MountTargetId'])
        self.assertEqual(groups['SecurityGroups'], [DEFAULT_VPC['DefaultSecurityGroupId']])
        other = self.efs.create_mount_target(FileSystemId=fs, SubnetId=subnets(DEFAULT_VPC)[1]['SubnetId'],
                                             IpAddress=address(subnets(DEFAULT_VPC)[1], 77))
        self.assertEqual(other['IpAddress'], address(subnets(DEFAULT_VPC)[1], 77))
        self.assertEqual(self.show(fs)['NumberOfMountTargets'], 2)
        arn = self.efs.create_access_point(ClientToken='a', FileSystemId=fs)['AccessPointArn']
        for named in {'FileSystemId': fs}, {'AccessPointId': arn}:
            found = self.efs.describe_mount_targets(**named)['MountTargets']
            self.assertEqual([t['MountTargetId'] for t in found], [made['MountTargetId'], other['MountTargetId']])
        page = self.efs.describe_mount_targets(FileSystemId=fs, MaxItems=1)
        page = self.efs.describe_mount_targets(FileSystemId=fs, MaxItems=1, Marker=page['NextMarker'])
        self.assertEqual([t['MountTargetId'] for t in page['MountTargets']], [other['MountTargetId']])
        self.assertNotIn('NextMarker', page)

    def test_conflicts(self):
        fs, first, lab = self.fs()['FileSystemId'], subnets(DEFAULT_VPC)[0]['SubnetId'], subnets(LAB)
        create = self.efs.create_mount_target
        made = create(FileSystemId=fs, SubnetId=first)
        self.refused('MountTargetConflict', create, FileSystemId=fs, SubnetId=first, status=409, message='AZ')
        self.refused('MountTargetConflict', create, FileSystemId=fs, SubnetId=lab[1]['SubnetId'], message='VPC')
        self.refused('IpAddressInUse', create, FileSystemId=self.fs()['FileSystemId'], SubnetId=first,
                     IpAddress=made['IpAddress'], status=409)
        two = self.fs()['FileSystemId']
        for last in 3, 255:
            self.refused('BadRequest', create, FileSystemId=two, SubnetId=lab[1]['SubnetId'], IpAddress=address(lab[1], last), message='Address')
        self.refused('BadRequest', create, FileSystemId=two, SubnetId=first, IpAddress='10.1.2.3', message='Address')
        for bad in ({'IpAddress': 'x.y.z.w'}, {'IpAddressType': 'IPV6_ONLY'}, {'IpAddressType': 'IPV5'},
                    {'Ipv6Address': 'fd00::1', 'IpAddressType': 'DUAL_STACK'}, {'SecurityGroups': ['group-of-ours']}):
            # Older clients do not have all members
            if set(bad) <= set(self.efs.meta.service_model.operation_model('CreateMountTarget').input_shape.members):
                self.refused('BadRequest', create, FileSystemId=two, SubnetId=first, **bad)
        self.refused('SubnetNotFound', create, FileSystemId=two, SubnetId='subnet-00000000', status=400)
        self.refused('FileSystemNotFound', create, FileSystemId='fs-00000000', SubnetId=first)
        groups = [f'sg-0000000{i}' for i in range(6)]
        self.refused('SecurityGroupLimitExceeded', create, FileSystemId=two, SubnetId=first, SecurityGroups=groups, status=400)
        self.refused('SecurityGroupNotFound', create, FileSystemId=two, SubnetId=first, SecurityGroups=groups[:1], status=400)
        self.refused('SecurityGroupNotFound', create, FileSystemId=two, SubnetId=first,
                     SecurityGroups=[LAB['DefaultSecurityGroupId']])

    def test_one_zone(self):
        here, there = subnets(DEFAULT_VPC)[:2]
        fs = self.fs(AvailabilityZoneName=here['AvailabilityZoneName'])['FileSystemId']
        self.refused('AvailabilityZonesMismatch', self.efs.create_mount_target, FileSystemId=fs,
                     SubnetId=there['SubnetId'], status=400)
        self.efs.create_mount_target(FileSystemId=fs, SubnetId=here['SubnetId'])

    def test_full(self):
        """The first subnet of the lab has 28 bits: 11 addresses."""
        small = subnets(LAB)[0]['SubnetId']
        made = [self.efs.create_mount_target(FileSystemId=self.fs()['FileSystemId'], SubnetId=small) for _ in range(11)]
        one_more = self.fs()['FileSystemId']
        self.refused('NoFreeAddressesInSubnet', self.efs.create_mount_target, FileSystemId=one_more, SubnetId=small, status=409)
        # The VPC may have 12 mount targets (efs.conf)
        self.efs.create_mount_target(FileSystemId=one_more, SubnetId=subnets(LAB)[1]['SubnetId'])
        self.refused('NetworkInterfaceLimitExceeded', self.efs.create_mount_target, FileSystemId=made[0]['FileSystemId'],
                     SubnetId=subnets(LAB)[1]['SubnetId'], status=409)
        self.efs.delete_mount_target(MountTargetId=made[5]['MountTargetId'])
        again = self.efs.create_mount_target(FileSystemId=made[5]['FileSystemId'], SubnetId=small)
        self.assertEqual(again['IpAddress'], made[5]['IpAddress'])

    def test_describe(self):
        describe = self.efs.describe_mount_targets
        for wrong in {}, {'FileSystemId': 'fs-00000000', 'MountTargetId': 'fsmt-00000000'}:
            self.refused('BadRequest', describe, **wrong)
        self.refused('FileSystemNotFound', describe, FileSystemId='fs-00000000')
        self.refused('AccessPointNotFound', describe, AccessPointId='fsap-00000000', status=404)
        self.refused('MountTargetNotFound', describe, MountTargetId='fsmt-00000000', status=404,
                     message="Mount target 'fsmt-00000000' does not exist.")
        self.refused('MountTargetNotFound', self.efs.delete_mount_target, MountTargetId='fsmt-00000000')

    def test_groups(self):
        fs = self.fs()['FileSystemId']
        target = self.efs.create_mount_target(FileSystemId=fs, SubnetId=subnets(DEFAULT_VPC)[0]['SubnetId'],
                                              SecurityGroups=[DEFAULT_VPC['DefaultSecurityGroupId']])['MountTargetId']
        modify = self.efs.modify_mount_target_security_groups
        self.status(modify(MountTargetId=target, SecurityGroups=[]), 204)
        groups = self.efs.describe_mount_target_security_groups(MountTargetId=target)['SecurityGroups']
        self.assertEqual(groups, [DEFAULT_VPC['DefaultSecurityGroupId']])
        self.refused('SecurityGroupNotFound', modify, MountTargetId=target, SecurityGroups=['sg-00000000'], status=400)
        self.refused('SecurityGroupLimitExceeded', modify, MountTargetId=target,
                     SecurityGroups=[f'sg-0000000{i}' for i in range(6)], status=400)
        for call in modify, self.efs.describe_mount_target_security_groups:
            self.refused('MountTargetNotFound', call, MountTargetId='fsmt-00000000', status=404)


class AccessPoints(Case):
    ROOT = {'Path': '/a/b', 'CreationInfo': {'OwnerUid': 1000, 'OwnerGid': 4294967295, 'Permissions': '0755'}}

    def test_create(self):
        fs = self.fs()['FileSystemId']
        user = {'Uid': 1000, 'Gid': 1001, 'SecondaryGids': list(range(16))}
        made = self.efs.create_access_point(ClientToken='t', FileSystemId=fs, PosixUser=user, RootDirectory=self.ROOT,
                                            Tags=[{'Key': 'Name', 'Value': 'web'}])
        self.status(made, 200)
        self.assertRegex(made['AccessPointId'], r'^fsap-[0-9a-f]{17}$')
        wanted = {'ClientToken': 't', 'Name': 'web', 'Tags': [{'Key': 'Name', 'Value': 'web'}], 'FileSystemId': fs,
                  'AccessPointArn': f"arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:access-point/{made['AccessPointId']}",
                  'PosixUser': user, 'RootDirectory': self.ROOT, 'OwnerId': ACCOUNT, 'LifeCycleState': 'creating'}
        self.assertEqual({k: made.get(k) for k in wanted}, wanted)
        for named in made['AccessPointId'], made['AccessPointArn']:
            points = self.efs.describe_access_points(AccessPointId=named)['AccessPoints']
            self.assertEqual(len(points), 1)
            self.assertEqual({k: points[0].get(k) for k in wanted}, dict(wanted, LifeCycleState='available'))
        plain = self.efs.create_access_point(ClientToken='u', FileSystemId=made['AccessPointArn'].split(':access')[0] + f':file-system/{fs}')
        self.assertEqual(plain['RootDirectory'], {'Path': '/'})
        self.assertNotIn('PosixUser', plain)
        self.assertEqual(plain['Tags'], [])
        said = self.refused('AccessPointAlreadyExists', self.efs.create_access_point, ClientToken='t', FileSystemId=fs, status=409)
        self.assertEqual(said['AccessPointId'], made['AccessPointId'])
        self.status(self.efs.delete_access_point(AccessPointId=made['AccessPointId']), 204)
        self.refused('AccessPointNotFound', self.efs.describe_access_points, AccessPointId=made['AccessPointId'], status=404)
        self.refused('AccessPointNotFound', self.efs.delete_access_point, AccessPointId=made['AccessPointId'], status=404)
        self.efs.create_access_point(ClientToken='t', FileSystemId=fs)

    def test_bad(self):
        fs, unchecked = self.fs()['FileSystemId'], client(checks=False)
        for path in '', 'a', '/a/', '//', '/a//b', '/./a', '/../a', '/.a', '/a/b/c/d/e', '/' + 'x' * 100, '/a$b', '/a\nb', '/a*':
            with self.subTest(path=path):
                self.refused('BadRequest', unchecked.create_access_point, ClientToken='t', FileSystemId=fs, RootDirectory={'Path': path})
        for info in ({'OwnerUid': 1, 'OwnerGid': 1}, {'OwnerUid': -1, 'OwnerGid': 1, 'Permissions': '755'},
                     {'OwnerUid': 2**32, 'OwnerGid': 1, 'Permissions': '755'}, {'OwnerUid': 1, 'OwnerGid': 1, 'Permissions': '888'},
                     {'OwnerUid': 1, 'OwnerGid': 1, 'Permissions': '75'}, {'OwnerUid': '1', 'OwnerGid': 1, 'Permissions': '755'},
                     {'OwnerUid': 1, 'OwnerGid': 1, 'Permissions': 755}, {'OwnerUid': 1, 'OwnerGid': 1, 'Permissions': '07555'}):
            with self.subTest(info=info):
                self.refused('BadRequest', unchecked.create_access_point, ClientToken='t', FileSystemId=fs,
                             RootDirectory={'Path': '/a', 'CreationInfo': info})
        for user in {'Uid': 1}, {'Uid': -1, 'Gid': 1}, {'Uid': 1, 'Gid': 1, 'SecondaryGids': list(range(17))}:
            self.refused('BadRequest', unchecked.create_access_point, ClientToken='t', FileSystemId=fs, PosixUser=user)
        self.refused('BadRequest', unchecked.create_access_point, ClientToken='', FileSystemId=fs)
        self.refused('FileSystemNotFound', self.efs.create_access_point, ClientToken='t', FileSystemId='fs-00000000', status=404)
        self.assertEqual(self.efs.describe_access_points()['AccessPoints'], [])

    def test_limit_and_pages(self):
        fs, other = self.fs()['FileSystemId'], self.fs()['FileSystemId']
        ids = [self.efs.create_access_point(ClientToken=f't{i}', FileSystemId=fs)['AccessPointId'] for i in range(MAX_ACCESS_POINTS)]
        self.refused('AccessPointLimitExceeded', self.efs.create_access_point, ClientToken='more', FileSystemId=fs, status=403)
        ids.append(self.efs.create_access_point(ClientToken='more', FileSystemId=other)['AccessPointId'])
        first = self.efs.describe_access_points(MaxResults=3)
        self.assertEqual([p['AccessPointId'] for p in first['AccessPoints']], ids[:3])
        rest = self.efs.describe_access_points(MaxResults=1000, NextToken=first['NextToken'])
        self.assertEqual([p['AccessPointId'] for p in rest['AccessPoints']], ids[3:])
        self.assertNotIn('NextToken', rest)
        found = self.efs.describe_access_points(FileSystemId=fs)['AccessPoints']
        self.assertEqual([p['AccessPointId'] for p in found], ids[:-1])
        self.refused('BadRequest', self.efs.describe_access_points, NextToken='nonsense')
        self.refused('BadRequest', self.efs.describe_access_points, FileSystemId=fs, AccessPointId=ids[0])
        self.refused('FileSystemNotFound', self.efs.describe_access_points, FileSystemId='fs-00000000')


class Tags(Case):
    def test_all_forms(self):
        fs = self.fs(Tags=[{'Key': 'z', 'Value': '1'}])
        point = self.efs.create_access_point(ClientToken='t', FileSystemId=fs['FileSystemId'])
        for named in fs['FileSystemId'], fs['FileSystemArn'], point['AccessPointId'], point['AccessPointArn']:
            with self.subTest(resource=named):
                listed = lambda: self.efs.list_tags_for_resource(ResourceId=named)['Tags']
                before = listed()
                self.status(self.efs.tag_resource(ResourceId=named, Tags=[{'Key': 'ä ß/é+@', 'Value': 'x=1'}, {'Key': 'b', 'Value': ''}]), 200)
                self.assertEqual(listed(), before + [{'Key': 'ä ß/é+@', 'Value': 'x=1'}, {'Key': 'b', 'Value': ''}])
                self.efs.tag_resource(ResourceId=named, Tags=[{'Key': 'ä ß/é+@', 'Value': '2'}])
                self.assertEqual(listed()[len(before)], {'Key': 'ä ß/é+@', 'Value': '2'})
                self.status(self.efs.untag_resource(ResourceId=named, TagKeys=['b', 'ä ß/é+@', 'absent']), 200)
                self.assertEqual(listed(), before)

    def test_old_forms(self):
        fs = self.fs()['FileSystemId']
        self.status(self.efs.create_tags(FileSystemId=fs, Tags=[{'Key': k, 'Value': k} for k in 'abc']), 204)
        page = self.efs.describe_tags(FileSystemId=fs, MaxItems=2)
        self.assertEqual([t['Key'] for t in page['Tags']], ['a', 'b'])
        page = self.efs.describe_tags(FileSystemId=fs, MaxItems=2, Marker=page['NextMarker'])
        self.assertEqual([t['Key'] for t in page['Tags']], ['c'])
        self.status(self.efs.delete_tags(FileSystemId=fs, TagKeys=['a', 'c']), 204)
        self.assertEqual(self.efs.describe_tags(FileSystemId=fs)['Tags'], [{'Key': 'b', 'Value': 'b'}])
        for call, more in ((self.efs.create_tags, {'Tags': []}), (self.efs.delete_tags, {'TagKeys': ['a']}),
                           (self.efs.describe_tags, {})):
            self.refused('FileSystemNotFound', call, FileSystemId='fs-00000000', status=404, **more)

    def test_name(self):
        fs = self.fs()['FileSystemId']
        self.assertIn(self.show(fs).get('Name', ''), ('',))
        self.efs.tag_resource(ResourceId=fs, Tags=[{'Key': 'Name', 'Value': 'new name'}])
        self.assertEqual(self.show(fs)['Name'], 'new name')
        self.efs.untag_resource(ResourceId=fs, TagKeys=['Name'])
        self.assertIn(self.show(fs).get('Name', ''), ('',))

    def test_rules(self):
        fs, unchecked = self.fs()['FileSystemId'], client(checks=False)
        for key, value in (('', 'x'), ('k' * 129, 'x'), ('k', 'v' * 257), ('aws:k', 'x'), ('AWS:k', 'x'), ('k;', 'x'), ('k', 'a\tb'), ('k\u2603', 'x')):
            with self.subTest(key=key, value=value):
                self.refused('BadRequest', unchecked.tag_resource, ResourceId=fs, Tags=[{'Key': key, 'Value': value}])
        self.refused('BadRequest', unchecked.tag_resource, ResourceId=fs, Tags=[{'Key': 'k', 'Value': '1'}, {'Key': 'k', 'Value': '2'}])
        self.refused('BadRequest', unchecked.tag_resource, ResourceId=fs, Tags=[{'Key': 'k'}])
        self.efs.tag_resource(ResourceId=fs, Tags=[{'Key': f'k{i}', 'Value': 'v' * 256} for i in range(50)])
        self.refused('BadRequest', self.efs.tag_resource, ResourceId=fs, Tags=[{'Key': 'k50', 'Value': ''}])
        page = self.efs.list_tags_for_resource(ResourceId=fs, MaxResults=30)
        page = self.efs.list_tags_for_resource(ResourceId=fs, MaxResults=30, NextToken=page['NextToken'])
        self.assertEqual([t['Key'] for t in page['Tags']], [f'k{i}' for i in range(30, 50)])
        self.refused('BadRequest', unchecked.untag_resource, ResourceId=fs, TagKeys=[])
        self.refused('BadRequest', unchecked.untag_resource, ResourceId=fs, TagKeys=[f'k{i}' for i in range(51)])
        self.refused('FileSystemNotFound', self.efs.tag_resource, ResourceId='fs-00000000', Tags=[])
        self.refused('AccessPointNotFound', self.efs.tag_resource, ResourceId='fsap-00000000', Tags=[])
        self.refused('AccessPointNotFound', self.efs.list_tags_for_resource, ResourceId='fsap-00000000')
        self.refused('FileSystemNotFound', self.efs.untag_resource, ResourceId='nonsense', TagKeys=['a'])


class Signatures(Case):
    def test_refused(self):
        self.refused('UnrecognizedClientException', client(aws_access_key_id='AKIAAAAAAAAAAAAAAAAA').describe_file_systems, status=403)
        self.refused('InvalidSignatureException', client(aws_secret_access_key='x' * 40).describe_file_systems, status=403)
        self.refused('InvalidSignatureException', client(region_name='eu-north-1').describe_file_systems, status=403)
        self.refused('UnrecognizedClientException', client(aws_session_token='x').describe_file_systems, status=403)


class Crowds(Case):
    """Many clients at once, and strangers who take all connections and say nothing on them."""

    def test_many(self):
        fs, errors = self.fs()['FileSystemId'], []

        def ask(number):
            try:
                efs = client()
                efs.tag_resource(ResourceId=fs, Tags=[{'Key': f'k{number % 40}', 'Value': str(number)}])
                efs.describe_file_systems(FileSystemId=fs)
            except Exception as error:  # pylint: disable=broad-except
                errors.append(error)

        # Clients are slow to make and share what they have read
        client()
        threads = [threading.Thread(target=ask, args=(i,)) for i in range(200)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [])
        self.assertEqual(len(self.show(fs)['Tags']), 40)

    def test_strangers(self):
        endpoint = urllib.parse.urlparse(os.environ['AWS_ENDPOINT_URL'])
        held = []
        for i in range(600):
            one = socket.socket()
            one.setblocking(False)
            if endpoint.hostname == '127.0.0.1':
                one.bind((f'127.0.{i % 3 + 1}.1', 0))
            one.connect_ex((endpoint.hostname, endpoint.port))
            held.append(one)
        for one in held:
            try:
                one.send(b'PUT /2015-02-01/account-preferences HTTP/1.1\r\nHost: x\r\nAuthoriz')
            except OSError:
                pass
        self.assertEqual(self.efs.describe_file_systems()['FileSystems'], [])
        for one in held:
            one.close()


if __name__ == '__main__':
    unittest.main()
