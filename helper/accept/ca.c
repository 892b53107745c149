// SPDX-License-Identifier: GPL-2.0
/*
 * All leaves share one key, which lives as long as the program: clients trust the authority, not a leaf. A leaf is made
 * anew when half of its time is over.
 */
#include "ca.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "accept/issue.h"
#include "common/cleanup.h"
#include "common/str.h"

#define PATH_SIZE	1100
#define FILE_MAX	(256 * 1024)
#define CACHE_SIZE	256	/* addresses; more take each other's places */

struct slot {
	struct kefs_addr local;
	X509 *cert;
	time_t made;
};

/* What the files say. */
struct loaded {
	X509 *cert;			/* the own authority's; of a given one the certificate itself */
	EVP_PKEY *key;			/* likewise */
	STACK_OF(X509) *chain;		/* of a given one */
	char *pem;
};

struct kefs_ca {
	struct loaded now;		/* lock, but for the loop's own reading */
	bool given;
	char *names;
	char *certificate_path, *key_path, *ca_path;	/* of a given one */
	EVP_PKEY *leaf_key;
	pthread_mutex_t lock;		/* slots, and see above */
	struct slot slots[CACHE_SIZE];
};

static int openssl_error(struct kefs_err *err, const char *path, const char *doing)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return kefs_err_set(err, -EINVAL, "%s: %s: %s", path, doing, reason ? reason : "it cannot be understood");
}

int kefs_ca_read(const char *path, bool secret, char **ret_text, size_t *ret_len, struct kefs_err *err)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	CLEANUP_FREE char *text = NULL;
	struct stat st;
	ssize_t n;

	if (fd < 0 && errno == ENOENT)
		return kefs_err_set(err, -ENOENT, "%s does not exist", path);
	if (fd < 0 || fstat(fd, &st) < 0)
		return kefs_err_sys(err, -errno, "%s", path);
	if (secret && (st.st_mode & 077))
		return kefs_err_set(err, -EPERM, "%s can be read by others than its owner: chmod 600 it, and think about whether "
				    "it is still secret", path);
	if (st.st_size <= 0 || st.st_size > FILE_MAX)
		return kefs_err_set(err, -EINVAL, "%s is empty or too long", path);
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		return kefs_err_sys(err, -ENOMEM, "%s", path);
	n = read(fd, text, (size_t)st.st_size);
	if (n != st.st_size)
		return kefs_err_sys(err, n < 0 ? -errno : -EIO, "%s", path);
	text[n] = '\0';
	*ret_len = (size_t)n;
	*ret_text = take_ptr(text);
	return 0;
}

/* The file's first certificate, and those behind it if chain is given. */
static int load_cert(const char *path, X509 **ret_cert, STACK_OF(X509) *chain, char **ret_pem, struct kefs_err *err)
{
	CLEANUP_FREE char *text = NULL;
	X509 *more;
	size_t len;
	BIO *bio;
	int rc = kefs_ca_read(path, false, &text, &len, err);

	if (rc < 0)
		return rc;
	bio = BIO_new_mem_buf(text, (int)len);
	*ret_cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	while (*ret_cert && chain && (more = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		if (!sk_X509_push(chain, more)) {
			X509_free(more);
			break;
		}
	}
	BIO_free(bio);
	if (!*ret_cert)
		return openssl_error(err, path, "no certificate in PEM");
	ERR_clear_error();	/* the end of the file is one */
	if (ret_pem)
		*ret_pem = take_ptr(text);
	return 0;
}

/* A key that has a password is not asked for it. */
static int no_password(char *buf, int size, int rwflag, void *ctx)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)ctx;
	return 0;
}

static int load_key(const char *path, EVP_PKEY **ret_key, struct kefs_err *err)
{
	char *text;
	size_t len;
	BIO *bio;
	int rc = kefs_ca_read(path, true, &text, &len, err);

	if (rc < 0)
		return rc;
	bio = BIO_new_mem_buf(text, (int)len);
	*ret_key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;
	BIO_free(bio);
	explicit_bzero(text, len);
	free(text);
	return *ret_key ? 0 : openssl_error(err, path, "no private key in PEM without a password");
}

/* Stable, whole or not there: written beside its place and moved into it. */
static int write_file(const char *dir, const char *path, const char *text, size_t len, mode_t mode,
		      struct kefs_err *err)
{
	CLEANUP_CLOSE int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP_CLOSE int fd = -1;
	char beside[PATH_SIZE + 8];

	(void)kefs_str_format(beside, sizeof(beside), "%s.new", path);
	(void)unlink(beside);
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (dir_fd < 0 || fd < 0 || fchmod(fd, mode) < 0)
		return kefs_err_sys(err, -errno, "making %s", path);
	if (write(fd, text, len) != (ssize_t)len)
		return kefs_err_sys(err, errno ? -errno : -EIO, "writing %s", beside);
	if (fsync(fd) < 0 || rename(beside, path) < 0 || fsync(dir_fd) < 0)
		return kefs_err_sys(err, -errno, "writing %s", path);
	return 0;
}

