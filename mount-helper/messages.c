// SPDX-License-Identifier: GPL-2.0
#include "messages.h"

#include <errno.h>
#include <string.h>

#define MOUNT_FAILED 32		/* mount(8): mount failure */

static const struct {
	int status;
	const char *text;
} messages[MSG_COUNT] = {
	[MSG_NO_MEMORY] = { 1, "out of memory" },
	[MSG_TOO_LONG] = { 1, "%1 is too long" },
	[MSG_BAD_SWITCH] = { 1, "unknown switch, or one without its argument; see mount.efs --help" },
	[MSG_WANT_DEVICE] = { 1, "want a device and a directory; see mount.efs --help" },
	[MSG_NOT_ROOT] = { 1, "only root can mount" },
	[MSG_TOO_MANY_OPTIONS] = { 1, "more options than %1" },
	[MSG_OPEN_QUOTE] = { 1, "options: a quotation mark without its partner in '%1'" },
	[MSG_CONFLICT] = { 1, "the options '%1' and '%2' exclude each other" },
	[MSG_NEEDS] = { 1, "the option '%1' needs the option '%2'" },
	[MSG_UNSUPPORTED] = { 1, "the option '%1' is not supported for EFS file systems" },
	[MSG_WANT_VALUE] = { 1, "the option '%1' needs a value, as in %1=%2" },
	[MSG_NO_VALUE] = { 1, "the option '%1' takes no value" },
	[MSG_BAD_NUMBER] = { 1, "option '%1': '%2' is no number %3" },
	[MSG_BAD_ACCESS_POINT] = { 1, "option 'accesspoint': '%1' is no access point id; "
		"it is fsap- and 17 digits of 0-9 and a-f" },
	[MSG_BAD_REGION] = { 1, "region '%1': want 1 to 32 of a-z, 0-9 and '-', the last not at an end" },
	[MSG_BAD_AZ] = { 1, "option '%1': '%2' is no availability zone; want 1 to 63 of a-z, 0-9 and '-'" },
	[MSG_BAD_URI] = { 1, "option 'awscredsuri': '%1' must begin with '/'" },
	[MSG_BAD_ADDRESS] = { 1, "option 'mounttargetip': '%1' is no IPv4 or IPv6 address" },
	[MSG_RELATIVE] = { 1, "option '%1': '%2' is no absolute path" },
	[MSG_BAD_DEVICE] = { 1, "device '%1': want REMOTE[:PATH], with REMOTE a file system id (fs-...) or its DNS name" },
	[MSG_BAD_PATH] = { 1, "device '%1': the path must begin with '/'" },
	[MSG_NO_EFS_NAME] = { 1, "device '%1' is '%2', which is no name of an EFS file system; "
		"other servers are mounted with mount -t nfs4" },
	[MSG_OTHER_NAME] = { 1, "device '%1' is '%2', but by region and configuration it should be '%3'; "
		"check region, dns_name_format and dns_name_suffix" },
	[MSG_OTHER_AZ] = { 1, "the device is in the availability zone '%1', the option 'az' says '%2'" },
	[MSG_ADDRESS_DEVICE] = { 1, "device '%1' is an address, which does not say which file system is meant, as '%2' needs; "
		"use fs-... as the device, with mounttargetip=ADDRESS" },
	[MSG_NO_REGION] = { 1, "the region is not known, which %1 needs; give region=REGION, AWS_REGION in the environment, "
		"or region in the section [mount] of %2" },
	[MSG_NO_AZ_ID] = { 1, "option 'crossaccount': the id of this host's availability zone is not known; "
		"set az_id in the section [mount] of %1" },
	[MSG_VERIFY_ZERO] = { 1, "verify=0 checks no certificate, so its name cannot be checked either; "
		"set stunnel_check_cert_hostname = false in %1 if that is meant" },
	[MSG_BAD_FORMAT] = { 1, "dns_name_format '%1': want {fs_id} in it, perhaps {az}, {region} and {dns_name_suffix}, "
		"and no other braces" },
	[MSG_LONG_NAME] = { 1, "the DNS name of %1 is longer than 255 characters" },
	[MSG_PORT_RANGE] = { 1, "%1: port_range_lower_bound must be below port_range_upper_bound" },
	[MSG_KERNEL_PLAIN] = { 1, "the options 'tls' and 'xprtsec=%1' exclude each other; want xprtsec=tls, or none at all" },
	[MSG_KERNEL_IDENTITY] = { 1, "xprtsec=tls shows the server no certificate, as '%1' needs; want xprtsec=mtls, "
		"or none at all" },
	[MSG_KERNEL_TLSHD] = { 1, "xprtsec=mtls with '%1' needs a tlshd in this network that presents this mount's certificate: "
		"x509.certificate=%2 and x509.private_key=%3 in the section [authenticate.client] of tlshd.conf" },
	[MSG_KERNEL_WATCHDOG] = { 1, "xprtsec=mtls needs kefs-watchdog, to renew the mount's certificate; "
		"'enabled' in the section [mount-watchdog] of %1 forbids it" },
	[MSG_KERNEL_BUSY] = { 1, "xprtsec=mtls: tlshd has the certificate of another client, for the mount %1, "
		"or for what that left; leave out xprtsec" },
	[MSG_CONFIG] = { 1, "%1" },
	[MSG_UNRESOLVED] = { 1, "cannot resolve '%1': %2; check the file system id, that a mount target exists, and DNS; "
		"or give mounttargetip=ADDRESS" },
	[MSG_UNRESOLVED_FALLBACK] = { 1, "cannot resolve '%1': %2; and no mount target's address could be had: %3" },
	[MSG_UNREACHABLE] = { 1, "cannot connect to %1: %2; check mounttargetip, and that security groups let TCP port 2049 pass" },
	[MSG_NO_CREDENTIALS] = { 1, "found no credentials; tried: %1" },
	[MSG_BAD_CREDENTIALS] = { 1, "no credentials from %1: %2" },
	[MSG_NO_FILE] = { 1, "%1 '%2': %3" },
	[MSG_NO_STUNNEL] = { 1, "tls needs stunnel, which is not in /usr/sbin, /usr/bin, /sbin or /bin; "
		"is the package stunnel4 installed?" },
	[MSG_NO_PORT] = { 1, "no free local port from %1 to %2" },
	[MSG_PORT_BUSY] = { 1, "the local port %1 is in use; choose another tlsport, or leave it out" },
	[MSG_CERTIFICATE] = { 1, "cannot make the certificate: %1" },
	[MSG_STATE] = { 1, "%1: %2" },
	[MSG_STUNNEL_DIED] = { 1, "the tunnel to %1 ended at once: %2" },
	[MSG_NO_MOUNT_NFS] = { MOUNT_FAILED, "cannot run /sbin/mount.nfs4: %1; is the package nfs-common installed?" },
	[MSG_DENIED] = { MOUNT_FAILED, "elasticfilesystem:ClientMount is missing: no policy gives it to %1, or one denies it%2; "
		"who administers the server sees which with 'kefsctl policy explain'" },
	[MSG_NOT_MOUNTED] = { 1, "remount: nothing of NFS is mounted on '%1'" },
	[MSG_SYSTEM] = { 1, "%1: %2" },
};

static size_t put(char *out, size_t size, size_t at, const char *text, size_t len)
{
	if (len > size - 1 - at)
		len = size - 1 - at;
	memcpy(out + at, text, len);
	return at + len;
}

int message_set(struct failure *failure, enum message id, const char *const args[4])
{
	const char *p;
	size_t at = 0;

	if (!failure)
		return -EINVAL;
	failure->status = messages[id].status;
	for (p = messages[id].text; *p; p++) {
		if (*p == '%' && p[1] >= '1' && p[1] <= '3') {
			const char *arg = args[*++p - '1'];

			at = put(failure->text, sizeof(failure->text), at, arg ? arg : "", arg ? strlen(arg) : 0);
		} else {
			at = put(failure->text, sizeof(failure->text), at, p, 1);
		}
	}
	failure->text[at] = '\0';
	return -EINVAL;
}
