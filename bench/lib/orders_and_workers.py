# SPDX-License-Identifier: Apache-2.0
"""What orders cost others, how fast they are applied, and what workers do to each other: our own programs' figures."""

import collections
import json

import stats
from outcome import NotMeasured, Outcome, run_program


def rows_of(done, rows, case):
    """The rows of a case that count; every one is kept, and a void one is remarked on."""
    kept = []
    for row in rows:
        done.samples.append(json.dumps(row))
        if row["case"] == case and row.get("void"):
            done.remarks.append(f"a round is void: {row['void']}")
        elif row["case"] == case:
            kept.append(row)
    if not kept:
        raise NotMeasured(done.remarks[-1] if done.remarks else f"no round of {case}")
    return kept


def blocked_time(place):
    seconds, pairs = (1, 2) if place.quick else (10, 10)
    command = [place.program("blocked_time"), "--pairs", pairs, "--seconds", seconds, "--orders", 1000 * seconds]
    done = blocked_time_of(run_program(command, 1200), "extra_lost")
    while_reading = blocked_time_of(run_program([*command, "--read-counters"], 1200), "extra_lost_while_reading")
    for figure, value in while_reading.figures.items():
        if "while_reading" in figure:
            done.figures[figure] = value
    for figure in ("blocked_time.own_long_turns", "blocked_time.own_long_turns_with_commands"):
        done.figures[figure] += while_reading.figures[figure]
    done.samples += while_reading.samples
    done.charts += while_reading.charts
    done.remarks += while_reading.remarks
    return done


def blocked_time_of(rows, name):
    done = Outcome()
    rounds = rows_of(done, rows, "round")
    pairs = collections.defaultdict(dict)
    for row in rounds:
        pairs[row["pair"]][row["with_orders"]] = row
    whole = [pair for pair in pairs.values() if len(pair) == 2]

    def extra(lost):
        # A pair in which the machine took more from the rounds without orders shows nothing lost to orders, not a gain.
        return max(0, stats.median([lost(pair[True]) - lost(pair[False]) for pair in whole]))

    for figure, circuits in ((name, "untouched"), ("modified_lost", "modified")):
        done.put(f"blocked_time.{figure}", extra(lambda row: row[f"{circuits}_lost"]))
        # Without what was lost while the worker caught up with a turn that was long for a reason outside of it.
        done.put(f"blocked_time.{figure}_unexplained", extra(lambda row: row[f"{circuits}_lost"] - row[f"{circuits}_lost_to_machine"]))
    long_turns = [row for row in rows if row["case"] == "long_turn"]
    own = [row["cause"] for row in long_turns if row["loop"] == "with orders" and row["cause"] in ("ours", "interrupted")]
    done.put("blocked_time.own_long_turns", len(own))
    done.put("blocked_time.own_long_turns_with_commands", own.count("ours"))
    done.put("blocked_time.rate_mpps", stats.median([row["rate"] for row in rounds]) / 1e6)
    causes = collections.Counter((row["loop"], row["cause"]) for row in long_turns)
    done.remarks.append("turns over 50 us: " + (", ".join(f"{loop}: {count} {cause}" for (loop, cause), count in sorted(causes.items()))
                                                or "none") + "; 'empty' is a loop that does nothing, for half as long")
    blocked = [{"name": "with orders" if with_orders else "without orders",
                "points": [[f"pair {number + 1}", 1e6 * (pair[with_orders]["untouched_lost"] + pair[with_orders]["modified_lost"])
                            / pair[with_orders]["rate"]] for number, pair in sorted(pairs.items()) if with_orders in pair]}
               for with_orders in (False, True)]
    done.charts.append({"kind": "bars", "title": "Effective blocked time of a round" + (
        ", all counters read once a second" if "reading" in name else ""), "x": "", "y": "us", "series": blocked})
    return done


def provisioning(place):
    done = Outcome()
    rows = rows_of(done, run_program([place.program("apply_rate"), 100_000, place.rounds(5)], 600), "apply")
    done.put("provisioning.applied_per_s", stats.median([row["created_per_s"] for row in rows]))
    for what in ("modified", "deleted"):
        done.put(f"provisioning.{what}_per_s", stats.median([row[f"{what}_per_s"] for row in rows]))
    return done


def script(place, name, circuits):
    path = place.root / "bench" / "provisioning" / f"{name}.py"
    if not path.exists():
        raise NotMeasured(f"bench/provisioning/{name}.py is not there")
    rows = run_program(["/usr/bin/python3", path, "--build", place.build, "--circuits", circuits, "--json"], 1200)
    if not rows:
        raise NotMeasured(f"{name}.py printed no figures")
    return rows[-1]


