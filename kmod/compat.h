/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Makes older kernels look like Linux 6.12. Included before everything else in every file (-include in Kbuild), and
 * the only file that may test the kernel's version. Each block says which kernel made it unneeded, so that it can go
 * when that kernel is the oldest one supported. Supported now: 6.1 and 6.12.
 *
 * Where 6.12's own name cannot be had on 6.1, or differs again later, there is a kefs_ wrapper for both:
 *
 *  kefs_flc(fl)->flc_type …	fields of a struct file_lock
 *  kefs_send_pages()		page references into a socket
 *  kefs_lease_init()		a struct file_lease for a whole file
 *  KEFS_WRITE_DELEG		whether leases for writing can be delegations
 *  kefs_iter_write()		vfs_iter_write() in the bracket that it wants
 *  kefs_change_cookie()	the change attribute that vfs_getattr() (or the inode) has
 *  kefs_post_open()		the integrity modules' hook behind dentry_open()
 *  kefs_genl_dump_attrs()	the request's attributes in a dumpit
 *  kefs_assign_str()		__assign_str() in TP_fast_assign
 *
 * Headers that 6.1 does not have are empty shells in kmod/compat/linux, found after the kernel's own (-idirafter).
 * struct mnt_idmap is struct user_namespace there: mnt_idmap(mnt), &nop_mnt_idmap and renamedata's idmap fields work.
 * Not wrapped: strscpy() has three arguments, lock_rename() may fail (IS_ERR), exportfs flags are as on 6.12.
 */
#ifndef KEFS_COMPAT_H
#define KEFS_COMPAT_H

#include <linux/version.h>
#include <linux/bvec.h>
#include <linux/exportfs.h>
#include <linux/fs.h>
#include <linux/iversion.h>
#include <linux/list_lru.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/net.h>
#include <linux/security.h>
#include <linux/shrinker.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <net/genetlink.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "kefs needs Linux 6.1 or later"
#endif

/* 6.3: struct mnt_idmap in place of struct user_namespace. The macro renames both the type and mnt_idmap(). */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define mnt_idmap user_namespace
#define nop_mnt_idmap init_user_ns
#define old_mnt_idmap old_mnt_userns
#define new_mnt_idmap new_mnt_userns
static inline struct mnt_idmap *mnt_idmap(const struct vfsmount *mnt)
{
	return mnt_user_ns(mnt);
}
#else
#include <linux/filelock.h>
#endif

/* 6.9: struct file_lock's common part, fl->c.flc_type for fl->fl_type. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
#define kefs_flc(fl) (fl)
#define flc_type fl_type
#define flc_flags fl_flags
#define flc_owner fl_owner
#define flc_pid fl_pid
#define flc_file fl_file
#else
#define kefs_flc(fl) (&(fl)->c)
#endif

/*
 * 6.9: struct file_lease beside struct file_lock, and kernel_setlease(). Here it asks like vfs_setlease() whether the
 * caller may, also to end a lease: callers have root's credentials in force.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
#define file_lease file_lock
#define lease_manager_operations lock_manager_operations
#define locks_alloc_lease locks_alloc_lock
#define locks_free_lease locks_free_lock
#define kernel_setlease vfs_setlease
#define kefs_lease_init(fl) ((fl)->fl_end = OFFSET_MAX)
#else
#define kefs_lease_init(fl) ((void)(fl))
#endif

/* 6.6: before, F_WRLCK with FL_DELEG is refused with a splat. */
#define KEFS_WRITE_DELEG (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0))

/* 6.6: accessors for times; inode_get_ctime() was taken back to 6.1. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define inode_get_mtime(inode) ((inode)->i_mtime)
#define inode_get_atime(inode) ((inode)->i_atime)
#endif

/*
 * 6.5: MSG_SPLICE_PAGES in place of sendpage. (6.1's stable tree has the flag's number, but not its meaning.)
 *
 * Send the first @len bytes of @bvec by reference. @flags: MSG_DONTWAIT, MSG_MORE, MSG_NOSIGNAL. Returns the bytes
 * taken, which may be fewer, or -errno if none. The caller keeps its page references; the pages must not be slab's.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
static inline int kefs_send_pages(struct socket *sock, struct bio_vec *bvec, unsigned int nr, size_t len, int flags)
{
	size_t left = len;
	unsigned int i;

	for (i = 0; i < nr && left; i++) {
		size_t want = min_t(size_t, bvec[i].bv_len, left);
		int more = want < left ? MSG_MORE | MSG_SENDPAGE_NOTLAST : 0;
		int sent;

		sent = kernel_sendpage(sock, bvec[i].bv_page, bvec[i].bv_offset, want, flags | more);
		if (sent < 0)
			return len > left ? len - left : sent;
		left -= sent;
		if (sent < want)
			break;
	}
	return len - left;
}
#else
static inline int kefs_send_pages(struct socket *sock, struct bio_vec *bvec, unsigned int nr, size_t len, int flags)
{
	struct msghdr msg = { .msg_flags = flags | MSG_SPLICE_PAGES };

	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, bvec, nr, len);
	return sock_sendmsg(sock, &msg);
}
#endif

/* 6.8: vfs_iter_write() brackets itself with file_start_write(). */
static inline ssize_t kefs_iter_write(struct file *file, struct iov_iter *iter, loff_t *pos, rwf_t flags)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
	ssize_t ret;

	file_start_write(file);
	ret = vfs_iter_write(file, iter, pos, flags);
	file_end_write(file);
	return ret;
