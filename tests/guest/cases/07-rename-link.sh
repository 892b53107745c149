#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Rename and link, with all their special cases.
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
serve
join a

cat > /tmp/t.py <<'P'
import errno, os, sys, time

os.chdir(sys.argv[1])
failed = 0


def make(name, text="x"):
    with open(name, "w", encoding="ascii") as f:
        f.write(text)


def text(name):
    with open(name, encoding="ascii") as f:
        return f.read()


def expect(what, wanted, call, *args):
    global failed
    try:
        got = call(*args)
        got = 0 if got is None else got
    except OSError as e:
        got = errno.errorcode[e.errno]
    ok = got == wanted or isinstance(wanted, tuple) and got in wanted
    failed += not ok
    print(f"{'ok' if ok else 'not ok'} - {what}" + ("" if ok else f": {got}, wanted {wanted}"))


make("f", "first")
make("g", "second")
expect("over a file", 0, os.rename, "f", "g")
expect("the new one is there", "first", text, "g")
expect("the old name is gone", "ENOENT", text, "f")
expect("onto itself", 0, os.rename, "g", "g")
os.link("g", "h")
expect("onto another link of the same file", 0, os.rename, "g", "h")
expect("leaves both names", 2, lambda: os.stat("g").st_nlink)
os.mkdir("d")
os.mkdir("e")
make("e/x")
expect("a file over a directory", "EISDIR", os.rename, "g", "d")
expect("a directory over a file", "ENOTDIR", os.rename, "d", "g")
expect("a directory over one that is not empty", ("ENOTEMPTY", "EEXIST"), os.rename, "d", "e")
expect("a directory over an empty one", 0, os.rename, "e", "d")
expect("brings its content", 0, lambda: os.stat("d/x") and 0)
expect("a directory into itself", "EINVAL", os.rename, "d", "d/sub")
expect("a name that is not there", "ENOENT", os.rename, "no", "yes")
os.mkdir("p")
os.mkdir("q")
os.mkdir("p/sub")
expect("a directory to another parent", 0, os.rename, "p/sub", "q/sub")
expect("takes a link from one", 2, lambda: os.stat("p").st_nlink)
expect("and gives it to the other", 3, lambda: os.stat("q").st_nlink)
expect("..", os.stat("q").st_ino, lambda: os.stat("q/sub/..").st_ino)
make("src")
fd = os.open("src", os.O_RDWR)
expect("a file that is open", 0, os.rename, "src", "q/dst")
expect("is written by its old descriptor", 3, os.write, fd, b"abc")
os.close(fd)
expect("and read by its new name", "abc", text, "q/dst")
expect("link of a directory", "EPERM", os.link, "d", "dd")
expect("link over a name", "EEXIST", os.link, "g", "h")
expect("link to a symbolic link itself", 0, lambda: (os.symlink("h", "s"), os.link("s", "s2", follow_symlinks=False))[1])
expect("which stays one", "h", os.readlink, "s2")
for i in range(300):
    os.link("g", f"link-{i}")
expect("302 links", 302, lambda: os.stat("g").st_nlink)
for i in range(300):
    os.unlink(f"link-{i}")
expect("and 2 again", 2, lambda: os.stat("g").st_nlink)
expect("unlink of a directory", ("EISDIR", "EPERM"), os.unlink, "d")
expect("rmdir of a file", "ENOTDIR", os.rmdir, "g")


def moves():  # the clock of a file system ticks; within a second it has
    before, end = os.stat(".").st_mtime_ns, time.monotonic() + 1
    while os.stat(".").st_mtime_ns == before and time.monotonic() < end:
        os.rename("g", "g2")
        os.rename("g2", "g")
    return int(os.stat(".").st_mtime_ns > before)


expect("the directory's time moves", 1, moves)
sys.exit(bool(failed))
P
check "rename and link" python3 /tmp/t.py "$A"

# Two clients rename the same files back and forth: none is lost or doubled
join b
mkdir "$A/x" "$A/y"
for i in {1..50}; do echo "$i" > "$A/x/$i"; done
shuttle() { for _ in 1 2 3; do for i in {1..50}; do mv "$1/x/$i" "$1/y/$i"; mv "$1/y/$i" "$1/x/$i"; done; done 2> /dev/null; }
shuttle "$A" &
shuttle "$B"
wait $!
remount a
equal "no file is lost or doubled" "$(find "$A/x" "$A/y" -type f -printf '%f\n' | sort -n | tr '\n' ' ')" "$(seq -s ' ' 50) "
equal "nor any text" "$(cat "$A"/[xy]/* | sort -n | tr '\n' ' ')" "$(seq -s ' ' 50) "
finish
