// SPDX-License-Identifier: GPL-2.0
/* The query protocol: forms taken apart, documents written. */
#include "test.h"

#include <errno.h>
#include <stdlib.h>

#include "api/query.h"
#include "common/cleanup.h"
#include "http/form.h"
#include "http/reply.h"
#include "http/xml.h"

static void test_form(void **state)
{
	static const char text[] = "Action=DescribeVpcs&Filter.1.Name=is-default&Filter.1.Value.2=z&Filter.1.Value.1=a%26b+c&"
				   "Empty=&Bare&&Action=Second";
	const struct kefs_form_param *const *values;
	struct kefs_form form;
	size_t count;

	(void)state;
	assert_int_equal(kefs_form_parse(text, strlen(text), &form), 0);
	assert_int_equal(form.count, 7);
	assert_string_equal(form.params[2].value, "z");
	assert_string_equal(kefs_form_get(&form, "Action"), "DescribeVpcs");
	assert_string_equal(kefs_form_get(&form, "Filter.%u.Value.%u", 1, 1), "a&b c");
	assert_string_equal(kefs_form_get(&form, "Empty"), "");
	assert_string_equal(kefs_form_get(&form, "Bare"), "");
	assert_null(kefs_form_get(&form, "action"));
	assert_null(kefs_form_get(&form, "Filter.2.Name"));
	assert_true(kefs_form_has(&form, "Filter."));
	assert_false(kefs_form_has(&form, "Filter.2"));
	values = kefs_form_range(&form, &count, "Filter.%u.Value.", 1);
	assert_int_equal(count, 2);
	assert_string_equal(values[0]->value, "a&b c");
	(void)kefs_form_range(&form, &count, "Z");
	assert_int_equal(count, 0);
	kefs_form_free(&form);
	kefs_form_free(&form);
}

static void test_form_refused(void **state)
{
	char many[3 * (KEFS_FORM_PARAMS_MAX + 1)], name[KEFS_FORM_NAME_SIZE + 2];
	struct kefs_form form;

	(void)state;
	assert_int_equal(kefs_form_parse("a=%4", 4, &form), -EINVAL);
	assert_int_equal(kefs_form_parse("a=%00", 5, &form), -EINVAL);
	assert_int_equal(kefs_form_parse("a=\0b", 4, &form), -EINVAL);
	for (size_t i = 0; i < sizeof(many); i += 3)
		memcpy(many + i, "a=&", 3);
	many[sizeof(many) - 1] = '\0';
	assert_int_equal(kefs_form_parse(many, sizeof(many) - 1, &form), -E2BIG);
	many[sizeof(many) - 4] = '\0';
	assert_int_equal(kefs_form_parse(many, sizeof(many) - 4, &form), 0);
	assert_int_equal(form.count, KEFS_FORM_PARAMS_MAX);
	kefs_form_free(&form);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(kefs_form_parse(name, sizeof(name) - 1, &form), -E2BIG);
	assert_int_equal(kefs_form_parse("", 0, &form), 0);
	assert_int_equal(form.count, 0);
	kefs_form_free(&form);
}

static void test_xml(void **state)
{
	static const struct { const char *text, *wanted; } cases[] = {
		{ "a & <b> \"c\" 'd'", "<e>a &amp; &lt;b&gt; &quot;c&quot; 'd'</e>" },
		{ "tab\tline\nend\r", "<e>tab\tline\nend&#xD;</e>" },
		{ "\x01\x1f", "<e>?" "?</e>" },
		{ "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80", "<e>\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80</e>" },
		/* Cut off, too long a form, a surrogate, no character of XML, beyond Unicode, no lead byte */
		{ "\xc3", "<e>?</e>" }, { "\xc0\xaf", "<e>?" "?</e>" }, { "\xed\xa0\x80", "<e>?" "?" "?</e>" },
		{ "\xef\xbf\xbf", "<e>?" "?" "?</e>" }, { "\xf4\x90\x80\x80", "<e>?" "?" "?" "?</e>" }, { "\x80x", "<e>?x</e>" },
		{ "\xe0\x80\xaf", "<e>?" "?" "?</e>" }, { "\xff", "<e>?</e>" }, { "", "<e></e>" },
	};
	struct kefs_xml xml;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		xml = kefs_xml_new();
		kefs_xml_text(&xml, "e", cases[i].text);
		assert_false(xml.failed);
		assert_string_equal(xml.buf.data, cases[i].wanted);
		kefs_buf_free(&xml.buf);
	}
}

