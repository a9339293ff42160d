#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The frame path calls nothing that allocates, locks, throws, enters the kernel or prints.

usage: check_symbols.py LIBRARY.a...

The libraries hold what runs between receiving a burst and transmitting it. Every symbol they need from outside must be
on the list below; the list is short enough to read, and a name that is not on it is refused together with the
function that wants it. Atomic read-modify-write instructions (`lock` prefix) are refused in the same way: a worker
shares nothing that it would have to count with another.

How to attach it, in the meson.build that defines such a library:

    test('my-frame-path-symbols', find_program('../scripts/check_symbols.py'), args: [my_fast_lib], suite: 'lint')
"""

import re
import subprocess
import sys

# Pure functions that compilers call on their own, and tables of addresses.
ALLOWED_PLAIN = r"mem(cpy|set|move|cmp)|_GLOBAL_OFFSET_TABLE_|__stack_chk_fail|__tls_get_addr|__[a-z]*ti3"
# What DPDK's inline burst functions reach: the device's function table, mempool operations, bulk free of mbufs, the
# lcore's number, and the burst callbacks that no product code registers.
ALLOWED_DPDK = (
    r"rte_eth_fp_ops|rte_eth_devices|rte_eth_call_[rt]x_callbacks|rte_mempool_ops_table|rte_mempool_contig_blocks_check_cookies|"
    r"rte_pktmbuf_free_bulk|per_lcore__lcore_id"
)
ALLOWED = re.compile(rf"^({ALLOWED_PLAIN}|{ALLOWED_DPDK})$")
# Where a broken invariant ends the process: it prints and aborts, and nothing runs after it.
ENDS_THE_PROCESS = re.compile(r"^_ZN8strowger12check_failedE")

# Why a name is refused, for the message; what fits none is refused as unknown.
REASONS = (
    (r"^(_Zn[aw]|_Zd[al]|malloc|calloc|realloc|free$|aligned_alloc|posix_memalign|rte_(z?malloc|calloc|free))", "allocates"),
    (r"^(pthread_|sem_|_ZNSt.*mutex|rte_.*lock|__gthr)", "locks"),
    (r"^(__cxa_|_Unwind|__gxx_personality|_ZSt\d+__throw|_ZSt9terminate)", "throws or guards a static"),
    (r"^(v?[sf]?n?printf|puts|putc|f?write|fopen|rte_log|rte_vlog|_ZNSo|_ZSt4cout|stderr|stdout|__.*printf_chk)", "prints"),
    (r"^(read|ioctl|syscall|nanosleep|usleep|sched_|clock_|gettimeofday|time$|abort|exit|poll|mmap)", "enters the kernel"),
)
FUNCTION = re.compile(r"^[0-9a-f]+ <([^>]+)>:$")
RELOCATION = re.compile(r"\sR_X86_64_\w+\s+([^\s+-]+)")
SECTION = re.compile(r"^RELOCATION RECORDS FOR \[([^\]]+)\]:$")
LOCKED = re.compile(r"\slock |\sxchg\s.*\(")


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def undefined_symbols(libraries):
    """Names that these libraries need and none of them defines."""
    needed, defined = set(), set()
    for line in output("nm", *libraries).splitlines():
        fields = line.split()
        if len(fields) == 2 and fields[0] in "Uwv":
            needed.add(fields[1])
        elif len(fields) == 3:
            defined.add(fields[2])
    return needed - defined


def users(library):
    """Who references what: {symbol: {function or section}}, and functions that hold locked instructions."""
    found, locked, current = {}, {}, "?"
    for line in output("objdump", "-dr", "--no-show-raw-insn", library).splitlines():
        if match := FUNCTION.match(line):
            current = match.group(1)
        elif match := RELOCATION.search(line):
            found.setdefault(match.group(1), set()).add(current)
        elif LOCKED.search(line):
            locked[current] = line.split(":", 1)[-1].strip()
    for line in output("objdump", "-r", library).splitlines():
        if match := SECTION.match(line):
            current = match.group(1)
        elif not re.match(r"^\.(text|debug|rela?\.debug)", current):
            if match := RELOCATION.search(line):
                found.setdefault(match.group(1), set()).add(f"section {current}")
    return found, locked


def demangle(name):
    return output("c++filt", name.removesuffix(".cold")).strip()


def reason(symbol):
    return next((why for pattern, why in REASONS if re.search(pattern, symbol)), "not on the list of scripts/check_symbols.py")


def check(library, undefined):
    wants, locked = users(library)
    for symbol in sorted(undefined & wants.keys()):
        if ALLOWED.match(symbol):
            continue
        for caller in sorted(u for u in wants[symbol] if not ENDS_THE_PROCESS.match(u)):
            yield f"{demangle(caller)} needs {demangle(symbol)}: {reason(symbol)}"
    for function, instruction in sorted(locked.items()):
        yield f"{demangle(function)} holds `{instruction}`: a read-modify-write that other cores wait for"


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    undefined = undefined_symbols(sys.argv[1:])
    problems = [f"{library}: {p}" for library in sys.argv[1:] for p in check(library, undefined)]
    for problem in problems:
        print(problem)
    print(f"symbols: {len(sys.argv) - 1} libraries, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
