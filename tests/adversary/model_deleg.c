// SPDX-License-Identifier: GPL-2.0
/*
 * How delegations end: RFC 8881 §10.4, §18.6. One that is wanted back and not returned may be revoked when its holder
 * had the time of a lease (§10.4.5), or its lease is over (§8.3); its stateid is then good for FREE_STATEID only, and
 * each SEQUENCE tells of it until that comes (§18.46.3).
 */
#include "judge.h"

void j_wanted_back(struct m_state *st, uint64_t at_ms)
{
	if (!st->revoke_ms || at_ms < st->revoke_ms)
		st->revoke_ms = at_ms;
}

bool m_may_be_revoked(const struct m_state *st, uint64_t now_ms)
{
	return st->revoke_ms && now_ms + M_TICK_MS >= st->revoke_ms;
}

void model_recalled(struct model *m, const struct nfs41_stateid *id, uint64_t since_ms)
{
	int st = m_state_find(m, id->other);

	if (st >= 0 && m->state[st].kind == M_DELEG)
		j_wanted_back(&m->state[st], since_ms + m->lease_ms);
}

void j_said_revoked(struct judge *j, int st)
{
	if (m_may_be_revoked(&j->m->state[st], j->came_ms))
		j->m->state[st].revoked = true;
}

static bool delegation_conflicts(const struct judge *j, const struct m_state *st, int file, bool write)
{
	return st->used && st->kind == M_DELEG && !st->revoked && st->file == file && st->client != j->client &&
	       (write || st->access == 2);
}

/* One that is returned meanwhile was returned before: by a request that is under way together with this one. */
void j_delegations(struct judge *j, int file, bool write)
{
	for (int i = 0; i < M_STATES; i++) {
		struct m_state *st = &j->m->state[i];

		if (!delegation_conflicts(j, st, file, write))
			continue;
		j_wanted_back(st, j->r->now_ms + (j_lapsed(j, st->client) ? 0 : j->m->lease_ms));
		if (m_may_be_revoked(st, j->came_ms))
			j_may(j, S_DELAY, "a delegation was to be returned (§10.4)");
		else
			j_refuse(j, S_DELAY, "a delegation must be recalled first (§10.4)");
	}
}

void j_delegations_gone(struct judge *j, int file, bool write)
{
	for (int i = 0; i < M_STATES; i++)
		if (delegation_conflicts(j, &j->m->state[i], file, write))
			j->m->state[i].revoked = true;
}

bool j_delegreturn(struct judge *j, const struct m_op *op, const struct m_res *res)
{
	int st;

	if (res) {
		st = m_state_find(j->m, op->id.other);
		if (st >= 0)
			j_drop_state(j->m, st);
		return true;
	}
	st = j_state(j, &op->id, M_DELEG, true);
	j_may(j, S_NOTSUPP, "delegations are optional (§17.1)");
	if (st < 0 || j->r->again)
		j_may(j, S_BAD_STATEID, "it may be gone already");
	return true;
}
