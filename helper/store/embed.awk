# SPDX-License-Identifier: GPL-2.0
# Turns schema/001.sql, 002.sql, … into schema.c: an array of strings, in the order of the arguments.
BEGIN {
	print "// SPDX-License-Identifier: GPL-2.0"
	print "/* Made from the files in store/schema. */"
	print "#include \"internal.h\""
	print ""
	print "const char *const kefs_schema_steps[] = {"
}
FNR == 1 {
	steps++
	name = FILENAME
	sub(/.*\//, "", name)
	if (name != sprintf("%03d.sql", steps)) {
		print FILENAME ": step " steps " must be named " sprintf("%03d.sql", steps) >"/dev/stderr"
		failed = 1
		exit 1
	}
	if (steps > 1)
		print "\t,"
}
{
	gsub(/\\/, "\\\\")
	gsub(/"/, "\\\"")
	print "\t\"" $0 "\\n\""
}
END {
	if (failed)
		exit 1
	print "};"
	print ""
	print "const int kefs_schema_count = " steps + 0 ";"
}