def batch(place):
    done = Outcome()
    rows = [script(place, "batch", 20_000 if place.quick else 200_000) for _ in range(place.rounds(3))]
    done.samples += [json.dumps(row) for row in rows]
    done.put("batch.circuits_per_s", stats.median([row["circuits_per_s"] for row in rows]))
    done.put("batch.longest_wait_of_others_ms", stats.median([row["other_requests_ms"]["max"] for row in rows]))
    return done


def restart(place):
    done = Outcome()
    for circuits, rounds in ((10_000, 1),) if place.quick else ((100_000, 3), (1_000_000, 1)):
        rows = [script(place, "restart", circuits) for _ in range(rounds)]
        done.samples += [json.dumps(row) for row in rows]
        done.put(f"restart.first_frame_s.{circuits}", stats.median([row["first_frame_beyond_eal_s"] for row in rows]))
        done.put(f"restart.all_s.{circuits}", stats.median([row["last_circuit_beyond_eal_s"] for row in rows]))
    return done


def run_workers(place, what):
    return run_program([place.program("workers"), what, "--rounds", place.rounds(5), "--seconds", place.seconds(1),
                        "--pcap-dir", place.scratch], 600)


def handover(place):
    return handover_of(run_workers(place, "handover"))


def handover_of(rows):
    """The poller's share is what it does beyond receiving; the owner's what it does beyond the work of a frame."""
    done = Outcome()
    rows = rows_of(done, rows, "handover")
    done.put("workers.poller_ns", stats.median([row["poller_ns"] - row["floor_ns"] for row in rows]))
    done.put("workers.owner_adds_ns", stats.median(
        [row["owner_ns"] - (row["run_to_completion_ns"] - row["floor_ns"]) for row in rows]))
    done.put("workers.handover_lost", sum(row["lost"] for row in rows))
    done.remarks.append("Receiving and giving back buffers in a bare loop is the floor of both; the owner's sending is counted against it.")
    return done


def fairness(place):
    done = Outcome()
    rows = rows_of(done, run_workers(place, "fairness"), "fairness")
    done.put("fairness.kept_percent", stats.median([100 * row["committed_received"] / row["committed_offered"] for row in rows]))
    done.put("fairness.shared_port_loss_begins_mpps", stats.median([row["shared_port_loss_begins"] for row in rows]) / 1e6)
    return done


def yellow_first(place):
    done = Outcome()
    rows = rows_of(done, run_workers(place, "yellow_first"), "yellow_first")
    done.put("yellow_first.green_refused", stats.median([row["green_lost"] for row in rows]))
    done.put("yellow_first.slices", sum(row["slices"] for row in rows))
    done.put("yellow_first.slices_held_up", sum(row["held_up"] for row in rows))
    done.put("yellow_first.yellow_refused", stats.median([row["yellow_lost"] for row in rows]))
    return done


def moves(place):
    done = Outcome()
    rows = rows_of(done, run_workers(place, "moves"), "moves")
    done.put("moves.lost", sum(row["lost"] for row in rows))
    done.put("moves.reordered", sum(row["reordered"] for row in rows))
    done.put("moves.moved", sum(row["moves"] for row in rows))
    return done


def rebalancer(place):
    done = Outcome()
    rows = rows_of(done, run_workers(place, "rebalance"), "rebalance")
    done.put("rebalancer.halved_s", stats.median([row["halved_s"] for row in rows]))
    for when in ("before", "after"):
        done.put(f"rebalancer.imbalance_{when}_percent", stats.median([100 * row[f"imbalance_{when}"] for row in rows]))
    return done


def hard_slice(place):
    return hard_slice_of(run_workers(place, "hard_slice"))


def hard_slice_of(rows):
    done = Outcome()
    rows = rows_of(done, rows, "hard_slice")
    idle = [(row["idle_ns"] + row["idle_again_ns"]) / 2 for row in rows]
    noise = [100 * abs(row["idle_again_ns"] / row["idle_ns"] - 1) for row in rows]
    lost = [100 * (1 - at_rest / row["loaded_ns"]) for at_rest, row in zip(idle, rows)]
    done.put("hard_slice.lost_percent", max(0, stats.median(lost)))
    done.put("hard_slice.noise_percent", stats.median(noise))
    done.remarks.append(f"A/A, the same round twice with the neighbour idle: {stats.median(noise):.2f} % apart")
    return done
