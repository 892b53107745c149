// SPDX-License-Identifier: GPL-2.0
/*
 * umlaes: gcm(aes) with the processor's AES instructions, for a benchmark on User-Mode Linux, whose kernel cannot build
 * aesni-intel and has AES in C only: what it does with TLS would say more about that than about who serves. On loading
 * it must agree with the kernel's own cipher on messages of many sizes, and says how fast both are. With use=0 it says
 * so and offers nothing.
 *
 * Vector registers: User-Mode Linux is a program, its users' registers are in other processes, it changes threads by a
 * call, and a signal keeps them. So there is nothing to save.
 */
#include <crypto/aes.h>
#include <crypto/gcm.h>
#include <crypto/internal/aead.h>
#include <crypto/internal/skcipher.h>
#include <crypto/scatterwalk.h>
#include <linux/crypto.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "gcm.h"

#ifndef CONFIG_UML
#error "only for User-Mode Linux: elsewhere vector registers must be saved, and there is aesni-intel"
#endif

static bool use = true;
module_param(use, bool, 0444);
MODULE_PARM_DESC(use, "offer it (1)");

/* Crypto contexts are aligned to 8 bytes only. */
struct context {
	u8 space[sizeof(struct gcm_key) + 15];
};

static struct gcm_key *key_of(struct crypto_aead *tfm)
{
	return PTR_ALIGN((struct gcm_key *)crypto_aead_ctx(tfm), 16);
}

static int set_key(struct crypto_aead *tfm, const u8 *raw, unsigned int len)
{
	struct gcm_key *key = key_of(tfm);
	struct crypto_aes_ctx aes;
	int rc = aes_expandkey(&aes, raw, len);

	if (rc)
		return rc;
	memcpy(key->round_keys, aes.key_enc, sizeof(key->round_keys));
	key->rounds = 6 + len / 4;
	gcm_set_key(key);
	memzero_explicit(&aes, sizeof(aes));
	return 0;
}

static int set_authsize(struct crypto_aead *tfm, unsigned int size)
{
	return crypto_gcm_check_authsize(size);
}

static int text(struct aead_request *req, struct gcm_state *state, bool encrypt)
{
	const struct gcm_key *key = key_of(crypto_aead_reqtfm(req));
	struct skcipher_walk walk;
	int rc;

	rc = encrypt ? skcipher_walk_aead_encrypt(&walk, req, false) : skcipher_walk_aead_decrypt(&walk, req, false);
	while (!rc && walk.nbytes) {
		unsigned int n = walk.nbytes == walk.total ? walk.nbytes : round_down(walk.nbytes, GCM_BLOCK);

		gcm_text(key, state, walk.dst.virt.addr, walk.src.virt.addr, n, encrypt);
		rc = skcipher_walk_done(&walk, walk.nbytes - n);
	}
	return rc;
}

static int crypt(struct aead_request *req, unsigned int len, u8 *tag, bool encrypt)
{
	const struct gcm_key *key = key_of(crypto_aead_reqtfm(req));
	struct gcm_state state;
	u8 small[32], *aad = small;
	int rc;

	/* TLS has 5 or 13 bytes of it. */
	if (req->assoclen > sizeof(small)) {
		aad = kmalloc(req->assoclen, GFP_ATOMIC);
		if (!aad)
			return -ENOMEM;
	}
	scatterwalk_map_and_copy(aad, req->src, 0, req->assoclen, 0);
	gcm_begin(&state, req->iv);
	gcm_aad(key, &state, aad, req->assoclen);
	rc = text(req, &state, encrypt);
	gcm_tag(key, &state, req->iv, req->assoclen, len, tag);
	if (aad != small)
		kfree(aad);
	return rc;
}

static int encrypt(struct aead_request *req)
{
	u8 tag[GCM_BLOCK];
	int rc = crypt(req, req->cryptlen, tag, true);

	if (!rc)
		scatterwalk_map_and_copy(tag, req->dst, req->assoclen + req->cryptlen,
					 crypto_aead_authsize(crypto_aead_reqtfm(req)), 1);
	return rc;
}

static int decrypt(struct aead_request *req)
{
	unsigned int authsize = crypto_aead_authsize(crypto_aead_reqtfm(req)), len = req->cryptlen - authsize;
	u8 tag[GCM_BLOCK], theirs[GCM_BLOCK];
	int rc;

	/* Before the text is there: in place it overwrites nothing else, but who knows */
	scatterwalk_map_and_copy(theirs, req->src, req->assoclen + len, authsize, 0);
	rc = crypt(req, len, tag, false);
	if (!rc && crypto_memneq(tag, theirs, authsize))
		rc = -EBADMSG;
	return rc;
}

static struct aead_alg alg = {
	.setkey = set_key,
	.setauthsize = set_authsize,
	.encrypt = encrypt,
	.decrypt = decrypt,
	.ivsize = GCM_AES_IV_SIZE,
	.chunksize = GCM_BLOCK,
	.maxauthsize = GCM_BLOCK,
	.base = {
		.cra_name = "gcm(aes)",
		.cra_driver_name = "gcm-aes-umlaes",
		.cra_priority = 400,
		.cra_blocksize = 1,
		.cra_ctxsize = sizeof(struct context),
		.cra_module = THIS_MODULE,
	},
};