/* Writes what a BIO has; the memory is wiped. */
static int write_bio(const char *dir, const char *path, BIO *bio, mode_t mode, struct kefs_err *err)
{
	char *text = NULL;
	long len = BIO_get_mem_data(bio, &text);
	int rc = len > 0 ? write_file(dir, path, text, (size_t)len, mode, err) : kefs_err_sys(err, -ENOMEM, "%s", path);

	if (len > 0)
		OPENSSL_cleanse(text, (size_t)len);
	return rc;
}

static int make_key(const char *dir, const char *path, EVP_PKEY **ret_key, struct kefs_err *err)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	BIO *bio = BIO_new(BIO_s_mem());
	int rc = -ENOMEM;

	if (key && bio && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL))
		rc = write_bio(dir, path, bio, 0600, err);
	else
		(void)kefs_err_sys(err, rc, "making a key for %s", path);
	BIO_free(bio);
	if (rc < 0) {
		EVP_PKEY_free(key);
		return rc;
	}
	*ret_key = key;
	return 0;
}

static int make_cert(const char *dir, const char *path, EVP_PKEY *key, struct kefs_err *err)
{
	X509 *cert = kefs_issue_authority(key, time(NULL));
	BIO *bio = BIO_new(BIO_s_mem());
	int rc;

	if (cert && bio && PEM_write_bio_X509(bio, cert))
		rc = write_bio(dir, path, bio, 0644, err);
	else
		rc = openssl_error(err, path, "making the authority's certificate");
	BIO_free(bio);
	X509_free(cert);
	return rc;
}

/* The key first: a certificate can be made again from it. */
static int open_own(struct kefs_ca *ca, const char *dir, struct kefs_err *err)
{
	char key_path[PATH_SIZE], cert_path[PATH_SIZE];
	int rc;

	(void)kefs_str_format(key_path, sizeof(key_path), "%s/ca.key", dir);
	(void)kefs_str_format(cert_path, sizeof(cert_path), "%s/ca.pem", dir);
	rc = load_key(key_path, &ca->now.key, err);
	if (rc == -ENOENT) {
		if (access(cert_path, F_OK) == 0)
			return kefs_err_set(err, -ENOENT, "%s is there, %s is not: restore it; or remove the former, and tell all "
					    "clients of the new authority (kefsctl ca)", cert_path, key_path);
		rc = make_key(dir, key_path, &ca->now.key, err);
	}
	if (rc == 0 && access(cert_path, F_OK) < 0)
		rc = make_cert(dir, cert_path, ca->now.key, err);
	if (rc == 0)
		rc = load_cert(cert_path, &ca->now.cert, NULL, &ca->now.pem, err);
	if (rc == 0 && !X509_check_private_key(ca->now.cert, ca->now.key))
		return openssl_error(err, cert_path, "not the certificate of ca.key beside it");
	if (rc < 0)
		return rc;
	ca->leaf_key = EVP_EC_gen("P-256");
	return ca->leaf_key ? 0 : kefs_err_sys(err, -ENOMEM, "making the server's key");
}

static void unload(struct loaded *loaded)
{
	sk_X509_pop_free(loaded->chain, X509_free);
	EVP_PKEY_free(loaded->key);
	X509_free(loaded->cert);
	free(loaded->pem);
	*loaded = (struct loaded) { .cert = NULL };
}

static int load_given(const struct kefs_ca *ca, struct loaded *ret, struct kefs_err *err)
{
	struct loaded loaded = { .chain = sk_X509_new_null() };
	X509 *trusted = NULL;
	int rc;

	if (!loaded.chain)
		return kefs_err_sys(err, -ENOMEM, "tls_certificate");
	rc = load_cert(ca->certificate_path, &loaded.cert, loaded.chain, NULL, err);
	if (rc == 0)
		rc = load_key(ca->key_path, &loaded.key, err);
	if (rc == 0 && *ca->ca_path)
		rc = load_cert(ca->ca_path, &trusted, NULL, &loaded.pem, err);
	X509_free(trusted);
	if (rc == 0 && !X509_check_private_key(loaded.cert, loaded.key))
		rc = openssl_error(err, ca->certificate_path, "not the certificate of its key");
	if (rc < 0) {
		unload(&loaded);
		return rc;
	}
	*ret = loaded;
	return 0;
}

