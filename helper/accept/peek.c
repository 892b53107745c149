// SPDX-License-Identifier: GPL-2.0
#include "peek.h"

enum kefs_peek kefs_peek_classify(uint8_t first)
{
	switch (first) {
	case 0x80:
	case 0x00:
		return KEFS_PEEK_RPC;
	case 0x16:
		return KEFS_PEEK_TLS;
	default:
		return KEFS_PEEK_OTHER;
	}
}
