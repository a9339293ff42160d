# SPDX-License-Identifier: Apache-2.0
"""Network namespaces by name: make, enter for one call, find what runs inside, remove."""

import contextlib
import ctypes
import os
import signal
import subprocess
import time

CLONE_NEWNET = 0x40000000
NETNS_DIR = "/run/netns"

_libc = ctypes.CDLL(None, use_errno=True)


class LabError(Exception):
    """A sentence for the person at the terminal."""


def sh(*command, netns=None, check=True, timeout=30):
    """Runs one command to its end, in `netns` if given; returns its standard output."""
    if netns is not None:
        command = ("ip", "netns", "exec", netns) + command
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    if check and done.returncode != 0:
        raise LabError(f"{' '.join(command)} failed ({done.returncode}): {(done.stderr or done.stdout).strip()}")
    return done.stdout


def exists(name):
    return os.path.exists(f"{NETNS_DIR}/{name}")


def create(name):
    """A namespace with loopback up and IPv6 off: neighbour discovery would disturb exact frame counts."""
    sh("ip", "netns", "add", name)
    sh("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1", netns=name)
    sh("ip", "link", "set", "lo", "up", netns=name)


def remove(name):
    """Ends what still runs inside and removes the namespace; nothing happens when there is none."""
    if not exists(name):
        return
    end_processes(name)
    sh("ip", "netns", "del", name, check=False)


def names(prefix):
    if not os.path.isdir(NETNS_DIR):
        return []
    return sorted(name for name in os.listdir(NETNS_DIR) if name.startswith(prefix))


def end_processes(name):
    for sig, patience in ((signal.SIGTERM, 1.0), (signal.SIGKILL, 2.0)):
        pids = [int(pid) for pid in sh("ip", "netns", "pids", name, check=False).split()]
        for pid in pids:
            # A process of this very program that entered the namespace is not a left-over.
            if pid != os.getpid():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, sig)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if not sh("ip", "netns", "pids", name, check=False).split():
                return
            time.sleep(0.02)


def _setns(fd):
    if _libc.setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


@contextlib.contextmanager
def inside(name):
    """The calling thread is in `name` for the block; a socket opened there stays there."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        target = os.open(f"{NETNS_DIR}/{name}", os.O_RDONLY)
        try:
            _setns(target)
        finally:
            os.close(target)
        try:
            yield
        finally:
            _setns(home)
    finally:
        os.close(home)


def enter_private():
    """Moves this process to a namespace of its own, which goes when its last process goes."""
    if _libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWNET)")
    sh("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")
    sh("ip", "link", "set", "lo", "up")


def die_with_parent():
    """For preexec_fn: a child must not outlive a lab that was killed with SIGKILL."""
    _libc.prctl(1, signal.SIGKILL)
