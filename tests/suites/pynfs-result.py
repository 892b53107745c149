#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Compares a pynfs result (its --json) with the failures that are expected."""
import argparse
import json
import sys


def read_expected(path):
    """{case: (reason, issue)} of lines "case<TAB>reason<TAB>issue"; # comments"""
    expected = {}
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.startswith("#") or not line.strip():
                continue
            fields = line.rstrip("\n").split("\t")
            if len(fields) != 3 or not all(fields):
                sys.exit(f"{path}:{number}: want case, reason and issue, divided by tabs")
            if fields[0] in expected:
                sys.exit(f"{path}:{number}: {fields[0]} stands there twice")
            expected[fields[0]] = tuple(fields[1:])
    return expected


def first_line(failure):
    text = failure.get("message") or failure.get("err") or ""
    return " ".join(text.split())[:200]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("json")
    parser.add_argument("--expected", metavar="FILE")
    parser.add_argument("--show", action="store_true", help="print the message of each failure")
    args = parser.parse_args()
    with open(args.json, encoding="utf-8") as f:
        cases = json.load(f)["testcase"]
    expected = read_expected(args.expected) if args.expected else {}
    failed = {c["code"]: c["failure"] for c in cases if "failure" in c}
    skipped = {c["code"] for c in cases if "skipped" in c}
    passed = {c["code"] for c in cases} - set(failed) - skipped
    print(f"pynfs 4.1: {len(passed)} passed, {len(failed)} failed, {len(skipped)} skipped of {len(cases)}")
    for code, failure in sorted(failed.items()):
        why = "expected: {} ({})".format(*expected[code]) if code in expected else "UNEXPECTED" if args.expected else ""
        print(f"  {code}: {why} {first_line(failure) if args.show or not why.startswith('exp') else ''}".rstrip())
    surprises = set(failed) - set(expected) if args.expected else set()
    for code in sorted(set(expected) & passed):
        print(f"  {code}: passes, but is expected to fail ({expected[code][0]}): take it out of {args.expected}")
        surprises.add(code)
    return 1 if surprises or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