#else
	return vfs_iter_write(file, iter, pos, flags);
#endif
}

/*
 * 6.6: the change attribute comes through vfs_getattr(). Ask for STATX_CHANGE_COOKIE (nothing on 6.1) and hand the
 * result here; before 6.6 the inode is asked, and marked as queried, like vfs_getattr() does. False if the file system
 * has none. @ret_monotonic: the cookie alone orders changes, also over a crash.
 */
#ifndef STATX_CHANGE_COOKIE
#define STATX_CHANGE_COOKIE 0
static inline bool kefs_change_cookie(const struct kstat *stat, struct inode *inode, u64 *ret_cookie,
				      bool *ret_monotonic)
{
	(void)stat;
	if (!IS_I_VERSION(inode))
		return false;
	*ret_cookie = inode_query_iversion(inode);
	*ret_monotonic = false;
	return true;
}
#else
static inline bool kefs_change_cookie(const struct kstat *stat, struct inode *inode, u64 *ret_cookie,
				      bool *ret_monotonic)
{
	(void)inode;
	if (!(stat->result_mask & STATX_CHANGE_COOKIE))
		return false;
	*ret_cookie = stat->change_cookie;
	*ret_monotonic = stat->attributes & STATX_ATTR_CHANGE_MONOTONIC;
	return true;
}
#endif

/* 6.9: security_file_post_open() in place of IMA's own hook. @mask: MAY_READ | MAY_WRITE. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
#include <linux/ima.h>
static inline int kefs_post_open(struct file *file, int mask)
{
	return ima_file_check(file, mask);
}
#else
static inline int kefs_post_open(struct file *file, int mask)
{
	return security_file_post_open(file, mask);
}
#endif

/* 6.7: shrinkers are allocated. Without memory 6.1 does not register one: its cache then only ages. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#define shrinker_alloc(shrinker_flags, fmt, ...) ({					\
	struct shrinker *__sh = kzalloc(sizeof(*__sh), GFP_KERNEL);			\
											\
	if (__sh) {									\
		__sh->flags = (shrinker_flags);						\
		__sh->seeks = DEFAULT_SEEKS;						\
	}										\
	__sh;										\
})
#define shrinker_register(sh) do { if (register_shrinker(sh, KBUILD_MODNAME)) { } } while (0)
static inline void shrinker_free(struct shrinker *shrinker)
{
	if (!shrinker)
		return;
	unregister_shrinker(shrinker);
	kfree(shrinker);
}
#endif

/* 6.8: list_lru_add() and list_lru_del() take a node; these are the old forms. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define list_lru_add_obj list_lru_add
#define list_lru_del_obj list_lru_del
#endif

/* 6.11: flags for what a handle may stand for. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
#define exportfs_decode_fh_raw(mnt, fid, len, type, flags, acceptable, context) \
	((void)(flags), exportfs_decode_fh_raw(mnt, fid, len, type, acceptable, context))
#endif

/* 6.6: struct genl_info inside of struct genl_dumpit_info. */
static inline struct nlattr **kefs_genl_dump_attrs(struct netlink_callback *cb)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
	return genl_dumpit_info(cb)->attrs;
#else
	return genl_dumpit_info(cb)->info.attrs;
#endif
}

/* 6.10: __assign_str() knows its source. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define kefs_assign_str(dst, src) __assign_str(dst, src)
#else
#define kefs_assign_str(dst, src) __assign_str(dst)
#endif

/* 6.9: struct file_lock's list member is in the common part. Under ctx->flc_lock. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
#define kefs_for_each_posix_lock(fl, ctx) list_for_each_entry(fl, &(ctx)->flc_posix, fl_list)
#else
#define kefs_for_each_posix_lock(fl, ctx) list_for_each_entry(fl, &(ctx)->flc_posix, c.flc_list)
#endif

#endif
