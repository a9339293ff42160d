#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How many circuits a second `POST /v1/circuits:batch` takes, durably, and how long it keeps other requests waiting.

Batches of 10,000 creates back to back over one connection, each answered before the next is sent, on null ports and a
real store beside the build. Time to make the bodies is not counted. A second connection asks /v1/livez all the while:
its slowest answer is the longest that the control thread looked at nothing else. Figures, no verdict.
"""

import argparse
import json
import multiprocessing
import os
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from null_exchange import ROOT, Connection, NullExchange, order_batches  # noqa: E402


def watch(listen, token, stop, results):
    """How long /v1/livez takes, every millisecond."""
    connection, waits = Connection(listen, token), []
    while not stop.is_set():
        seconds, _, _, _ = connection.exchange("GET", "/v1/livez")
        waits.append(seconds)
        time.sleep(0.001)
    results.put(waits)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]


def server_ms(taken):
    """The daemon's own account of a batch: milliseconds by step, averaged."""
    steps = {}
    for _, fields in taken:
        for step in fields["server-timing"].split(","):
            name, _, duration = step.strip().partition(";dur=")
            steps.setdefault(name, []).append(float(duration))
    return {name: round(sum(values) / len(values), 1) for name, values in steps.items()}


def measure(exchange, circuits, size):
    token = exchange.set_up()
    before = exchange.resident_bytes()
    stop, results = multiprocessing.Event(), multiprocessing.Queue()
    watcher = multiprocessing.Process(target=watch, args=(exchange.listen, token, stop, results), daemon=True)
    watcher.start()
    taken = order_batches(exchange, token, circuits, size)
    stop.set()
    waits = results.get()
    seconds = [each for each, _ in taken]
    return {
        "circuits": circuits,
        "batch": size,
        "circuits_per_s": round(circuits / sum(seconds)),
        "batch_ms": {"p50": round(percentile(seconds, 50) * 1e3, 1), "max": round(max(seconds) * 1e3, 1)},
        "server_ms": server_ms(taken),
        "other_requests_ms": {
            "p50": round(percentile(waits, 50) * 1e3, 3),
            "p99": round(percentile(waits, 99) * 1e3, 3),
            "max": round(max(waits) * 1e3, 3),
        },
        "resident_bytes_per_circuit": round((exchange.resident_bytes() - before) / circuits),
        "store_bytes_per_circuit": round(os.path.getsize(f"{exchange.directory}/strowger.db") / circuits),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=os.path.abspath, default=f"{ROOT}/build", help="build directory (default: build)")
    parser.add_argument("--circuits", type=int, default=200_000, help="in all (default: 200000)")
    parser.add_argument("--batch", type=int, default=10_000, help="in one batch (default: 10000)")
    parser.add_argument("--json", action="store_true", help="one line")
    options = parser.parse_args()
    # Beside the build, not in /tmp, which may be memory: commits are to be as durable as they are in service.
    directory = tempfile.mkdtemp(prefix="bench-batch-", dir=options.build)
    try:
        with NullExchange(options.build, directory, options.circuits) as exchange:
            figures = measure(exchange, options.circuits, options.batch)
    finally:
        shutil.rmtree(directory)
    print(json.dumps(figures, indent=None if options.json else 2))


if __name__ == "__main__":
    main()
