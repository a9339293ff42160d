#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The HTML report of a run, from a fixture."""

import html.parser
import json
import pathlib
import re
import unittest

import support  # noqa: F401
import charts
import in_process
import orders_and_workers
import report
from outcome import reason_in

FIXTURE = json.loads((pathlib.Path(__file__).parent / "run_fixture.json").read_text())


class Reader(html.parser.HTMLParser):
    """Which elements there are, and whether each is closed."""

    VOID = {"meta"}

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if self.open.pop() != tag:
            raise AssertionError(f"</{tag}> closes something else")


class Report(unittest.TestCase):
    def setUp(self):
        self.page = report.render(FIXTURE)

    def test_it_needs_nothing_from_elsewhere(self):
        self.assertIsNone(re.search(r"https?:|//[a-z]|url\(|@import|<script|<link|<img", self.page))

    def test_every_element_is_closed(self):
        reader = Reader()
        reader.feed(self.page)
        self.assertEqual([], reader.open)
        self.assertEqual(2, sum(tag == "svg" for tag, _ in reader.seen))

    def test_it_shows_each_promise_with_its_verdict_and_reason(self):
        for words in ("classify to rewrite", "≤ 25", "17.4", "held", "falls short", "not measured", "no &lt;hugepages&gt;"):
            self.assertIn(words, self.page)

    def test_a_bench_that_did_not_run_says_why(self):
        self.assertIn("Not measured: OVS-DPDK is not installed", self.page)


class Charts(unittest.TestCase):
    def test_steps_are_round_and_reach_the_highest(self):
        self.assertEqual([0, 20, 40, 60, 80, 100], charts.nice_steps(100))
        for highest in (0.3, 7, 99.9, 1234, 5e6):
            self.assertGreaterEqual(charts.nice_steps(highest)[-1], highest * 0.999)

    def test_a_chart_of_nothing_says_so(self):
        self.assertIn("Nothing was measured", charts.render({"kind": "line", "title": "", "series": []}))

    def test_higher_values_are_drawn_higher_up(self):
        self.assertLess(charts.y_of(90, 100), charts.y_of(10, 100))


class Figures(unittest.TestCase):
    def test_void_rounds_do_not_count(self):
        row = {"case": "product", "source": "loop", "work": "two_to_two", "circuits": 1, "ns_per_frame": 20.0, "void": ""}
        million = {**row, "circuits": 1_000_000, "ns_per_frame": 40.0}
        done = in_process.throughput_of([row, million, {**million, "ns_per_frame": 1.0, "void": "the sink got 3 of 4 frames"}])
        self.assertEqual(2.0, done.figures["throughput.million_to_one"])
        self.assertIn("void: the sink got 3 of 4", done.remarks[0])

    def test_stages_are_medians_of_their_repetitions(self):
        cycles = (("parse_to_rewrite", 1000, (30, 32, 90)), ("parse", 1000, (10, 10, 10)), ("parse_to_rewrite_unpoliced", 1000, (28,)),
                  ("parse_to_rewrite", 1_000_000, (60,)), ("parse", 1_000_000, (11,)), ("memory_latency", 64, ()))
        rows = [{"name": f"{name}/{size}", "run_type": "iteration", "cycles/frame": value} for name, size, values in cycles for value in values]
        rows.append({"name": "parse_to_rewrite/1000_median", "run_type": "aggregate", "cycles/frame": 1})
        figures = in_process.stages_of({"benchmarks": rows}).figures
        self.assertEqual({"stages.cycles.1000": 22, "stages.policing_adds.1000": 4, "stages.cycles.1000000": 49}, figures)

    def test_tables_are_medians_by_what_they_do(self):
        rows = [{"name": f"{name}/1000", "run_type": "iteration", f"cycles/{unit}": value}
                for name, unit, values in (("classifier_find", "lookup", (7, 8, 30)), ("slot_ledger_replace", "change", (40,))) for value in values]
        done = in_process.tables_of({"benchmarks": rows})
        self.assertEqual({"tables.classifier_find.1000": 8, "tables.slot_ledger_replace.1000": 40}, done.figures)
        self.assertEqual(["cycles/lookup", "cycles/change"], [chart["y"] for chart in done.charts])

    def test_blocked_time_is_the_median_of_pairs_and_never_a_gain(self):
        def round_of(pair, with_orders, lost, to_machine=0):
            return {"case": "round", "pair": pair, "with_orders": with_orders, "untouched_lost": lost, "untouched_lost_to_machine": to_machine,
                    "modified_lost": 0, "modified_lost_to_machine": 0, "rate": 1e6}

        rows = [round_of(pair, with_orders, lost) for pair, losses in enumerate(((5, 7), (0, 9), (9, 0))) for with_orders, lost in zip((False, True), losses)]
        rows.append({"case": "long_turn", "loop": "with orders", "cause": "ours"})
        rows.append({"case": "long_turn", "loop": "without orders", "cause": "ours"})
        figures = orders_and_workers.blocked_time_of(rows, "extra_lost").figures
        self.assertEqual((2, 1), (figures["blocked_time.extra_lost"], figures["blocked_time.own_long_turns"]))
        rows.append({"case": "long_turn", "loop": "with orders", "cause": "interrupted"})
        rows.append({"case": "long_turn", "loop": "with orders", "cause": "steal"})
        figures = orders_and_workers.blocked_time_of(rows, "extra_lost").figures
        self.assertEqual((2, 1), (figures["blocked_time.own_long_turns"], figures["blocked_time.own_long_turns_with_commands"]))
        gain = orders_and_workers.blocked_time_of([round_of(0, False, 4), round_of(0, True, 1)], "extra_lost").figures
        self.assertEqual(0, gain["blocked_time.extra_lost"])
        blamed = orders_and_workers.blocked_time_of([round_of(0, False, 4, 4), round_of(0, True, 12, 9)], "extra_lost").figures
        self.assertEqual((8, 3), (blamed["blocked_time.extra_lost"], blamed["blocked_time.extra_lost_unexplained"]))

    def test_handover_is_what_both_do_beyond_the_floor_and_the_work(self):
        row = {"case": "handover", "void": "", "lost": 0, "floor_ns": 20, "run_to_completion_ns": 70, "owner_ns": 65, "poller_ns": 33}
        figures = orders_and_workers.handover_of([row]).figures
        self.assertEqual((15, 13, 0), tuple(figures[f"workers.{name}"] for name in ("owner_adds_ns", "poller_ns", "handover_lost")))

    def test_a_slice_loses_what_is_below_its_two_idle_rounds(self):
        row = {"case": "hard_slice", "void": "", "idle_ns": 99.0, "loaded_ns": 125.0, "idle_again_ns": 101.0}
        figures = orders_and_workers.hard_slice_of([row]).figures
        self.assertAlmostEqual(20, figures["hard_slice.lost_percent"])

    def test_a_program_that_measured_nothing_gave_its_reason(self):
        self.assertEqual("no hugepages", reason_in('noise\n{"not_measured":"no hugepages"}\n'))
        self.assertIsNone(reason_in("noise"))


if __name__ == "__main__":
    unittest.main()
