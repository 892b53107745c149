#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""What clients do while the server's power is cut, and whether what they were told is true afterwards.

powercut.py files DIR SEED STOP OUT     creates, writes, renames, removes; keeps a model of what was acknowledged
powercut.py count FILE SEED STOP OUT    adds one to a number under a byte-range lock, as often as it gets the lock
powercut.py check SERVERDIR OUT...      compares the models with what is on the server's disk

A worker runs until the file STOP exists and then writes OUT. A request whose reply was lost is sent again to a server
that has forgotten that it did it: then the client may be told ENOENT or EEXIST, and what became of those names is
unknown. No other error may come.
"""
import errno
import fcntl
import hashlib
import json
import os
import random
import sys
import time

AMBIGUOUS = (errno.ENOENT, errno.EEXIST)


def content(rnd):
    return rnd.randbytes(rnd.choice((0, 1, 100, 4096, 5000, 70000, 300000)))


class Files:
    """known: name to digest, or "" for a directory, or None where nothing must be."""

    def __init__(self, top, seed):
        self.top, self.rnd, self.serial = top, random.Random(seed), 0
        self.known, self.unknown, self.errors, self.acknowledged = {}, set(), [], 0

    def path(self, name):
        return os.path.join(self.top, name)

    def fresh(self):
        self.serial += 1
        return f"n{self.serial}"

    def some(self, directory=False):
        names = [n for n, d in self.known.items() if d is not None and (d == "") == directory]
        return self.rnd.choice(names) if names else None

    def doubt(self, *names):
        for name in names:
            self.known.pop(name, None)
            self.unknown.add(name)

    def create(self):
        name, data = self.fresh(), content(self.rnd)
        self.doubt(name)
        fd = os.open(self.path(name), os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        try:
            os.write(fd, data)
            os.fsync(fd)
        finally:
            os.close(fd)
        self.known[name] = hashlib.sha256(data).hexdigest()

    def overwrite(self):
        name, data = self.some(), content(self.rnd)
        if not name:
            return self.create()
        self.doubt(name)
        fd = os.open(self.path(name), os.O_WRONLY)
        try:
            os.ftruncate(fd, 0)
            os.write(fd, data)
            os.fsync(fd)
        finally:
            os.close(fd)
        self.known[name] = hashlib.sha256(data).hexdigest()

    def rename(self):
        old, new = self.some(self.rnd.random() < 0.2), self.fresh()
        if not old:
            return self.create()
        digest = self.known[old]
        self.doubt(old, new)
        os.rename(self.path(old), self.path(new))
        self.known[old], self.known[new] = None, digest

    def remove(self):
        name = self.some()
        if not name:
            return self.create()
        self.doubt(name)
        os.unlink(self.path(name))
        self.known[name] = None

    def mkdir(self):
        name = self.fresh()
        self.doubt(name)
        os.mkdir(self.path(name))
        self.known[name] = ""

    def step(self):
        what = self.rnd.choice((self.create, self.create, self.overwrite, self.rename, self.rename, self.remove, self.mkdir))
        try:
            what()
            self.acknowledged += 1
        except OSError as e:
            if e.errno not in AMBIGUOUS:
                self.errors.append(f"{what.__name__}: {e}")

    def result(self):
        return {"known": self.known, "errors": self.errors, "acknowledged": self.acknowledged}


class Count:
    """Whoever gets a lock that another one has makes both write the same number."""

    def __init__(self, name, seed):
        self.name, self.rnd = name, random.Random(seed)
        self.fd = os.open(name, os.O_RDWR | os.O_CREAT)
        self.acknowledged, self.unknown, self.errors = 0, 0, []

    def step(self):
        try:
            fcntl.lockf(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB, 10, 0)
        except BlockingIOError:
            time.sleep(self.rnd.uniform(0.005, 0.03))
            return
        try:
            number = int(os.pread(self.fd, 10, 0) or b"0")
            self.unknown += 1
            os.pwrite(self.fd, b"%010d" % (number + 1), 0)
            os.fsync(self.fd)
            self.unknown -= 1
            self.acknowledged += 1
            fcntl.lockf(self.fd, fcntl.LOCK_UN, 10, 0)
        except OSError as e:  # the lock was lost, and we are told so
            self.errors.append(f"count: {e}")
            os.close(self.fd)
            self.fd = os.open(self.name, os.O_RDWR)
        if self.rnd.random() < 0.5:
            time.sleep(self.rnd.uniform(0, 0.02))

    def result(self):
        return {"count": os.path.basename(self.name), "unknown": self.unknown, "errors": self.errors,
                "acknowledged": self.acknowledged}


def check_files(top, model):
    wrong = []
    for name, digest in model["known"].items():
        path = os.path.join(top, name)
        if digest is None:
            if os.path.lexists(path):
                wrong.append(f"{name} is there, though it was removed")
        elif not os.path.lexists(path):
            wrong.append(f"{name} is lost")
        elif digest and hashlib.sha256(open(path, "rb").read()).hexdigest() != digest:
            wrong.append(f"{name} has other contents than were acknowledged")
    return wrong


def check(top, outs):
    wrong, counts, acknowledged = [], {}, 0
    for out in outs:
        with open(out) as f:
            model = json.load(f)
        acknowledged += model["acknowledged"]
        wrong += [f"{out}: {e}" for e in model["errors"]]
        if "count" in model:
            low, high = counts.get(model["count"], (0, 0))
            counts[model["count"]] = (low + model["acknowledged"], high + model["acknowledged"] + model["unknown"])
        else:
            wrong += [f"{out}: {w}" for w in check_files(os.path.join(top, os.path.basename(out)), model)]
    for name, (low, high) in counts.items():
        with open(os.path.join(top, name), "rb") as f:
            number = int(f.read() or b"0")
        if not low <= number <= high:
            wrong.append(f"{name} is {number}, though {low} to {high} increments were made under the lock")
    print(f"{acknowledged} acknowledged, {len(wrong)} wrong")
    for w in wrong:
        print(w)
    return 1 if wrong or not acknowledged else 0


def work(worker, stop, out):
    while not os.path.exists(stop):
        worker.step()
    with open(out + ".new", "w") as f:
        json.dump(worker.result(), f)
    os.rename(out + ".new", out)


if __name__ == "__main__":
    role, args = sys.argv[1], sys.argv[2:]
    if role == "check":
        sys.exit(check(args[0], args[1:]))
    work((Files if role == "files" else Count)(args[0], int(args[1])), args[2], args[3])
