// SPDX-License-Identifier: GPL-2.0
/*
 * Records: the memory of one RPC message received. rec->bvec lists all bytes in order, the linear head first. Memory
 * behind the head is owned by rec->skbs: clones of received buffers, and buffers of our own that only carry pages
 * (own_skb()), so that freeing the queue frees all.
 *
 * Bounds: a clone pins its whole buffer, which may be far larger than the part that belongs to this record, so parts
 * that are small, or small beside the buffer, are copied. Hence a record holds no more than PIN_FACTOR times its
 * length in socket buffers, and that is what the budget is charged.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include "internal.h"

#define COPY_BELOW	1024	/* a clone costs more than copying this */
#define PIN_FACTOR	4

static struct kmem_cache *record_cache;

/* In skb->cb of the buffers on rec->skbs that carry pages of our own. Clones have theirs cleared. */
struct own {
	bool own;
	struct page *page;	/* the last one, if it was allocated for copies */
	size_t used;		/* of that page */
};

static struct own *own(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct own) > sizeof(skb->cb));
	return (struct own *)skb->cb;
}

struct kefs_record *kefs_record_new(void)
{
	struct kefs_record *rec = kmem_cache_alloc(record_cache, GFP_KERNEL);

	if (!rec)
		return NULL;
	memset(rec, 0, offsetof(struct kefs_record, head));
	__skb_queue_head_init(&rec->skbs);
	rec->bvec = rec->bvec_fixed;
	rec->max_bvec = ARRAY_SIZE(rec->bvec_fixed);
	rec->nr_bvec = 1;	/* the head: slab memory, but only ever copied from */
	rec->bvec[0].bv_page = virt_to_page(rec->head);
	rec->bvec[0].bv_offset = offset_in_page(rec->head);
	rec->held = sizeof(*rec);
	kefs_record_charge(rec, 0);
	return rec;
}

void kefs_record_charge(struct kefs_record *rec, size_t ahead)
{
	size_t want = rec->held + ahead;

	if (rec->held <= rec->charged)
		return;
	kefs_budget_charge(want - rec->charged);
	rec->charged = want;
}

/* Another bvec, or an extension of the last one. */
static int add_bvec(struct kefs_record *rec, struct page *page, size_t off, size_t len)
{
	struct bio_vec *last = &rec->bvec[rec->nr_bvec - 1], *bvec;

	page += off / PAGE_SIZE;
	off %= PAGE_SIZE;
	if (rec->nr_bvec > 1 && last->bv_page == page && last->bv_offset + last->bv_len == off) {
		last->bv_len += len;
		return 0;
	}
	if (rec->nr_bvec == rec->max_bvec) {
		bvec = kvmalloc_array(rec->max_bvec * 2, sizeof(*bvec), GFP_KERNEL);
		if (!bvec)
			return -ENOMEM;
		memcpy(bvec, rec->bvec, rec->nr_bvec * sizeof(*bvec));
		if (rec->bvec != rec->bvec_fixed)
			kvfree(rec->bvec);
		rec->bvec = bvec;
		rec->held += rec->max_bvec * sizeof(*bvec);
		rec->max_bvec *= 2;
	}
	bvec = &rec->bvec[rec->nr_bvec++];
	bvec->bv_page = page;
	bvec->bv_offset = off;
	bvec->bv_len = len;
	return 0;
}

/* A buffer at the end of the queue that can carry another page. */
static struct sk_buff *own_skb(struct kefs_record *rec)
{
	struct sk_buff *skb = skb_peek_tail(&rec->skbs);

	if (skb && own(skb)->own && skb_shinfo(skb)->nr_frags < MAX_SKB_FRAGS)
		return skb;
	skb = alloc_skb(0, GFP_KERNEL);
	if (!skb)
		return NULL;
	memset(skb->cb, 0, sizeof(skb->cb));
	own(skb)->own = true;
	__skb_queue_tail(&rec->skbs, skb);
	rec->held += skb->truesize;
	return skb;
}

int kefs_record_add_page(struct kefs_record *rec, struct page *page, size_t off, size_t len)
{
	struct sk_buff *skb = own_skb(rec);

	if (!skb)
		return -ENOMEM;
	get_page(page);
	skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, page, off, len, PAGE_SIZE);
	own(skb)->page = NULL;
	rec->held += PAGE_SIZE;
	return add_bvec(rec, page, off, len);
}

void *kefs_record_add_room(struct kefs_record *rec, size_t len, size_t *ret_len)
{
	struct sk_buff *skb = skb_peek_tail(&rec->skbs);
	struct page *page;
	size_t used;

	if (!skb || !own(skb)->own || !own(skb)->page || own(skb)->used == PAGE_SIZE) {
		page = alloc_page(GFP_KERNEL);
		if (!page)
			return NULL;
		skb = own_skb(rec);
		if (!skb) {
			__free_page(page);
			return NULL;
		}
		skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, page, 0, PAGE_SIZE, PAGE_SIZE);
		own(skb)->page = page;
		own(skb)->used = 0;
		rec->held += PAGE_SIZE;
	}
	page = own(skb)->page;
	used = own(skb)->used;
	len = min(len, PAGE_SIZE - used);
	if (add_bvec(rec, page, used, len) < 0)
		return NULL;
	own(skb)->used += len;
	*ret_len = len;
	return page_address(page) + used;
}

