#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The architecture as a table: who may include whom (docs/ARCHITECTURE.md, section 6).

    base <- model <- seam <- { dataplane, controlplane } <- daemon;   cli speaks HTTP only

A folder not listed may not hold C++ files; an include that no rule names is refused, so a new library or a new room is
a decision that somebody writes down here.
"""

import re
import sys

import lint_support

# What an include means. The first pattern that fits names the library; includes of the tree are named by their folder.
LIBRARIES = (
    ("dpdk", r"rte_|ethdev_|bus_|mempool_"),
    ("numa", r"numa(if)?\.h"),
    ("beast", r"boost/beast"),
    ("json", r"boost/json"),
    ("asio", r"boost/asio"),
    ("boost", r"boost/(url|system|core|optional|container|smart_ptr|describe|mp11|utility)"),
    ("yaml", r"yaml-cpp/"),
    ("sqlite", r"sqlite3"),
    ("openssl", r"openssl/"),
    ("spdlog", r"spdlog/"),
    ("fmt", r"fmt/"),
    ("cli11", r"CLI/"),
    ("gtest", r"(gtest|gmock)/"),
    ("benchmark", r"benchmark/"),
    ("heavy-std", r"(string|vector|map|unordered_map|set|deque|list|memory|functional|mutex|thread|condition_variable|"
                  r"future|iostream|fstream|sstream|stdexcept|exception|filesystem|regex|format|any)"),
    ("simd", r"[a-z]mmintrin\.h"),
    ("posix", r"(sys|net|netinet|arpa|linux|asm)/|(unistd|fcntl|signal|poll|pthread|sched|time|dirent|termios|errno|"
              r"syslog|pwd|grp|dlfcn|getopt|ifaddrs|netdb|spawn|execinfo|link|x86intrin|endian|"
              r"byteswap|sysexits|syscall)\.h"),
    ("std", r"[a-z_0-9]+"),
)

CONTRACT = "std heavy-std base model seam"
# The frame path: no container that allocates, no lock, no thread, no stream.
FAST = "std simd dpdk base model seam table stage port_set"
# Room: what its files may include, besides their own room. A room is a folder, or one file pair of it that has other
# rights than its neighbours.
ALLOWED = {
    "include/strowger/base": "std heavy-std",
    "include/strowger/model": "std heavy-std base",
    "include/strowger/seam": "std heavy-std base model",
    "model": "std heavy-std base model",
    "dataplane/table": FAST,
    "dataplane/stage": FAST,
    "dataplane/worker": f"{FAST} posix worker",
    # What ports look like to a stage: plain memory that the platform fills before any worker starts.
    "dataplane/worker/port_set": "std base model seam",
    # Makes the workers with all their memory, before they run.
    "dataplane/worker/worker_group": f"{FAST} heavy-std worker",
    "dataplane/control": f"{FAST} posix heavy-std fmt worker worker_group",
    # Meets the machine, and puts the other rooms together.
    "dataplane/platform": f"{FAST} posix heavy-std numa fmt worker worker_group control",
    "controlplane/service": f"{CONTRACT} fmt auth store",
    "controlplane/store": f"{CONTRACT} fmt posix sqlite auth service",
    "controlplane/auth": f"{CONTRACT} fmt posix openssl",
    "controlplane/config": f"{CONTRACT} fmt posix yaml",
    "controlplane/telemetry": f"{CONTRACT} fmt posix spdlog service",
    "controlplane/api": f"{CONTRACT} fmt posix beast asio json boost openssl service auth store telemetry",
    "daemon": f"{CONTRACT} fmt posix asio spdlog platform control service store auth config telemetry api",
    "cli": "std heavy-std posix base fmt beast asio json boost openssl cli11 yaml",
}
# Tests and benchmarks may look at everything.
FREE = ("tests", "bench")

# What never occurs in the code of a folder, comments and strings aside.
FORBIDDEN_CODE = (
    ("dataplane", r"(?i)\b\w*(http|json|sqlite|tenant)\w*\b", "the dataplane does not know this word"),
    ("controlplane", r"\brte_\w+", "the control plane never sees DPDK"),
    ("include", r"\bthrow\b", "errors are Result<T>"),
    ("model", r"\bthrow\b", "errors are Result<T>"),
    ("dataplane", r"\bthrow\b", "errors are Result<T>"),
    ("controlplane", r"\bthrow\b", "errors are Result<T>"),
    ("controlplane/service", r"\b\w+_clock::now\b", "time is a constructor argument (strowger/base/clock.h)"),
    ("model", r"\b\w+_clock::now\b", "the model has no clock"),
)
# libdpdk's pkg-config flags force an include file and -march on whoever lists it.
DPDK_DEP_FOLDERS = ("dataplane", "tests", "bench")


def room_of(name):
    """The longest listed folder, or file pair, that holds this file."""
    return max((r for r in ALLOWED if name.startswith((r + "/", r + "."))), key=len, default=None)


def label_of(include, path, quote):
    """The name under which the table knows what this include reaches."""
    header = lint_support.resolve_include(include, path if quote == '"' else None)
    if header:
        room = room_of(lint_support.relative(header))
        return room.rsplit("/", 1)[-1] if room else lint_support.relative(header)
    for library, pattern in LIBRARIES:
        exact = re.fullmatch(pattern, include) if library in ("std", "heavy-std") else re.match(pattern, include)
        if exact:
            return library
    return f"unknown library {include}"


def check_file(path):
    name = lint_support.relative(path)
    if name.startswith(FREE) and "/" in name:
        return
    room = room_of(name)
    if room is None:
        yield f"{name}: this folder is not in the table of scripts/check_layers.py"
        return
    text = path.read_text()
    for match in lint_support.INCLUDE.finditer(text):
        label = label_of(match.group(2), path, match.group(1))
        if label != room.rsplit("/", 1)[-1] and label not in ALLOWED[room].split():
            line = text.count("\n", 0, match.start()) + 1
            yield f"{name}:{line}: {room} may not include {match.group(2)} ({label})"
    code = lint_support.code_only(text)
    for folder, pattern, why in FORBIDDEN_CODE:
        if name.startswith(folder + "/"):
            for match in re.finditer(pattern, code):
                yield f"{name}:{code.count(chr(10), 0, match.start()) + 1}: `{match.group(0)}`: {why}"


def check_build_file(path):
    name = lint_support.relative(path)
    if "/" in name and not name.startswith(DPDK_DEP_FOLDERS) and "dpdk_dep" in path.read_text():
        yield f"{name}: dpdk_dep is for targets of the dataplane only"


def main():
    problems = []
    for path in lint_support.tree_files(*lint_support.CXX_SUFFIXES):
        problems += check_file(path)
    for path in lint_support.tree_files("meson.build"):
        problems += check_build_file(path)
    return lint_support.report("layers", problems)


if __name__ == "__main__":
    sys.exit(main())