static void test_xml_values(void **state)
{
	struct kefs_xml xml = kefs_xml_new();
	char *large = malloc(KEFS_XML_MAX);

	(void)state;
	kefs_xml_root(&xml, "R", "urn:x");
	kefs_xml_bool(&xml, "b", true);
	kefs_xml_format(&xml, "n", "%d", 7);
	kefs_xml_time(&xml, "t", INT64_C(1767225600123));
	kefs_xml_encoded(&xml, "p", "{\"a b\": \"\xc3\xa4~\"}");
	kefs_xml_close(&xml, "R");
	assert_string_equal(xml.buf.data, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<R xmlns=\"urn:x\"><b>true</b><n>7</n>"
			    "<t>2026-01-01T00:00:00Z</t><p>%7B%22a%20b%22%3A%20%22%C3%A4~%22%7D</p></R>");
	assert_non_null(large);
	memset(large, 'x', KEFS_XML_MAX - 1);
	large[KEFS_XML_MAX - 1] = '\0';
	kefs_xml_text(&xml, "big", large);
	assert_true(xml.failed);
	kefs_buf_free(&xml.buf);
	free(large);
}

static void test_errors(void **state)
{
	struct kefs_http_reply reply = { .request_id = "id" };

	(void)state;
	kefs_reply_error_as(&reply, KEFS_REPLY_QUERY, "urn:x", 404, "NoSuchEntity", "no <%s>", "x");
	assert_int_equal(reply.status, 404);
	assert_string_equal(reply.error, "NoSuchEntity");
	assert_contains(reply.xml, "<ErrorResponse xmlns=\"urn:x\"><Error><Type>Sender</Type><Code>NoSuchEntity</Code>"
			"<Message>no &lt;x&gt;</Message></Error><RequestId>id</RequestId></ErrorResponse>");
	kefs_reply_error_as(&reply, KEFS_REPLY_EC2, NULL, 400, "InvalidGroup.NotFound", "m");
	assert_string_equal(reply.xml, "<Response><Errors><Error><Code>InvalidGroup.NotFound</Code><Message>m</Message></Error>"
			    "</Errors><RequestID>id</RequestID></Response>");
	kefs_reply_error_as(&reply, KEFS_REPLY_JSON, NULL, 400, "BadRequest", "m");
	assert_null(reply.xml);
	assert_string_equal(json_string_value(json_object_get(reply.body, "ErrorCode")), "BadRequest");
	kefs_reply_free(&reply);
}

/* As the audit log writes them: lists are lists, and nobody's order or nesting is trusted. */
static void test_parameters(void **state)
{
	static const char text[] = "Action=A&Version=1&UserName=ann&Tags.member.1.Key=k&Tags.member.1.Value=v&Tags.member.2.Key=l&"
				   "GroupId.1=sg-1&GroupId.2=sg-2&UserName.1=x&Late.7=z&a..b=c&.=d&P.1.2.3.4.5.6.7.8=deep";
	CLEANUP(kefs_form_free) struct kefs_form form;
	char *said;
	json_t *json;

	(void)state;
	assert_int_equal(kefs_form_parse(text, strlen(text), &form), 0);
	json = kefs_query_parameters(&form);
	said = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	assert_contains(said, "\"UserName\":\"ann\"");
	assert_contains(said, "\"Tags\":[{\"Key\":\"k\",\"Value\":\"v\"},{\"Key\":\"l\"}]");
	assert_contains(said, "\"GroupId\":[\"sg-1\",\"sg-2\"]");
	assert_contains(said, "\"Late\":[\"z\"]");
	assert_null(json_object_get(json, "Action"));
	free(said);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form), cmocka_unit_test(test_form_refused), cmocka_unit_test(test_xml),
		cmocka_unit_test(test_xml_values), cmocka_unit_test(test_errors),
		cmocka_unit_test(test_parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
