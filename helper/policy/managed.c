// SPDX-License-Identifier: GPL-2.0
#include "managed.h"

#include <strings.h>

#define DOCUMENT(actions) \
	"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[" actions "],\"Resource\":\"*\"}]}"

/* In the order of their names. */
static const struct kefs_aws_policy policies[] = {
	{ "AdministratorAccess", "ANPAIWMBCKSKIEE64ZLYK", "Provides full access to AWS services and resources.",
	  DOCUMENT("\"*\"") },
	{ "AmazonEC2ReadOnlyAccess", "ANPAIGDT4SV4GSETWTBZK", "Provides read only access to Amazon EC2.",
	  DOCUMENT("\"ec2:Describe*\"") },
	{ "AmazonElasticFileSystemClientFullAccess", "ANPA23R2WBLG4XQ7KEFS1",
	  "Provides root client access to an Amazon EFS file system",
	  DOCUMENT("\"elasticfilesystem:ClientMount\",\"elasticfilesystem:ClientRootAccess\","
		   "\"elasticfilesystem:ClientWrite\",\"elasticfilesystem:DescribeMountTargets\"") },
	{ "AmazonElasticFileSystemClientReadOnlyAccess", "ANPA23R2WBLG4XQ7KEFS2",
	  "Provides read only client access to an Amazon EFS file system",
	  DOCUMENT("\"elasticfilesystem:ClientMount\",\"elasticfilesystem:DescribeMountTargets\"") },
	{ "AmazonElasticFileSystemClientReadWriteAccess", "ANPA23R2WBLG4XQ7KEFS3",
	  "Provides read and write client access to an Amazon EFS file system",
	  DOCUMENT("\"elasticfilesystem:ClientMount\",\"elasticfilesystem:ClientWrite\","
		   "\"elasticfilesystem:DescribeMountTargets\"") },
	{ "AmazonElasticFileSystemFullAccess", "ANPAJKXTMNVQGIDNCKPBC", "Provides full access to Amazon EFS",
	  DOCUMENT("\"ec2:CreateNetworkInterface\",\"ec2:DeleteNetworkInterface\",\"ec2:DescribeAvailabilityZones\","
		   "\"ec2:DescribeNetworkInterfaceAttribute\",\"ec2:DescribeNetworkInterfaces\","
		   "\"ec2:DescribeSecurityGroups\",\"ec2:DescribeSubnets\",\"ec2:DescribeVpcAttribute\",\"ec2:DescribeVpcs\","
		   "\"ec2:ModifyNetworkInterfaceAttribute\",\"elasticfilesystem:CreateFileSystem\","
		   "\"elasticfilesystem:CreateMountTarget\",\"elasticfilesystem:CreateTags\","
		   "\"elasticfilesystem:CreateAccessPoint\",\"elasticfilesystem:CreateReplicationConfiguration\","
		   "\"elasticfilesystem:DeleteFileSystem\",\"elasticfilesystem:DeleteMountTarget\","
		   "\"elasticfilesystem:DeleteTags\",\"elasticfilesystem:DeleteAccessPoint\","
		   "\"elasticfilesystem:DeleteFileSystemPolicy\",\"elasticfilesystem:DeleteReplicationConfiguration\","
		   "\"elasticfilesystem:DescribeAccountPreferences\",\"elasticfilesystem:DescribeBackupPolicy\","
		   "\"elasticfilesystem:DescribeFileSystems\",\"elasticfilesystem:DescribeFileSystemPolicy\","
		   "\"elasticfilesystem:DescribeLifecycleConfiguration\",\"elasticfilesystem:DescribeMountTargets\","
		   "\"elasticfilesystem:DescribeMountTargetSecurityGroups\",\"elasticfilesystem:DescribeTags\","
		   "\"elasticfilesystem:DescribeAccessPoints\",\"elasticfilesystem:DescribeReplicationConfigurations\","
		   "\"elasticfilesystem:ModifyMountTargetSecurityGroups\",\"elasticfilesystem:PutAccountPreferences\","
		   "\"elasticfilesystem:PutBackupPolicy\",\"elasticfilesystem:PutLifecycleConfiguration\","
		   "\"elasticfilesystem:PutFileSystemPolicy\",\"elasticfilesystem:UpdateFileSystem\","
		   "\"elasticfilesystem:UpdateFileSystemProtection\",\"elasticfilesystem:TagResource\","
		   "\"elasticfilesystem:UntagResource\",\"elasticfilesystem:ListTagsForResource\","
		   "\"elasticfilesystem:Backup\",\"elasticfilesystem:Restore\",\"elasticfilesystem:ReplicationRead\","
		   "\"elasticfilesystem:ReplicationWrite\",\"kms:DescribeKey\",\"kms:ListAliases\"") },
	{ "AmazonElasticFileSystemReadOnlyAccess", "ANPAIPN5S4NE5JJOKVC4Y", "Provides read only access to Amazon EFS",
	  DOCUMENT("\"ec2:DescribeAvailabilityZones\",\"ec2:DescribeNetworkInterfaceAttribute\","
		   "\"ec2:DescribeNetworkInterfaces\",\"ec2:DescribeSecurityGroups\",\"ec2:DescribeSubnets\","
		   "\"ec2:DescribeVpcAttribute\",\"ec2:DescribeVpcs\",\"elasticfilesystem:DescribeAccountPreferences\","
		   "\"elasticfilesystem:DescribeBackupPolicy\",\"elasticfilesystem:DescribeFileSystems\","
		   "\"elasticfilesystem:DescribeFileSystemPolicy\",\"elasticfilesystem:DescribeLifecycleConfiguration\","
		   "\"elasticfilesystem:DescribeMountTargets\",\"elasticfilesystem:DescribeMountTargetSecurityGroups\","
		   "\"elasticfilesystem:DescribeTags\",\"elasticfilesystem:DescribeAccessPoints\","
		   "\"elasticfilesystem:DescribeReplicationConfigurations\",\"elasticfilesystem:ListTagsForResource\","
		   "\"kms:ListAliases\"") },
	{ "IAMFullAccess", "ANPAI7XKCFMBPM3QQRRVQ", "Provides full access to IAM.", DOCUMENT("\"iam:*\"") },
	{ "IAMReadOnlyAccess", "ANPAJKSO7NDY4T57MWDSQ", "Provides read only access to IAM.",
	  DOCUMENT("\"iam:Get*\",\"iam:List*\"") },
};

const struct kefs_aws_policy *kefs_aws_policy_find(const char *name)
{
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		if (!strcasecmp(policies[i].name, name))
			return &policies[i];
	}
	return NULL;
}

const struct kefs_aws_policy *kefs_aws_policy_at(size_t i)
{
	return i < sizeof(policies) / sizeof(policies[0]) ? &policies[i] : NULL;
}
