#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The stock aws CLI, loaded once: a Python that starts anew for each call takes most of a case's time in a guest.

aws_server.py PORT listens on 127.0.0.1. A call is a count and so many texts, each with a NUL behind it: the caller's
process id, its directory, as many NAME=VALUE as there are, "--", and aws' arguments. It runs in a process of its own, with
the caller's files and environment; the answer is its exit status in decimal. aws.sh has the other end.
"""
import ctypes
import functools
import os
import signal
import socket
import sys
import traceback

from awscli.clidriver import create_clidriver	# before botocore: the CLI brings one of its own
import botocore.loaders

SERVICES = ('ec2', 'efs', 'iam', 'sts')
KINDS = ('service-2', 'paginators-1', 'waiters-2', 'endpoint-rule-set-1')
SYS_PIDFD_GETFD = 438


def load():
    """What every call needs is there before the first one; what it depends on (the environment, ~/.aws) is not looked at."""
    loader = botocore.loaders.JSONFileLoader
    load_once = functools.lru_cache(maxsize=None)(functools.partial(loader.load_file, loader()))
    loader.load_file = lambda self, path: load_once(path)
    driver = create_clidriver()
    table = driver.subcommand_table
    data = driver.session.get_component('data_loader')
    for name in ('endpoints', 'partitions'):
        data.load_data(name)
    for name in SERVICES:
        table[name].create_help_command()
        for kind in KINDS:
            if name in data.list_available_services(kind):
                data.load_service_model(name, kind)


def texts(connection):
    data = b''
    while True:
        parts = data.split(b'\0')
        if len(parts) > 1 and len(parts) >= int(parts[0]) + 2:
            return [os.fsdecode(part) for part in parts[1:int(parts[0]) + 1]]
        more = connection.recv(65536)
        if not more:
            sys.exit(1)
        data += more


def take_files(pid):
    """Standard input and outputs become the caller's own open files, not others of the same name."""
    libc = ctypes.CDLL(None, use_errno=True)
    pidfd = os.pidfd_open(pid)
    for fd in range(3):
        got = libc.syscall(SYS_PIDFD_GETFD, pidfd, fd, 0)
        if got < 0:
            raise OSError(ctypes.get_errno(), 'pidfd_getfd')
        os.dup2(got, fd)
        os.close(got)


def call(connection):
    pid, directory, *rest = texts(connection)
    environment, args = rest[:rest.index('--')], rest[rest.index('--') + 1:]
    take_files(int(pid))
    os.chdir(directory)
    data_path = os.environ['AWS_DATA_PATH']	# awscli's own, set when it was loaded
    os.environ.clear()
    os.environ.update(text.split('=', 1) for text in environment)
    os.environ['AWS_DATA_PATH'] = data_path
    sys.argv = ['aws', *args]
    status = create_clidriver().main(args)
    sys.stdout.flush()
    sys.stderr.flush()
    connection.sendall(b'%d\n' % status)


def main():
    load()
    listener = socket.create_server(('127.0.0.1', int(sys.argv[1])), backlog=64)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        connection = listener.accept()[0]
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listener.close()
            try:
                call(connection)
            except BaseException:
                traceback.print_exc()
            os._exit(0)
        connection.close()


if __name__ == '__main__':
    main()
