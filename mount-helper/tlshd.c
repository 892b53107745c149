// SPDX-License-Identifier: GPL-2.0
#include "tlshd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cert.h"
#include "common/cleanup.h"
#include "common/str.h"
#include "file.h"
#include "ini.h"
#include "proc.h"

#define SECTION		"authenticate.client"
#define SMALL_FILE	((size_t)64 * 1024)
#define SERVERS_MAX	((size_t)16 * 1024 * 1024)
#define CLOCK_SLACK_MS	100		/* start times are in ticks, those of files in jiffies */
#define NFS_PORT_HEX	"801"
#define LOCK		RUN_DIR "/tlshd.lock"
#define LOCK_STEP_MS	50

static bool same_namespace(const char *pid, const char *kind, uint64_t number)
{
	char path[64];

	return kefs_str_format(path, sizeof(path), "/proc/%s/ns/%s", pid, kind) == 0 && proc_namespace(path) == number;
}

/* Anybody can give himself that name: it must be root's. */
static bool is_tlshd(const char *pid)
{
	CLEANUP_FREE char *comm = NULL;
	struct stat st;
	char path[64];
	size_t len;

	return kefs_str_format(path, sizeof(path), "/proc/%s/comm", pid) == 0 && stat(path, &st) == 0 && st.st_uid == 0 &&
		file_read(path, SMALL_FILE, &comm, &len) == 0 && !strcmp(comm, "tlshd\n");
}

/* The file that its command line names: -c FILE, -cFILE, --config FILE or --config=FILE. */
static int find_conf(const char *pid, char *ret_path, size_t size)
{
	CLEANUP_FREE char *words = NULL;
	const char *value = NULL;
	char path[64];
	size_t len;
	int rc;

	rc = kefs_str_format(path, sizeof(path), "/proc/%s/cmdline", pid);
	if (rc == 0)
		rc = file_read(path, SMALL_FILE, &words, &len);
	if (rc < 0)
		return rc;
	for (const char *word = words, *end = words + len; word < end && !value; word += strlen(word) + 1) {
		const char *next = word + strlen(word) + 1;

		if (!strcmp(word, "-c") || !strcmp(word, "--config"))
			value = next < end ? next : "";
		else if (!strncmp(word, "-c", 2))
			value = word + 2;
		else
			value = kefs_str_after(word, "--config=");
	}
	return kefs_str_copy(ret_path, size, value ? value : TLSHD_CONF);
}

static int read_conf(const char *path, struct tlshd *tlshd)
{
	const struct {
		const char *key;
		char *to;
	} keys[] = { { "x509.truststore", tlshd->truststore }, { "x509.certificate", tlshd->certificate },
		     { "x509.private_key", tlshd->private_key } };
	struct failure failure;
	struct ini ini = { 0 };
	int rc = ini_read(&ini, path, &failure);

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && rc == 0; i++) {
		const char *value = ini_get(&ini, SECTION, keys[i].key);

		rc = kefs_str_copy(keys[i].to, PATH_MAX, value ? value : "");
	}
	ini_free(&ini);
	return rc;
}

/* Was the file changed after that process began? */
static int check_age(const char *path, uint64_t start)
{
	struct timespec boot, now;
	int64_t began_ms, changed_ms;
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	(void)clock_gettime(CLOCK_BOOTTIME, &boot);
	(void)clock_gettime(CLOCK_REALTIME, &now);
	began_ms = (now.tv_sec - boot.tv_sec) * 1000 + (now.tv_nsec - boot.tv_nsec) / 1000000 +
		(int64_t)start * 1000 / sysconf(_SC_CLK_TCK);
	changed_ms = st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
	return changed_ms > began_ms + CLOCK_SLACK_MS ? -ESTALE : 0;
}

/* The process, not one of the children that it has for a handshake: the eldest. */
static int find_process(uint64_t net_ns, struct proc_id *ret_id)
{
	uint64_t network = net_ns ? net_ns : proc_namespace("/proc/self/ns/net");
	uint64_t files = proc_namespace("/proc/self/ns/mnt"), pid;
	CLEANUP_DIR DIR *dir = opendir("/proc");
	const struct dirent *entry;
	struct proc_id id;

	*ret_id = (struct proc_id){ 0 };
	while (dir && (entry = readdir(dir))) {
		if (kefs_str_u64(entry->d_name, 1, INT_MAX, &pid) == 0 && is_tlshd(entry->d_name) &&
		    same_namespace(entry->d_name, "net", network) && same_namespace(entry->d_name, "mnt", files) &&
		    proc_identify((pid_t)pid, &id) == 0 && (!ret_id->pid || id.start < ret_id->start))
			*ret_id = id;
	}
	return ret_id->pid ? 0 : -ENOENT;
}

int tlshd_find(uint64_t net_ns, struct tlshd *ret_tlshd)
{
	char conf[PATH_MAX], pid[16];
	struct proc_id id;
	int rc = find_process(net_ns, &id);

	*ret_tlshd = (struct tlshd){ .pid = id.pid };
	if (rc < 0)
		return rc;
	(void)kefs_str_format(pid, sizeof(pid), "%d", (int)id.pid);
	rc = find_conf(pid, conf, sizeof(conf));
	if (rc == 0)
		rc = check_age(conf, id.start);
	if (rc == 0)
		rc = read_conf(conf, ret_tlshd);
	if (rc == 0 && access(ret_tlshd->truststore, R_OK) < 0)
		ret_tlshd->truststore[0] = '\0';
	return rc;
}

bool tlshd_presents_ours(const struct tlshd *tlshd)
{
	return !strcmp(tlshd->certificate, TLSHD_CERT) && !strcmp(tlshd->private_key, CERT_KEY_PATH);
}

int tlshd_lock(unsigned int seconds, bool claim)
{
	const struct timespec step = { 0, LOCK_STEP_MS * 1000000L };
	CLEANUP_CLOSE int fd = open(LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	for (unsigned int waited = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; waited += LOCK_STEP_MS) {
		if (errno != EWOULDBLOCK || waited >= seconds * 1000)
			return -errno;
		(void)nanosleep(&step, NULL);
	}
	if (claim && futimens(fd, NULL) < 0)
		return -errno;
	return take_fd(fd);
}

int64_t tlshd_claimed(void)
{
	struct stat st;

	return stat(LOCK, &st) == 0 ? (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec : 0;
}

/* "NV SERVER PORT USE HOSTNAME", then a line for each, the port in hexadecimal: fs/nfs/client.c */
bool tlshd_servers_in_use(const char *text)
{
	char version[8], port[8];

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (sscanf(line, "%7s %*s %7s", version, port) == 2 && version[0] == 'v' && !strcmp(port, NFS_PORT_HEX))
			return true;
	return false;
}

bool tlshd_network_in_use(pid_t pid)
{
	CLEANUP_FREE char *text = NULL;
	char path[64];
	size_t len;
	int rc;

	rc = kefs_str_format(path, sizeof(path), "/proc/%d/net/nfsfs/servers", (int)pid);
	if (rc == 0)
		rc = file_read(path, SERVERS_MAX, &text, &len);
	/* What cannot be seen may be there; no such file: the kernel has no NFS */
	return rc == 0 ? tlshd_servers_in_use(text) : rc != -ENOENT;
}
