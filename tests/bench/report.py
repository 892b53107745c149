#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The benchmark's table of ratios and its JSON, from the lines that guest.sh wrote."""
import argparse
import json
import statistics
import sys

UNITS = ((1e9, "s"), (1e6, "ms"), (1e3, "us"), (1, "ns"))


def human(ns):
    for size, unit in UNITS:
        if ns >= size:
            return f"{ns / size:.3g} {unit}" if ns < 1000 * size else f"{ns / size:.0f} {unit}"
    return "0"


def read(path):
    """
    {workload: {server: [ {run, ops, ns, thread_ns, softirq_ns} ]}}, in the order of first appearance; what a run did
    several times is added up
    """
    data = {}
    with open(path, encoding="ascii") as lines:
        for line in lines:
            server, run, name, *numbers = line.rstrip("\n").split("\t")
            row = dict(zip(("ops", "ns", "thread_ns", "softirq_ns"), map(int, numbers)))
            rows = data.setdefault(name, {}).setdefault(server, [])
            if rows and rows[-1]["run"] == int(run):
                rows[-1].update({key: rows[-1][key] + row[key] for key in row})
            else:
                rows.append({"run": int(run), **row})
    return data


def median(rows, key):
    return statistics.median(key(r) for r in rows)


def total(rows, key):
    """Per operation over all runs: the kernel counts CPU in ticks, too coarse for a median of single runs"""
    return sum(r[key] for r in rows) / sum(r["ops"] for r in rows)


def summary(rows):
    return {"runs": len(rows), "ops": rows[0]["ops"],
            "ns_per_op": median(rows, lambda r: r["ns"] / r["ops"]),
            "best_ns_per_op": min(r["ns"] / r["ops"] for r in rows),
            "thread_ns_per_op": total(rows, "thread_ns"),
            "softirq_ns_per_op": total(rows, "softirq_ns"),
            "samples": rows}


def spread(base, other):
    """The smallest and largest ratio of the runs that stood beside each other"""
    by_run = {r["run"]: r for r in base}
    ratios = [by_run[r["run"]]["ns"] / r["ns"] for r in other if r["run"] in by_run and r["ns"]]
    return [min(ratios), max(ratios)] if ratios else None


def ratio(a, b):
    return a / b if b else None


def compare(data, servers):
    ours, base = servers
    result = {}
    for name, rows in data.items():
        if ours not in rows or base not in rows:
            continue
        a, b = summary(rows[ours]), summary(rows[base])
        cpu = [s["thread_ns_per_op"] + s["softirq_ns_per_op"] for s in (a, b)]
        result[name] = {ours: a, base: b, "ratio": ratio(b["ns_per_op"], a["ns_per_op"]),
                        "best_ratio": ratio(b["best_ns_per_op"], a["best_ns_per_op"]),
                        "ratio_range": spread(rows[base], rows[ours]),
                        "cpu_per_op": {ours: cpu[0], base: cpu[1]}, "cpu_ratio": ratio(cpu[1], cpu[0]),
                        "thread_ratio": ratio(b["thread_ns_per_op"], a["thread_ns_per_op"])}
    return result


def show(value, form="{:.2f}"):
    return "-" if value is None else form.format(value)


def table(result, servers):
    ours, base = servers
    head = ["workload", f"{base}/op", f"{ours}/op", "ratio", "(range)", "best", f"{base} CPU", f"{ours} CPU", "CPU ratio",
            "threads"]
    rows = [head]
    for name, r in result.items():
        low_high = r["ratio_range"]
        rows.append([name, human(r[base]["ns_per_op"]), human(r[ours]["ns_per_op"]), show(r["ratio"]),
                     "{:.2f}-{:.2f}".format(*low_high) if low_high else "-", show(r["best_ratio"]),
                     human(r["cpu_per_op"][base]), human(r["cpu_per_op"][ours]), show(r["cpu_ratio"]),
                     show(r["thread_ratio"])])
    align(rows)


