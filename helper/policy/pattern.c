// SPDX-License-Identifier: GPL-2.0
/*
 * A pattern is cut at its "*": the first piece must stand at the text's start, the last at its end, and the leftmost
 * place is the right one for each between them. So nothing is ever tried again, whatever the pattern.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

static bool continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Bytes of the character at text. */
static size_t char_len(const char *text, const char *end)
{
	size_t n = 1;

	if (((unsigned char)*text & 0xc0) == 0xc0)
		while (n < 4 && text + n < end && continues(text[n]))
			n++;
	return n;
}

/* Behind the piece (without "*") if the text starts with it, else NULL. */
static const char *match_start(const char *piece, size_t piece_len, const char *text, const char *end)
{
	for (size_t i = 0; i < piece_len; i++) {
		if (text == end)
			return NULL;
		if (piece[i] == GLOB_ONE)
			text += char_len(text, end);
		else if (*text++ != piece[i])
			return NULL;
	}
	return text;
}

/* Does the text end with the piece? */
static bool match_end(const char *piece, size_t piece_len, const char *text, const char *end)
{
	while (piece_len--) {
		if (text == end)
			return false;
		end--;
		if (piece[piece_len] != GLOB_ONE) {
			if (*end != piece[piece_len])
				return false;
			continue;
		}
		for (int i = 0; i < 3 && end > text && continues(*end); i++)
			end--;
	}
	return true;
}

/* Behind the leftmost place of the piece, or NULL. */
static const char *search(const char *piece, size_t piece_len, const char *text, const char *end)
{
	const char *behind;

	if (!memchr(piece, GLOB_ONE, piece_len)) {
		text = memmem(text, (size_t)(end - text), piece, piece_len);
		return text ? text + piece_len : NULL;
	}
	/* A piece has a byte for each of its characters at least */
	while ((size_t)(end - text) >= piece_len) {
		behind = match_start(piece, piece_len, text, end);
		if (behind)
			return behind;
		text += char_len(text, end);
	}
	return NULL;
}

bool glob_match(const char *pattern, size_t pattern_len, const char *text, size_t len)
{
	const char *pattern_end = pattern + pattern_len, *end = text + len, *star;

	star = memchr(pattern, GLOB_ANY, pattern_len);
	text = match_start(pattern, (size_t)((star ? star : pattern_end) - pattern), text, end);
	if (!text || !star)
		return text == end;
	for (;;) {
		pattern = star + 1;
		star = memchr(pattern, GLOB_ANY, (size_t)(pattern_end - pattern));
		if (!star)
			return match_end(pattern, (size_t)(pattern_end - pattern), text, end);
		text = search(pattern, (size_t)(star - pattern), text, end);
		if (!text)
			return false;
	}
}

/* The field at *text, which moves behind it and its colon; the sixth goes to the end. False if there is none. */
static bool arn_field(const char **text, const char *end, unsigned int index, const char **ret_field, size_t *ret_len)
{
	const char *colon = memchr(*text, ':', (size_t)(end - *text));

	*ret_field = *text;
	if (index == 5)
		colon = end;
	else if (!colon)
		return false;
	*ret_len = (size_t)(colon - *text);
	*text = index == 5 ? end : colon + 1;
	return true;
}

bool glob_match_arn(const char *pattern, size_t pattern_len, const char *text, size_t len)
{
	const char *pattern_end = pattern + pattern_len, *end = text + len, *a, *b;
	bool any = pattern_len == 1 && *pattern == GLOB_ANY;
	size_t a_len, b_len;

	for (unsigned int i = 0; i < 6; i++) {
		if (!arn_field(&text, end, i, &b, &b_len))
			return false;
		if (any)
			continue;
		if (!arn_field(&pattern, pattern_end, i, &a, &a_len) || !glob_match(a, a_len, b, b_len))
			return false;
	}
	return true;
}

bool arn_pattern_valid(const char *text)
{
	int colons = 0;

	if (!strcmp(text, "*"))
		return true;
	if (strncmp(text, "arn:", 4))
		return false;
	for (; *text; text++)
		colons += *text == ':';
	return colons >= 5;
}

/* The variable at text ("${…"): its part, and how long it is. NULL, or what is wrong with it. */
static const char *parse_variable(struct arena *arena, const char *text, struct part *part, size_t *ret_len)
{
	const char *p = text + 2, *key = p, *end;
	size_t key_len = strcspn(p, ",}'{$*? \t");

	p += key_len;
	if (!key_len)
		return "has no key in a \"${\"";
	if (*p == ',') {
		p += 1 + strspn(p + 1, " ");
		end = *p == '\'' ? strchr(p + 1, '\'') : NULL;
		if (!end)
			return "has a \"${\" whose default is not in single quotes";
		part->fallback = arena_copy(arena, p + 1, (size_t)(end - p - 1));
		if (!part->fallback)
			return "does not fit into memory";
		p = end + 1 + strspn(end + 1, " ");
	}
	if (*p != '}')
		return "has a \"${\" without its \"}\"";
	part->key = arena_copy(arena, key, key_len);
	*ret_len = (size_t)(p + 1 - text);
	return part->key ? NULL : "does not fit into memory";
}

/* "${*}", "${?}", "${$}" */
static bool is_escape(const char *text)
{
	return text[0] == '$' && text[1] == '{' && text[2] && strchr("*?$", text[2]) && text[3] == '}';
}

static size_t count_parts(const char *text)
{
	size_t count = 1;

	for (; *text; text++)
		count += text[0] == '$' && text[1] == '{' ? 2 : 0;
	return count;
}

/* The literal at text up to a variable or the end, compiled; returns behind it. out has room for all of it. */
static const char *compile_literal(const char *text, unsigned int flags, char *out, size_t *ret_len)
{
	size_t n = 0;

	for (; *text; text++) {
		if ((flags & EXPR_VARIABLES) && is_escape(text)) {
			out[n++] = text[2];
			text += 3;
		} else if ((flags & EXPR_VARIABLES) && text[0] == '$' && text[1] == '{') {
			break;
		} else if ((flags & EXPR_GLOB) && *text == '*') {
			out[n++] = GLOB_ANY;
		} else if ((flags & EXPR_GLOB) && *text == '?') {
			out[n++] = GLOB_ONE;
		} else {
			out[n++] = *text;
		}
	}
	*ret_len = n;
	return text;
}

int expr_parse(struct arena *arena, const char *text, unsigned int flags, struct expr *ret_expr,
	       const char **ret_problem)
{
	struct expr expr = { .parts = arena_alloc(arena, count_parts(text), sizeof(struct part)) };
	char *out = arena_alloc(arena, strlen(text) + 1, 1);
	size_t len;

	if (!expr.parts || !out)
		return -ENOMEM;
	/* One part at least: an expression of nothing is an empty text */
	do {
		struct part *part = &expr.parts[expr.count++];

		text = compile_literal(text, flags, out, &len);
		part->text = out;
		part->len = len;
		out += len;
		if (*text) {
			part = &expr.parts[expr.count++];
			*ret_problem = parse_variable(arena, text, part, &len);
			if (*ret_problem)
				return -EINVAL;
			text += len;
			expr.variable = true;
		}
	} while (*text);
	*ret_expr = expr;
	return 0;
}