static int open_given(struct kefs_ca *ca, const struct kefs_ca_parts *parts, struct kefs_err *err)
{
	ca->given = true;
	ca->certificate_path = strdup(parts->certificate);
	ca->key_path = strdup(parts->key);
	ca->ca_path = strdup(parts->ca);
	if (!ca->certificate_path || !ca->key_path || !ca->ca_path)
		return kefs_err_sys(err, -ENOMEM, "tls_certificate");
	return load_given(ca, &ca->now, err);
}

int kefs_ca_renew(struct kefs_ca *ca, struct kefs_err *err)
{
	struct loaded loaded, old;
	int rc;

	if (!ca->given)
		return 0;
	rc = load_given(ca, &loaded, err);
	if (rc < 0)
		return rc;
	(void)pthread_mutex_lock(&ca->lock);
	old = ca->now;
	ca->now = loaded;
	(void)pthread_mutex_unlock(&ca->lock);
	unload(&old);
	return 0;
}

int kefs_ca_open(const struct kefs_ca_parts *parts, struct kefs_ca **ret_ca, struct kefs_err *err)
{
	struct kefs_ca *ca = calloc(1, sizeof(*ca));
	int rc;

	if (!ca)
		return kefs_err_sys(err, -ENOMEM, "certificates");
	(void)pthread_mutex_init(&ca->lock, NULL);
	ca->names = strdup(parts->names);
	if (!ca->names)
		rc = kefs_err_sys(err, -ENOMEM, "certificates");
	else
		rc = *parts->certificate ? open_given(ca, parts, err) : open_own(ca, parts->state_dir, err);
	if (rc < 0) {
		kefs_ca_free(ca);
		return rc;
	}
	*ret_ca = ca;
	return 0;
}

void kefs_ca_free(struct kefs_ca *ca)
{
	if (!ca)
		return;
	for (size_t i = 0; i < CACHE_SIZE; i++)
		X509_free(ca->slots[i].cert);
	(void)pthread_mutex_destroy(&ca->lock);
	unload(&ca->now);
	EVP_PKEY_free(ca->leaf_key);
	free(ca->certificate_path);
	free(ca->key_path);
	free(ca->ca_path);
	free(ca->names);
	free(ca);
}

const char *kefs_ca_pem(const struct kefs_ca *ca)
{
	return ca->now.pem ? ca->now.pem : "";
}

bool kefs_ca_is_given(const struct kefs_ca *ca)
{
	return ca->given;
}

static struct slot *slot_of(struct kefs_ca *ca, const struct kefs_addr *local)
{
	uint8_t host[16];
	unsigned int hash = 0;

	kefs_addr_host(local, host);
	for (size_t i = 0; i < sizeof(host); i++)
		hash = hash * 31 + host[i];
	return &ca->slots[hash % CACHE_SIZE];
}

static bool same_host(const struct kefs_addr *a, const struct kefs_addr *b)
{
	uint8_t x[16], y[16];

	kefs_addr_host(a, x);
	kefs_addr_host(b, y);
	return !memcmp(x, y, sizeof(x));
}

static int issue_locked(struct kefs_ca *ca, const struct kefs_addr *local, X509 **ret_cert)
{
	struct slot *slot = slot_of(ca, local);
	time_t now = time(NULL);

	if (!slot->cert || !same_host(&slot->local, local) || now < slot->made || now - slot->made > KEFS_ISSUE_LIFE / 2) {
		X509 *cert = kefs_issue_leaf(ca->now.cert, ca->now.key, ca->leaf_key, ca->names, local, now);

		if (!cert) {
			ERR_clear_error();
			return -EIO;
		}
		X509_free(slot->cert);
		*slot = (struct slot) { .local = *local, .cert = cert, .made = now };
	}
	(void)X509_up_ref(slot->cert);
	*ret_cert = slot->cert;
	return 0;
}

static int take_given_locked(const struct kefs_ca *ca, X509 **ret_cert, STACK_OF(X509) **ret_chain)
{
	*ret_chain = X509_chain_up_ref(ca->now.chain);
	if (!*ret_chain)
		return -ENOMEM;
	(void)X509_up_ref(ca->now.cert);
	*ret_cert = ca->now.cert;
	return 0;
}

int kefs_ca_leaf(struct kefs_ca *ca, const struct kefs_addr *local, X509 **ret_cert, EVP_PKEY **ret_key,
		 STACK_OF(X509) **ret_chain)
{
	EVP_PKEY *key;
	int rc;

	*ret_chain = NULL;
	(void)pthread_mutex_lock(&ca->lock);
	rc = ca->given ? take_given_locked(ca, ret_cert, ret_chain) : issue_locked(ca, local, ret_cert);
	key = ca->given ? ca->now.key : ca->leaf_key;
	if (rc == 0) {
		(void)EVP_PKEY_up_ref(key);
		*ret_key = key;
	}
	(void)pthread_mutex_unlock(&ca->lock);
	return rc;
}
