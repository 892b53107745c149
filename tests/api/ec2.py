#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""EC2's VPCs, subnets, interfaces and security groups through boto3: each operation, each error that they can give.

Wants AWS_ENDPOINT_URL, AWS_REGION and an administrator's key in the environment, kefsd with the configuration that
efs.conf beside this file adds, and in KEFS_TOPOLOGY what `kefsctl subnets --json` says. It deletes what it makes.
"""
import json
import os
import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

TOPOLOGY = json.loads(os.environ['KEFS_TOPOLOGY'])
REGION, ACCOUNT = TOPOLOGY['Region'], TOPOLOGY['Account']
DEFAULT, LAB = TOPOLOGY['Vpcs'][0], TOPOLOGY['Vpcs'][1]
NFS = {'IpProtocol': 'tcp', 'FromPort': 2049, 'ToPort': 2049}


def client(service, **options):
    return boto3.client(service, endpoint_url=os.environ['AWS_ENDPOINT_URL'], region_name=REGION,
                        config=Config(retries={'max_attempts': 0}, parameter_validation=False), **options)


def flt(**values):
    return [{'Name': k.replace('_', '-'), 'Values': [v] if isinstance(v, str) else v} for k, v in values.items()]


def nfs(*cidrs, groups=()):
    """A permission for NFS."""
    return [dict(NFS, IpRanges=[{'CidrIp': c} for c in cidrs], UserIdGroupPairs=[{'GroupId': g} for g in groups])]


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.ec2, self.efs = client('ec2'), client('efs')

    def tearDown(self):
        for fs in self.efs.describe_file_systems()['FileSystems']:
            if fs['LifeCycleState'] == 'available':
                for target in self.efs.describe_mount_targets(FileSystemId=fs['FileSystemId'])['MountTargets']:
                    self.efs.delete_mount_target(MountTargetId=target['MountTargetId'])
                self.efs.delete_file_system(FileSystemId=fs['FileSystemId'])
        groups = [g for g in self.ec2.describe_security_groups()['SecurityGroups']]
        for group in groups:
            mine = group['GroupName'] != 'default'
            wrong = [p for p in group['IpPermissions'] if mine or p['IpProtocol'] != '-1']
            if wrong:
                self.ec2.revoke_security_group_ingress(GroupId=group['GroupId'], IpPermissions=wrong)
        for group in groups:
            if group['GroupName'] != 'default':
                self.ec2.delete_security_group(GroupId=group['GroupId'])

    def refused(self, code, call, *args, status=400, message=None, **kwargs):
        with self.assertRaises(ClientError) as caught:
            call(*args, **kwargs)
        response = caught.exception.response
        self.assertEqual(response['Error']['Code'], code, response)
        self.assertEqual(response['ResponseMetadata']['HTTPStatusCode'], status)
        if message:
            self.assertIn(message, response['Error']['Message'])
        return response

    def group(self, name='web', vpc=DEFAULT):
        return self.ec2.create_security_group(GroupName=name, Description='for ' + name, VpcId=vpc['VpcId'])['GroupId']

    def permissions(self, group):
        return self.ec2.describe_security_groups(GroupIds=[group])['SecurityGroups'][0]['IpPermissions']


class Places(Case):
    def test_region_and_zones(self):
        regions = self.ec2.describe_regions()['Regions']
        self.assertEqual([r['RegionName'] for r in regions], [REGION])
        self.assertEqual(self.ec2.describe_regions(RegionNames=['mars-1'])['Regions'], [])
        zones = self.ec2.describe_availability_zones()['AvailabilityZones']
        wanted = list(dict.fromkeys(s['AvailabilityZoneName'] for s in TOPOLOGY['Subnets']))
        self.assertEqual([z['ZoneName'] for z in zones], wanted)
        self.assertTrue(all(z['State'] == 'available' and z['ZoneId'] for z in zones))
        one = self.ec2.describe_availability_zones(ZoneNames=[wanted[0]])['AvailabilityZones']
        self.assertEqual(one, zones[:1])
        self.refused('InvalidParameterValue', self.ec2.describe_availability_zones, ZoneNames=['mars-1a'])
        # What efs-utils asks for first
        self.refused('DryRunOperation', self.ec2.describe_availability_zones, DryRun=True, status=412)

    def test_vpcs(self):
        vpcs = self.ec2.describe_vpcs()['Vpcs']
        self.assertEqual([v['VpcId'] for v in vpcs], [v['VpcId'] for v in TOPOLOGY['Vpcs']])
        default = self.ec2.describe_vpcs(Filters=flt(is_default='true'))['Vpcs']
        self.assertEqual([v['VpcId'] for v in default], [DEFAULT['VpcId']])
        self.assertTrue(default[0]['IsDefault'])
        self.assertEqual((default[0]['State'], default[0]['OwnerId']), ('available', ACCOUNT))
        self.assertRegex(default[0]['CidrBlock'], r'^\d+\.\d+\.\d+\.\d+/\d+$')
        self.assertEqual(self.ec2.describe_vpcs(VpcIds=[LAB['VpcId']])['Vpcs'][0]['VpcId'], LAB['VpcId'])
        self.refused('InvalidVpcID.NotFound', self.ec2.describe_vpcs, VpcIds=['vpc-00000000'])
        self.refused('InvalidParameterValue', self.ec2.describe_vpcs, Filters=flt(colour='red'))
        self.assertEqual(len(self.ec2.describe_vpcs(Filters=flt(is_default=['x'] * 199 + ['true']))['Vpcs']), 1)
        self.refused('InvalidParameterValue', self.ec2.describe_vpcs, Filters=flt(is_default=['x'] * 200 + ['true']))
        self.refused('InvalidParameterValue', self.ec2.describe_vpcs, Filters=flt(is_default='true') * 201)

    def test_subnets(self):
        subnets = self.ec2.describe_subnets()['Subnets']
        self.assertEqual([(s['SubnetId'], s['VpcId'], s['AvailabilityZone'], s['CidrBlock']) for s in subnets],
                         [(s['SubnetId'], s['VpcId'], s['AvailabilityZoneName'], s['CidrBlock'])
                          for s in TOPOLOGY['Subnets']])
        lab = self.ec2.describe_subnets(Filters=flt(vpc_id=LAB['VpcId']))['Subnets']
        self.assertEqual({s['VpcId'] for s in lab}, {LAB['VpcId']})
        first = subnets[0]
        self.assertEqual(first['SubnetArn'], f'arn:aws:ec2:{REGION}:{ACCOUNT}:subnet/{first["SubnetId"]}')
        fs = self.efs.create_file_system(CreationToken='t')['FileSystemId']
        self.efs.create_mount_target(FileSystemId=fs, SubnetId=first['SubnetId'])
        after = self.ec2.describe_subnets(SubnetIds=[first['SubnetId']])['Subnets'][0]
        self.assertEqual(after['AvailableIpAddressCount'], first['AvailableIpAddressCount'] - 1)
        self.refused('InvalidSubnetID.NotFound', self.ec2.describe_subnets, SubnetIds=['subnet-00000000'])

    def test_interfaces(self):
        fs = self.efs.create_file_system(CreationToken='t')['FileSystemId']
        group = self.group()
        subnet = TOPOLOGY['Subnets'][0]
        target = self.efs.create_mount_target(FileSystemId=fs, SubnetId=subnet['SubnetId'], SecurityGroups=[group])
        eni = target['NetworkInterfaceId']
        found = self.ec2.describe_network_interfaces(NetworkInterfaceIds=[eni])['NetworkInterfaces'][0]
        self.assertEqual((found['PrivateIpAddress'], found['SubnetId'], found['Status'], found['RequesterManaged']),
                         (target['IpAddress'], subnet['SubnetId'], 'in-use', True))
        self.assertEqual(found['Description'], f'EFS mount target for {fs} ({target["MountTargetId"]})')
        self.assertEqual([g['GroupId'] for g in found['Groups']], [group])
        for filters in (flt(group_id=group), flt(subnet_id=subnet['SubnetId'], vpc_id=DEFAULT['VpcId']),
                        flt(description=f'*{fs}*'), flt(private_ip_address=target['IpAddress'])):
            listed = self.ec2.describe_network_interfaces(Filters=filters)['NetworkInterfaces']
            self.assertEqual([i['NetworkInterfaceId'] for i in listed], [eni], filters)
        self.assertEqual(self.ec2.describe_network_interfaces(Filters=flt(vpc_id=LAB['VpcId']))['NetworkInterfaces'], [])
        self.refused('InvalidNetworkInterfaceID.NotFound', self.ec2.describe_network_interfaces,
                     NetworkInterfaceIds=['eni-00000000'])


class Groups(Case):
    def test_default(self):
        groups = self.ec2.describe_security_groups(Filters=flt(group_name='default'))['SecurityGroups']
        self.assertEqual(self.ec2.describe_security_groups(GroupNames=['none', 'default'])['SecurityGroups'], groups)
        self.assertEqual(self.ec2.describe_security_groups(GroupNames=['none'])['SecurityGroups'], [])
        self.assertEqual({g['GroupId'] for g in groups}, {v['DefaultSecurityGroupId'] for v in TOPOLOGY['Vpcs']})
        one = self.ec2.describe_security_groups(GroupIds=[DEFAULT['DefaultSecurityGroupId']])['SecurityGroups'][0]
        self.assertEqual((one['GroupName'], one['VpcId'], one['OwnerId']), ('default', DEFAULT['VpcId'], ACCOUNT))
        self.assertEqual(one['IpPermissions'][0]['UserIdGroupPairs'][0]['GroupId'], one['GroupId'])
        self.assertEqual(one['IpPermissionsEgress'][0]['IpRanges'], [{'CidrIp': '0.0.0.0/0'}])
        self.refused('CannotDelete', self.ec2.delete_security_group, GroupId=one['GroupId'])

    def test_life(self):
        made = self.ec2.create_security_group(
            GroupName='web', Description='d', VpcId=LAB['VpcId'],
            TagSpecifications=[{'ResourceType': 'security-group', 'Tags': [{'Key': 'team', 'Value': 'ops'}]}])
        group = made['GroupId']
        self.assertRegex(group, '^sg-[0-9a-f]{17}$')
        found = self.ec2.describe_security_groups(Filters=flt(**{'tag:team': 'ops'}))['SecurityGroups']
        self.assertEqual([(g['GroupId'], g['Description'], g['IpPermissions']) for g in found], [(group, 'd', [])])
        self.assertEqual(found[0]['Tags'], [{'Key': 'team', 'Value': 'ops'}])
        self.assertEqual(self.ec2.describe_security_groups(Filters=flt(group_name='w*', vpc_id=LAB['VpcId']))
                         ['SecurityGroups'][0]['GroupId'], group)
        self.ec2.create_tags(Resources=[group], Tags=[{'Key': 'x', 'Value': 'y'}])
        tags = self.ec2.describe_tags(Filters=flt(resource_id=group))['Tags']
        self.assertEqual([(t['Key'], t['Value'], t['ResourceType']) for t in tags],
                         [('team', 'ops', 'security-group'), ('x', 'y', 'security-group')])
        self.ec2.delete_tags(Resources=[group], Tags=[{'Key': 'team'}])
        self.assertEqual(len(self.ec2.describe_tags(Filters=flt(key=['team', 'x']))['Tags']), 1)
        for value, left in ('else', 1), ('', 1), ('y', 0):
            self.ec2.delete_tags(Resources=[group], Tags=[{'Key': 'x', 'Value': value}])
            self.assertEqual(len(self.ec2.describe_tags(Filters=flt(resource_id=group))['Tags']), left, value)
        self.ec2.create_tags(Resources=[group], Tags=[{'Key': 'a', 'Value': 'b'}, {'Key': 'c', 'Value': ''}])
        self.ec2.delete_tags(Resources=[group])
        self.assertEqual(self.ec2.describe_tags(Filters=flt(resource_id=group))['Tags'], [])
        self.ec2.delete_security_group(GroupId=group)
        self.refused('InvalidGroup.NotFound', self.ec2.describe_security_groups, GroupIds=[group])

    def test_errors(self):
        ec2, group = self.ec2, self.group()
        self.refused('InvalidGroup.Duplicate', ec2.create_security_group, GroupName='web', Description='d')
        self.group(vpc=LAB)
        self.refused('InvalidGroup.Reserved', ec2.create_security_group, GroupName='default', Description='d')
        self.refused('InvalidParameterValue', ec2.create_security_group, GroupName='sg-1', Description='d')
        self.refused('InvalidParameterValue', ec2.create_security_group, GroupName='x', Description='<')
        self.refused('InvalidParameterValue', ec2.create_security_group, GroupName='x' * 256, Description='d')
        self.refused('MissingParameter', ec2.create_security_group, Description='d')
        self.refused('InvalidVpcID.NotFound', ec2.create_security_group, GroupName='x', Description='d', VpcId='vpc-1')
        self.refused('InvalidGroup.NotFound', ec2.delete_security_group, GroupId='sg-00000000')
        self.refused('InvalidGroupId.Malformed', ec2.delete_security_group, GroupId='web')
        self.refused('MissingParameter', ec2.delete_security_group)
        self.refused('InvalidID', ec2.create_tags, Resources=['x-1'], Tags=[{'Key': 'a', 'Value': 'b'}])
        self.refused('InvalidParameterValue', ec2.create_tags, Resources=[group],
                     Tags=[{'Key': 'kefs:members', 'Value': '10.0.0.1'}])
        self.refused('InvalidAction', ec2.run_instances, ImageId='ami-1', MinCount=1, MaxCount=1)
        # In use by a mount target, by another group's rule
        fs = self.efs.create_file_system(CreationToken='t')['FileSystemId']
        target = self.efs.create_mount_target(FileSystemId=fs, SubnetId=TOPOLOGY['Subnets'][0]['SubnetId'],
                                              SecurityGroups=[group])
        self.refused('DependencyViolation', ec2.delete_security_group, GroupId=group)
        self.efs.delete_mount_target(MountTargetId=target['MountTargetId'])
        other = self.group('other')
        ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=nfs(groups=[group]))
        self.refused('DependencyViolation', ec2.delete_security_group, GroupId=group)


class Rules(Case):
    def test_life(self):
        group, source = self.group(), self.group('clients')
        made = self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=nfs('10.1.2.3/8', groups=[source]))
        rules = made['SecurityGroupRules']
        self.assertEqual([(r['IpProtocol'], r['FromPort'], r['ToPort'], r['IsEgress']) for r in rules],
                         [('tcp', 2049, 2049, False)] * 2)
        self.assertEqual(rules[0]['CidrIpv4'], '10.0.0.0/8')
        self.assertEqual(rules[1]['ReferencedGroupInfo']['GroupId'], source)
        listed = self.ec2.describe_security_group_rules(Filters=flt(group_id=group))['SecurityGroupRules']
        self.assertEqual({r['SecurityGroupRuleId'] for r in listed if not r['IsEgress']},
                         {r['SecurityGroupRuleId'] for r in rules})
        self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[
            {'IpProtocol': '-1', 'Ipv6Ranges': [{'CidrIpv6': '2001:DB8::1/32', 'Description': 'a & b'}]},
            {'IpProtocol': 'icmp', 'FromPort': 8, 'ToPort': -1, 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}])
        ranges = [r for p in self.permissions(group) for r in p['Ipv6Ranges']]
        self.assertEqual(ranges, [{'CidrIpv6': '2001:db8::/32', 'Description': 'a & b'}])
        self.ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[rules[0]['SecurityGroupRuleId']])
        self.ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=nfs(groups=[source]))
        self.assertEqual(len(self.permissions(group)), 2)
        # The older way of asking, and going out
        self.ec2.authorize_security_group_ingress(GroupId=group, CidrIp='192.0.2.0/24', **NFS)
        self.ec2.revoke_security_group_ingress(GroupName='web', CidrIp='192.0.2.0/24', **NFS)
        self.ec2.authorize_security_group_egress(GroupId=group, IpPermissions=nfs('192.0.2.0/24'))
        self.ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[
            {'IpProtocol': '-1', 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}])
        found = self.ec2.describe_security_groups(GroupIds=[group])['SecurityGroups'][0]
        self.assertEqual([p['IpRanges'] for p in found['IpPermissionsEgress']], [[{'CidrIp': '192.0.2.0/24'}]])

    def test_errors(self):
        group, give = self.group(), self.ec2.authorize_security_group_ingress
        give(GroupId=group, IpPermissions=nfs('10.0.0.0/8'))
        self.refused('InvalidPermission.Duplicate', give, GroupId=group, IpPermissions=nfs('10.9.9.9/8'),
                     message='already exists')
        # All or none
        self.refused('InvalidPermission.Duplicate', give, GroupId=group, IpPermissions=nfs('192.0.2.0/24', '10.0.0.0/8'))
        self.assertEqual(len(self.permissions(group)), 1)
        self.refused('InvalidPermission.NotFound', self.ec2.revoke_security_group_ingress, GroupId=group,
                     IpPermissions=nfs('192.0.2.0/24'))
        self.refused('InvalidSecurityGroupRuleId.NotFound', self.ec2.revoke_security_group_ingress, GroupId=group,
                     SecurityGroupRuleIds=['sgr-00000000'])
        self.refused('InvalidGroup.NotFound', give, GroupId='sg-00000000', IpPermissions=nfs('10.0.0.0/8'))
        for groups in (['sg-00000000'], [LAB['DefaultSecurityGroupId']]):
            self.refused('InvalidGroup.NotFound', give, GroupId=group, IpPermissions=nfs(groups=groups))
        self.refused('InvalidGroupId.Malformed', give, GroupId=group, IpPermissions=nfs(groups=['web']))
        for cidr in ('10.0.0.0', '10.0.0.0/33', '300.0.0.0/8', 'x/8', '2001:db8::/32'):
            self.refused('InvalidParameterValue', give, GroupId=group, IpPermissions=nfs(cidr), message='malformed')
        for change in ({'FromPort': 3000}, {'ToPort': 70000}, {'FromPort': -1}):
            self.refused('InvalidParameterValue', give, GroupId=group,
                         IpPermissions=[{**NFS, 'IpRanges': [{'CidrIp': '10.1.0.0/16'}], **change}])
        self.refused('InvalidPermission.Malformed', give, GroupId=group, IpPermissions=[
            {'IpProtocol': 'nfs', 'IpRanges': [{'CidrIp': '10.1.0.0/16'}]}])
        self.refused('MissingParameter', give, GroupId=group, IpPermissions=[NFS])
        self.refused('MissingParameter', give, GroupId=group)
        self.refused('RulesPerSecurityGroupLimitExceeded', give, GroupId=group,
                     IpPermissions=nfs(*(f'10.{i}.0.0/16' for i in range(150))))

    def test_allowed(self):
        """Who is no administrator needs a policy."""
        iam = client('iam')
        iam.create_user(UserName='ec2-user')
        key = iam.create_access_key(UserName='ec2-user')['AccessKey']
        ec2 = client('ec2', aws_access_key_id=key['AccessKeyId'], aws_secret_access_key=key['SecretAccessKey'])
        try:
            self.refused('UnauthorizedOperation', ec2.describe_vpcs, status=403,
                         message='You are not authorized to perform this operation.')
            self.refused('UnauthorizedOperation', ec2.describe_vpcs, DryRun=True, status=403)
            iam.attach_user_policy(UserName='ec2-user', PolicyArn='arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess')
            ec2.describe_vpcs()
            self.refused('UnauthorizedOperation', ec2.create_security_group, GroupName='x', Description='x', status=403)
            iam.detach_user_policy(UserName='ec2-user', PolicyArn='arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess')
        finally:
            iam.delete_access_key(UserName='ec2-user', AccessKeyId=key['AccessKeyId'])
            iam.delete_user(UserName='ec2-user')


if __name__ == '__main__':
    unittest.main()