static int copy_skb(struct kefs_record *rec, struct sk_buff *skb, size_t off, size_t len)
{
	size_t n;
	void *to;
	int err;

	while (len) {
		to = kefs_record_add_room(rec, len, &n);
		if (!to)
			return -ENOMEM;
		err = skb_copy_bits(skb, off, to, n);
		if (err)
			return err;
		off += n;
		len -= n;
	}
	return 0;
}

/* Take from the part of [*off, *off + *len) that lies in the first @size bytes; what is left then starts behind. */
static size_t clip(size_t *off, size_t *len, size_t size, size_t *ret_start)
{
	size_t n;

	if (*off >= size) {
		*off -= size;
		return 0;
	}
	*ret_start = *off;
	n = min(*len, size - *off);
	*off = 0;
	*len -= n;
	return n;
}

/* The bytes of @skb's own linear part and fragments, without those of its fragment list. */
static int add_skb_flat(struct kefs_record *rec, const struct sk_buff *skb, size_t *off, size_t *len)
{
	const struct skb_shared_info *sh = skb_shinfo(skb);
	const skb_frag_t *frag;
	size_t n, start;
	int i, err;

	n = clip(off, len, skb_headlen(skb), &start);
	if (n) {
		err = add_bvec(rec, virt_to_page(skb->data + start), offset_in_page(skb->data + start), n);
		if (err)
			return err;
	}
	for (i = 0; i < sh->nr_frags && *len; i++) {
		frag = &sh->frags[i];
		n = clip(off, len, skb_frag_size(frag), &start);
		if (!n)
			continue;
		if (!skb_frag_page(frag))
			return -EIO;	/* device memory */
		err = add_bvec(rec, skb_frag_page(frag), skb_frag_off(frag) + start, n);
		if (err)
			return err;
	}
	return 0;
}

static int add_skb_bvecs(struct kefs_record *rec, const struct sk_buff *skb, size_t off, size_t len)
{
	const struct sk_buff *child;
	int err;

	err = add_skb_flat(rec, skb, &off, &len);
	if (!err && len) {
		skb_walk_frags(skb, child) {
			err = add_skb_flat(rec, child, &off, &len);
			if (err || !len)
				break;
		}
	}
	return err ?: len ? -EIO : 0;
}

/* Fragment lists deeper than one level, which nothing is known to make, are copied. */
static bool worth_cloning(const struct sk_buff *skb, size_t len)
{
	const struct sk_buff *child;

	if (len < COPY_BELOW || skb->truesize > len * PIN_FACTOR)
		return false;
	skb_walk_frags(skb, child) {
		if (skb_has_frag_list(child))
			return false;
	}
	return true;
}

int kefs_record_add_skb(struct kefs_record *rec, struct sk_buff *skb, size_t off, size_t len)
{
	struct sk_buff *clone;

	if (!worth_cloning(skb, len))
		return copy_skb(rec, skb, off, len);
	clone = skb_clone(skb, GFP_KERNEL);
	if (!clone)
		return -ENOMEM;
	memset(clone->cb, 0, sizeof(clone->cb));
	__skb_queue_tail(&rec->skbs, clone);
	rec->held += clone->truesize;
	return add_skb_bvecs(rec, clone, off, len);
}

void kefs_record_iter(struct kefs_record *rec, size_t off, size_t len, struct iov_iter *iter)
{
	rec->bvec[0].bv_len = rec->head_len;
	iov_iter_bvec(iter, ITER_SOURCE, rec->bvec, rec->nr_bvec, off + len);
	iov_iter_advance(iter, off);
}

void *kefs_record_pull(struct kefs_record *rec, size_t off, size_t len)
{
	struct iov_iter iter;

	if (WARN_ON_ONCE(off > rec->len || len > rec->len - off))
		return NULL;
	kvfree(rec->linear);
	rec->held -= rec->linear_len;
	rec->linear_len = 0;
	rec->linear = kvmalloc(max_t(size_t, len, 1), GFP_KERNEL);
	if (!rec->linear)
		return NULL;
	rec->linear_len = len;
	rec->held += len;
	kefs_record_charge(rec, 0);
	kefs_record_iter(rec, off, len, &iter);
	if (WARN_ON_ONCE(!copy_from_iter_full(rec->linear, len, &iter)))
		return NULL;
	return rec->linear;
}

void kefs_record_free(struct kefs_record *rec)
{
	struct kefs_conn *conn = rec->conn;

	__skb_queue_purge(&rec->skbs);
	if (rec->bvec != rec->bvec_fixed)
		kvfree(rec->bvec);
	kvfree(rec->linear);
	kefs_budget_uncharge(rec->charged);
	kmem_cache_free(record_cache, rec);
	if (!conn)
		return;		/* never delivered */
	kefs_conn_flight_end(conn);
	kefs_conn_put(conn);
}

int __init kefs_record_init(void)
{
	record_cache = KMEM_CACHE(kefs_record, SLAB_HWCACHE_ALIGN);
	return record_cache ? 0 : -ENOMEM;
}

void kefs_record_exit(void)
{
	kmem_cache_destroy(record_cache);
}