# What is compared in the group tls: ours, with what, and the ratio of the times that is wanted
TLS_RATIOS = (("kefs-xprtsec", "nfsd-stunnel", 3.0), ("kefs-stunnel", "nfsd-stunnel", 1.5), ("kefs-xprtsec", "kefs-plain", 0.8))


BYTES = {"tls-seq-write": 1 << 20, "tls-seq-read": 1 << 20, "tls-rand-read-1": 4096, "tls-rand-read-8": 4096,
         "tls-rand-write": 4096}


def at_best(name, plain_ns, rate):
    """The ratio to plain if TLS cost nothing but the cipher at both ends, which share the guest's one CPU"""
    if name not in BYTES or not rate:
        return None
    return plain_ns / (plain_ns + 2 * BYTES[name] * 1e3 / rate)


def compare_tls(data, rate):
    result = {}
    for name, rows in data.items():
        if name.startswith("tls-"):
            ways = {way: summary(r) for way, r in rows.items()}
            ratios = [{"of": ours, "to": base, "target": target, "range": spread(rows[base], rows[ours]),
                       "ratio": ratio(ways[base]["ns_per_op"], ways[ours]["ns_per_op"])}
                      for ours, base, target in TLS_RATIOS if ours in rows and base in rows]
            best = at_best(name, ways["kefs-plain"]["ns_per_op"], rate) if "kefs-plain" in ways else None
            result[name] = {"ways": ways, "ratios": ratios, "plain_with_cipher": best}
    return result


def tls_table(result):
    ways = list(next(iter(result.values()))["ways"])
    rows = [["workload"] + [way + "/op" for way in ways] +
            [f"{ours}: {base} (>= {target})" for ours, base, target in TLS_RATIOS] + ["at best"]]
    for name, r in result.items():
        cells = {(x["of"], x["to"]): x for x in r["ratios"]}
        row = [name] + [human(r["ways"][way]["ns_per_op"]) if way in r["ways"] else "-" for way in ways]
        for ours, base, target in TLS_RATIOS:
            x = cells.get((ours, base))
            # A mount has no target here: its is beside amazon-efs-utils' mount
            missed = x and not name.endswith("first-byte") and x["ratio"] < target
            row.append("{:.2f} ({:.2f}-{:.2f}){}".format(x["ratio"], *x["range"], " missed" if missed else "") if x else "-")
        rows.append(row + [show(r["plain_with_cipher"])])
    print("Ratio = the second's time / the first's, above 1 means the first is faster. At best = the last ratio if TLS cost "
          "no more than\nthe cipher alone, twice: one CPU encrypts and decrypts. Going through user space, as stunnel does, is "
          "dearer on User-Mode Linux\nthan elsewhere.")
    align(rows)


def align(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths))))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tsv")
    parser.add_argument("--servers", default="kefs nfsd", help="ours and the one to compare with")
    parser.add_argument("--kernel", default="")
    parser.add_argument("--notes", default="", help="what to know about the ways through TLS")
    parser.add_argument("--rate", type=int, default=0, help="MB/s of the kernel's cipher alone")
    parser.add_argument("--json", help="file to write")
    args = parser.parse_args()
    servers = args.servers.split()
    data = read(args.tsv)
    result = compare(data, servers)
    tls = compare_tls(data, args.rate)
    if not result and not tls:
        print("report: no workload has results of both servers", file=sys.stderr)
        return 1
    runs = max(len(rows) for by_server in data.values() for rows in by_server.values())
    print(f"Linux {args.kernel}, median of {runs} runs")
    if result:
        print(f"Ratio = {servers[1]} / {servers[0]}, above 1 means {servers[0]} is faster; best = of the fastest runs.\n"
              "CPU = the server's threads and all soft interrupts, per operation; threads = the ratio of the threads alone.")
        table(result, servers)
    if tls:
        print(args.notes.strip())
        tls_table(tls)
    if args.json:
        with open(args.json, "w", encoding="ascii") as f:
            json.dump({"kernel": args.kernel, "servers": servers, "workloads": result, "tls": tls, "notes": args.notes}, f, indent=1)
            f.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
