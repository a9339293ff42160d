#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The table of promises, and what is said about each."""

import json
import pathlib
import tempfile
import unittest

import support  # noqa: F401
import stats
import verdicts

ROWS = [
    {"line": "1", "bench": "a", "what": "cheap", "figure": "a.cost", "comparison": "at_most", "target": 25, "unit": "ns"},
    {"line": "2", "bench": "b", "what": "fast", "figure": "b.rate", "comparison": "at_least", "target": 8, "unit": "times"},
    {"line": "3", "bench": "b", "what": "said", "figure": "b.said", "comparison": "reported", "unit": "us"},
]


class Verdicts(unittest.TestCase):
    def test_a_figure_on_the_target_holds_and_one_beyond_falls_short(self):
        for cost, rate, expected in ((25, 8, verdicts.HELD), (25.1, 7.9, verdicts.SHORT)):
            judged = verdicts.judge(ROWS, {"a.cost": cost, "b.rate": rate, "b.said": 3}, {})
            self.assertEqual([expected, expected, verdicts.HELD], [row["verdict"] for row in judged])

    def test_zero_is_a_figure(self):
        judged = verdicts.judge(ROWS, {"a.cost": 0}, {})
        self.assertEqual(verdicts.HELD, judged[0]["verdict"])

    def test_what_is_not_measured_says_why_and_counts_as_short(self):
        judged = verdicts.judge(ROWS, {"a.cost": 1, "b.rate": 9}, {"b": "no hugepages"})
        self.assertEqual((verdicts.NOT_MEASURED, "no hugepages"), (judged[2]["verdict"], judged[2]["why"]))
        self.assertFalse(verdicts.all_held(judged))
        self.assertTrue(verdicts.all_held(verdicts.judge(ROWS, {"a.cost": 1, "b.rate": 9, "b.said": 1}, {})))

    def test_the_text_has_a_line_for_each_and_a_sum(self):
        text = verdicts.as_text(verdicts.judge(ROWS, {"a.cost": 1234.5, "b.rate": 1.234}, {"b": "no peers"}))
        self.assertIn("1,234", text)
        self.assertIn("1.23", text)
        self.assertIn("not measured: no peers", text)
        self.assertIn("0 held, 2 fall short, 1 not measured", text)

    def test_the_table_of_the_product_is_whole(self):
        rows = verdicts.load_table()
        self.assertEqual({"1", "2", "3", "4", "5", "6", "7"}, {row["line"].split(".")[0] for row in rows})

    def test_a_wrong_table_is_refused(self):
        for wrong in ({"comparison": "atmost"}, {"comparison": "reported"}, {"line": "2"}, {"figure": "b.rate"}):
            rows = [{**ROWS[0], **wrong}, ROWS[1]]
            with tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder) / "table.json"
                path.write_text(json.dumps(rows))
                with self.assertRaises(ValueError):
                    verdicts.load_table(path)


class Statistics(unittest.TestCase):
    def test_a_ratio_is_of_medians_and_absent_without_samples(self):
        self.assertEqual(2, stats.median_ratio([1, 4, 100], [2, 2, 7]))
        self.assertIsNone(stats.median_ratio([1], []))
        self.assertIsNone(stats.median_ratio([], [1]))
        self.assertIsNone(stats.median_ratio([1], [0]))

    def test_percentiles_are_of_the_nearest_rank(self):
        self.assertEqual(50, stats.percentile(range(1, 101), 50))
        self.assertEqual(100, stats.percentile(range(1, 101), 99.9))
        self.assertIsNone(stats.percentile([], 50))


if __name__ == "__main__":
    unittest.main()
