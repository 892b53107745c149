// SPDX-License-Identifier: GPL-2.0
#include "fault.h"

#include <stddef.h>

#define ROW(fault) [(fault) - KEFS_E_FIRST]

static const struct kefs_fault_info rows[KEFS_E_END - KEFS_E_FIRST] = {
	ROW(KEFS_E_BAD_REQUEST) = { "BadRequest", 400 },
	ROW(KEFS_E_VALIDATION) = { "ValidationException", 400 },
	ROW(KEFS_E_ACCESS_POINT_EXISTS) = { "AccessPointAlreadyExists", 409 },
	ROW(KEFS_E_ACCESS_POINT_LIMIT) = { "AccessPointLimitExceeded", 403 },
	ROW(KEFS_E_ACCESS_POINT_NOT_FOUND) = { "AccessPointNotFound", 404 },
	ROW(KEFS_E_ZONES_MISMATCH) = { "AvailabilityZonesMismatch", 400 },
	ROW(KEFS_E_FS_EXISTS) = { "FileSystemAlreadyExists", 409 },
	ROW(KEFS_E_FS_IN_USE) = { "FileSystemInUse", 409 },
	ROW(KEFS_E_FS_LIMIT) = { "FileSystemLimitExceeded", 403 },
	ROW(KEFS_E_FS_NOT_FOUND) = { "FileSystemNotFound", 404 },
	ROW(KEFS_E_FS_STATE) = { "IncorrectFileSystemLifeCycleState", 409 },
	ROW(KEFS_E_MOUNT_TARGET_STATE) = { "IncorrectMountTargetState", 409 },
	ROW(KEFS_E_INTERNAL) = { "InternalServerError", 500 },
	ROW(KEFS_E_INVALID_POLICY) = { "InvalidPolicyException", 400 },
	ROW(KEFS_E_ADDRESS_IN_USE) = { "IpAddressInUse", 409 },
	ROW(KEFS_E_MOUNT_TARGET_CONFLICT) = { "MountTargetConflict", 409 },
	ROW(KEFS_E_MOUNT_TARGET_NOT_FOUND) = { "MountTargetNotFound", 404 },
	ROW(KEFS_E_INTERFACE_LIMIT) = { "NetworkInterfaceLimitExceeded", 409 },
	ROW(KEFS_E_NO_FREE_ADDRESS) = { "NoFreeAddressesInSubnet", 409 },
	ROW(KEFS_E_POLICY_NOT_FOUND) = { "PolicyNotFound", 404 },
	ROW(KEFS_E_REPLICATION_NOT_FOUND) = { "ReplicationNotFound", 404 },
	ROW(KEFS_E_GROUP_LIMIT) = { "SecurityGroupLimitExceeded", 400 },
	ROW(KEFS_E_GROUP_NOT_FOUND) = { "SecurityGroupNotFound", 400 },
	ROW(KEFS_E_SUBNET_NOT_FOUND) = { "SubnetNotFound", 400 },
	ROW(KEFS_E_THROUGHPUT_LIMIT) = { "ThroughputLimitExceeded", 400 },
	ROW(KEFS_E_TOO_MANY_REQUESTS) = { "TooManyRequests", 429 },
	ROW(KEFS_E_UNSUPPORTED_ZONE) = { "UnsupportedAvailabilityZone", 400 },
	ROW(KEFS_E_ACCESS_DENIED) = { "AccessDeniedException", 403 },
	ROW(KEFS_E_MISSING_TOKEN) = { "MissingAuthenticationTokenException", 403 },
	ROW(KEFS_E_UNKNOWN_CLIENT) = { "UnrecognizedClientException", 403 },
	ROW(KEFS_E_BAD_SIGNATURE) = { "InvalidSignatureException", 403 },
	ROW(KEFS_E_INCOMPLETE_SIGNATURE) = { "IncompleteSignatureException", 400 },
	ROW(KEFS_E_UNKNOWN_OPERATION) = { "UnknownOperationException", 404 },
	ROW(KEFS_E_NO_SUCH_ENTITY) = { "NoSuchEntity", 404 },
	ROW(KEFS_E_ENTITY_EXISTS) = { "EntityAlreadyExists", 409 },
	ROW(KEFS_E_MALFORMED_POLICY) = { "MalformedPolicyDocument", 400 },
	ROW(KEFS_E_DELETE_CONFLICT) = { "DeleteConflict", 409 },
	ROW(KEFS_E_LIMIT_EXCEEDED) = { "LimitExceeded", 409 },
	ROW(KEFS_E_IAM_VALIDATION) = { "ValidationError", 400 },
	ROW(KEFS_E_IAM_INPUT) = { "InvalidInput", 400 },
	ROW(KEFS_E_IAM_DENIED) = { "AccessDenied", 403 },
	ROW(KEFS_E_IAM_UNMODIFIABLE) = { "UnmodifiableEntity", 400 },
	ROW(KEFS_E_THROTTLING) = { "Throttling", 400 },
	ROW(KEFS_E_INVALID_ACTION) = { "InvalidAction", 400 },
	ROW(KEFS_E_MISSING_PARAMETER) = { "MissingParameter", 400 },
	ROW(KEFS_E_PARAMETER_VALUE) = { "InvalidParameterValue", 400 },
	ROW(KEFS_E_PARAMETER_COMBINATION) = { "InvalidParameterCombination", 400 },
	ROW(KEFS_E_EC2_GROUP_NOT_FOUND) = { "InvalidGroup.NotFound", 400 },
	ROW(KEFS_E_EC2_GROUP_MALFORMED) = { "InvalidGroupId.Malformed", 400 },
	ROW(KEFS_E_EC2_GROUP_DUPLICATE) = { "InvalidGroup.Duplicate", 400 },
	ROW(KEFS_E_EC2_GROUP_RESERVED) = { "InvalidGroup.Reserved", 400 },
	ROW(KEFS_E_EC2_GROUP_LIMIT) = { "SecurityGroupLimitExceeded", 400 },
	ROW(KEFS_E_EC2_RULE_LIMIT) = { "RulesPerSecurityGroupLimitExceeded", 400 },
	ROW(KEFS_E_EC2_DEPENDENCY) = { "DependencyViolation", 400 },
	ROW(KEFS_E_EC2_CANNOT_DELETE) = { "CannotDelete", 400 },
	ROW(KEFS_E_EC2_PERMISSION_DUPLICATE) = { "InvalidPermission.Duplicate", 400 },
	ROW(KEFS_E_EC2_PERMISSION_NOT_FOUND) = { "InvalidPermission.NotFound", 400 },
	ROW(KEFS_E_EC2_PERMISSION_MALFORMED) = { "InvalidPermission.Malformed", 400 },
	ROW(KEFS_E_EC2_RULE_NOT_FOUND) = { "InvalidSecurityGroupRuleId.NotFound", 400 },
	ROW(KEFS_E_EC2_VPC_NOT_FOUND) = { "InvalidVpcID.NotFound", 400 },
	ROW(KEFS_E_EC2_SUBNET_NOT_FOUND) = { "InvalidSubnetID.NotFound", 400 },
	ROW(KEFS_E_EC2_INTERFACE_NOT_FOUND) = { "InvalidNetworkInterfaceID.NotFound", 400 },
	ROW(KEFS_E_EC2_ID) = { "InvalidID", 400 },
	ROW(KEFS_E_EC2_UNAUTHORIZED) = { "UnauthorizedOperation", 403 },
	ROW(KEFS_E_EC2_DRY_RUN) = { "DryRunOperation", 412 },
};

const struct kefs_fault_info *kefs_fault_info(int rc)
{
	int fault = -rc;

	if (fault < KEFS_E_FIRST || fault >= KEFS_E_END)
		fault = KEFS_E_INTERNAL;
	return &rows[fault - KEFS_E_FIRST];
}
