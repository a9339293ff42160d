# SPDX-License-Identifier: Apache-2.0
"""What our own programs measure in one process: the stages, the tables, and the whole worker loop."""

import collections
import json
import re

import stats
from outcome import NotMeasured, Outcome, run_program

CIRCUITS = (1, 1_000, 10_000, 100_000, 1_000_000)


def google_benchmark(place, program):
    """Its own JSON."""
    out = place.scratch / f"{program}.json"
    command = [place.program(program), f"--benchmark_out={out}", "--benchmark_out_format=json", f"--benchmark_repetitions={place.rounds(5)}",
               f"--benchmark_min_time={place.seconds(0.5)}"]
    run_program(command, 1800)
    return json.loads(out.read_text())


def medians_of(done, report, unit):
    """Cycles a `unit` by (what, circuits): the programs name each case `what/circuits`. Every repetition is kept as a sample."""
    counter, cycles = f"cycles/{unit}", collections.defaultdict(list)
    for row in report["benchmarks"]:
        name = re.fullmatch(r"(\w+)(?:/([\d/]+))?", row["name"].split("/repeats")[0])
        if row.get("run_type") != "iteration" or not name or counter not in row or row.get("error_occurred"):
            continue
        circuits = int((name[2] or "1").split("/")[0])
        cycles[name[1], circuits].append(row[counter])
        done.samples.append(f"{name[1]} {circuits}: {row[counter]:.2f} {counter}")
    if not cycles:
        raise NotMeasured(f"no row gave {counter}")
    return {key: stats.median(samples) for key, samples in cycles.items()}


def chart_of(middle, unit):
    names = sorted({what for what, _ in middle})
    return {"kind": "line", "title": f"Cycles a {unit} by number of random circuits", "x": "circuits", "y": f"cycles/{unit}",
            "series": [{"name": name, "points": sorted([size, value] for (what, size), value in middle.items() if what == name)}
                       for name in names]}


def stages(place):
    return stages_of(google_benchmark(place, "frame_path_bench"))


def stages_of(report):
    done = Outcome()
    middle = medians_of(done, report, "frame")
    for circuits in (1_000, 1_000_000):
        whole, parse, unpoliced = (middle.get((what, circuits)) for what in ("parse_to_rewrite", "parse", "parse_to_rewrite_unpoliced"))
        if whole is not None and parse is not None:
            # The first stage also brings the frame into the cache, which any work on it would.
            done.put(f"stages.cycles.{circuits}", whole - parse)
        if whole is not None and unpoliced is not None:
            done.put(f"stages.policing_adds.{circuits}", whole - unpoliced)
    done.charts.append(chart_of(middle, "frame"))
    return done


def tables(place):
    return tables_of(google_benchmark(place, "table_bench"))


def tables_of(report):
    """What workers look up for a frame, and what the control thread does for a change."""
    done = Outcome()
    for unit in ("lookup", "change"):
        middle = medians_of(done, report, unit)
        for (what, circuits), cycles in middle.items():
            done.put(f"tables.{what}.{circuits}", cycles)
        done.charts.append(chart_of(middle, unit))
    return done


def throughput(place):
    sizes = CIRCUITS
    rows = run_program(
        [place.program("throughput"), "--source", "both", "--circuits", ",".join(map(str, sizes)), "--two-to-one", "10000",
         "--rounds", place.rounds(5), "--seconds", place.seconds(1), "--pcap-dir", place.scratch],
        1800,
    )
    return throughput_of(rows)


def throughput_of(rows):
    done = Outcome()
    by_case, latency = collections.defaultdict(list), []
    for row in rows:
        done.samples.append(json.dumps(row))
        if row["case"] == "memory_latency":
            latency.append(row["ns"])
        elif not row["void"]:
            by_case[row["source"], row["work"], row["circuits"], row["case"]].append(row["ns_per_frame"])
        else:
            done.remarks.append(f"a round at {row['circuits']} circuits is void: {row['void']}")
    if not by_case:
        raise NotMeasured("every round was void")
    middle = {key: stats.median(samples) for key, samples in by_case.items()}
    for (source, work, circuits, case), ns in middle.items():
        done.put(f"throughput.{source}.{work}.{case}_ns.{circuits}", ns)
    done.put("throughput.memory_latency_ns", stats.median(latency))
    done.put("throughput.million_to_one", stats.median_ratio(
        by_case.get(("loop", "two_to_two", 1_000_000, "product"), []), by_case.get(("loop", "two_to_two", 1, "product"), [])))
    series = collections.defaultdict(list)
    for (source, work, circuits, case), ns in sorted(middle.items(), key=str):
        series[f"{source}, {'I/O alone' if case == 'floor' else work.replace('_', ' ')}"].append([circuits, ns])
    done.charts.append({"kind": "line", "title": "Nanoseconds a frame by number of random circuits", "x": "circuits", "y": "ns/frame",
                        "series": [{"name": name, "points": points} for name, points in sorted(series.items())]})
    done.remarks.append(f"A load that misses every cache took {stats.median(latency) or 0:.0f} ns in this run (random walk through 64 MiB).")
    return done
