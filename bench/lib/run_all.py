#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the benches one after the other and writes what they measured. Called by scripts/bench, which builds them."""

import argparse
import datetime
import json
import os
import pathlib
import re
import signal
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "bench" / "lib"), str(ROOT / "bench" / "peers"), str(ROOT / "bench" / "two_processes")]

import catalogue  # noqa: E402
import machine  # noqa: E402
import report  # noqa: E402
import verdicts  # noqa: E402
from outcome import NotMeasured, Outcome  # noqa: E402

HUGEPAGE_MEGABYTES = 8192


def say(text):
    print(text, flush=True)


def main():
    options = read_options()
    # Ended from outside, it still gives hugepages back and stops what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    rows = verdicts.load_table()
    wanted = [bench for bench in catalogue.BENCHES if chosen(bench, rows, options)]
    started = datetime.datetime.now(datetime.timezone.utc)
    run = {
        "version": version(),
        "started": started.strftime("%Y-%m-%d %H:%M UTC"),
        "quick": options.quick,
        "machine": machine.describe(),
        "benches": [],
    }
    machine.come_first(say)
    figures, reasons = {}, {bench.name: "left out of this run" for bench in catalogue.BENCHES if bench not in wanted}
    reasons |= {row["bench"]: "this bench is not built yet" for row in rows if not any(b.name == row["bench"] for b in catalogue.BENCHES)}
    with machine.hugepages(HUGEPAGE_MEGABYTES, say), tempfile.TemporaryDirectory(prefix="strowger-bench-") as scratch:
        place = catalogue.Place(ROOT, pathlib.Path(options.build).resolve(), pathlib.Path(scratch), options.quick, say)
        for bench in wanted:
            done, reason = run_one(bench, place)
            figures |= done.figures
            if reason:
                reasons[bench.name] = reason
            run["benches"].append({"name": bench.name, "title": bench.title, "not_measured": reason, "figures": done.figures,
                                   "samples": done.samples, "charts": done.charts, "remarks": done.remarks})
    if options.only:
        rows = [row for row in rows if row["bench"] in options.only]
    run["must_show"] = verdicts.judge(rows, figures, reasons)
    write(run, pathlib.Path(options.out))
    say("")
    if run["must_show"]:
        say(verdicts.as_text(run["must_show"]))
    say(f"report: {options.out}/report.html, figures: {options.out}/report.json")
    return 0 if not options.must_show or verdicts.all_held(run["must_show"]) else 1


def read_options():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--must-show", action="store_true", help="only what the table of promises needs; status 1 when one falls short")
    parser.add_argument("--quick", action="store_true", help="few and short rounds: whether it runs, not figures to quote")
    parser.add_argument("--only", action="append", default=[], metavar="BENCH", help="this bench; may be repeated")
    parser.add_argument("--build", default=str(ROOT / "build"), help=argparse.SUPPRESS)
    parser.add_argument("--out", default=str(ROOT / "build" / "report"), help="where the report goes")
    options = parser.parse_args()
    names = [bench.name for bench in catalogue.BENCHES]
    for name in options.only:
        if name not in names:
            parser.error(f"no bench is called {name}: {' '.join(names)}")
    if os.geteuid() != 0:
        parser.error("hugepages and peers need root: try sudo")
    return options


def chosen(bench, rows, options):
    if options.only:
        return bench.name in options.only
    return not options.must_show or any(row["bench"] == bench.name for row in rows)


def run_one(bench, place):
    """(outcome, why not measured or "")."""
    say(f"---- {bench.name}: {bench.title}")
    began = time.monotonic()
    try:
        done, reason = bench.run(place), ""
    except NotMeasured as why:
        done, reason = Outcome(), str(why)
        say(f"not measured: {reason}")
    except Exception as error:  # noqa: BLE001: one bench that breaks must not take the others' figures with it
        done, reason = Outcome(), f"it broke: {type(error).__name__}: {error}"
        say(f"not measured: {reason}")
    for name, value in sorted(done.figures.items()):
        say(f"  {name:55} {value:,.3f}")
    say(f"---- {bench.name} took {time.monotonic() - began:.0f} s")
    return done, reason


def version():
    return re.search(r"version: '([^']+)'", (ROOT / "meson.build").read_text())[1]


def write(run, folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(run, indent=1) + "\n")
    (folder / "report.html").write_text(report.render(run) + "\n")


if __name__ == "__main__":
    sys.exit(main())