/* --- trying it --- */

#define GENERIC		"gcm_base(ctr(aes-generic),ghash-generic)"
#define AAD		13
#define RECORD		16384
#define ROUNDS		100
#define TIMES		20

struct trial {
	struct crypto_aead *ours, *generic;
	u8 *buf, *other;	/* AAD + RECORD + a tag each */
};

static int run(struct crypto_aead *tfm, u8 *buf, unsigned int len, bool to_encrypt)
{
	struct aead_request *req = aead_request_alloc(tfm, GFP_KERNEL);
	u8 iv[GCM_AES_IV_SIZE] = { 1, 2, 3 };
	struct scatterlist sg;
	int rc;

	if (!req)
		return -ENOMEM;
	sg_init_one(&sg, buf, AAD + RECORD + GCM_BLOCK);
	aead_request_set_callback(req, 0, NULL, NULL);
	aead_request_set_ad(req, AAD);
	aead_request_set_crypt(req, &sg, &sg, len + (to_encrypt ? 0 : GCM_BLOCK), iv);
	rc = to_encrypt ? crypto_aead_encrypt(req) : crypto_aead_decrypt(req);
	aead_request_free(req);
	return rc;
}

/* Ours makes what the kernel's makes, and takes it back; a changed byte it does not take. */
static int agree_on(struct trial *t, unsigned int len)
{
	int rc;

	get_random_bytes(t->buf, AAD + len);
	memcpy(t->other, t->buf, AAD + len);
	rc = run(t->ours, t->buf, len, true);
	rc = rc ?: run(t->generic, t->other, len, true);
	if (rc)
		return rc;
	if (memcmp(t->buf, t->other, AAD + len + GCM_BLOCK))
		return -EILSEQ;
	rc = run(t->ours, t->buf, len, false);
	if (rc)
		return rc;
	t->other[AAD + len] ^= 1;
	return run(t->ours, t->other, len, false) == -EBADMSG ? 0 : -EILSEQ;
}

static int set_keys(struct trial *t, unsigned int len)
{
	u8 raw[AES_MAX_KEY_SIZE];
	int rc;

	get_random_bytes(raw, len);
	rc = crypto_aead_setkey(t->ours, raw, len);
	return rc ?: crypto_aead_setkey(t->generic, raw, len);
}

static int agree(struct trial *t)
{
	unsigned int key, len;
	int rc = 0;

	for (key = 16; key <= 32 && !rc; key += 16) {
		rc = set_keys(t, key);
		for (len = 0; len < 300 && !rc; len++)
			rc = agree_on(t, len);
		for (len = 4000; len <= RECORD && !rc; len += 1031)
			rc = agree_on(t, len);
	}
	return rc;
}

/* The best of some, for a machine that does other things too. */
static u64 megabytes_a_second(struct crypto_aead *tfm, u8 *buf)
{
	u64 best = U64_MAX, start;
	int i, j;

	for (j = 0; j < TIMES; j++) {
		start = ktime_get_ns();
		for (i = 0; i < ROUNDS; i++)
			if (run(tfm, buf, RECORD, true))
				return 0;
		best = min(best, ktime_get_ns() - start);
	}
	return div64_u64((u64)ROUNDS * RECORD * 1000, best);
}

static int try_it(struct trial *t)
{
	int rc = agree(t);

	if (rc) {
		pr_info("umlaes: it does not do what the kernel's own does: %d\n", rc);
		return rc;
	}
	pr_info("umlaes: AES-256-GCM in records of 16 KiB: MB/s %llu with the processor's instructions, %llu in C\n",
		megabytes_a_second(t->ours, t->buf), megabytes_a_second(t->generic, t->buf));
	return 0;
}

static int compare(void)
{
	struct trial t = { 0 };
	int rc = -ENOMEM;

	t.ours = crypto_alloc_aead("gcm-aes-umlaes", 0, CRYPTO_ALG_ASYNC);
	if (IS_ERR(t.ours))
		return PTR_ERR(t.ours);
	t.generic = crypto_alloc_aead(GENERIC, 0, CRYPTO_ALG_ASYNC);
	if (IS_ERR(t.generic)) {
		crypto_free_aead(t.ours);
		return PTR_ERR(t.generic);
	}
	t.buf = kzalloc(AAD + RECORD + GCM_BLOCK, GFP_KERNEL);
	t.other = kzalloc(AAD + RECORD + GCM_BLOCK, GFP_KERNEL);
	if (t.buf && t.other)
		rc = try_it(&t);
	kfree(t.buf);
	kfree(t.other);
	crypto_free_aead(t.generic);
	crypto_free_aead(t.ours);
	return rc;
}

static int __init umlaes_init(void)
{
	int rc = crypto_register_aead(&alg);

	if (rc)
		return rc;
	rc = compare();
	if (rc || !use)
		crypto_unregister_aead(&alg);
	return rc;
}

static void __exit umlaes_exit(void)
{
	if (use)
		crypto_unregister_aead(&alg);
}

module_init(umlaes_init);
module_exit(umlaes_exit);
MODULE_DESCRIPTION("AES-GCM with AES instructions on User-Mode Linux, for benchmarks");
MODULE_LICENSE("GPL");
