#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The whole program over a ring: figures, JSON, exit statuses, Ctrl-C. No rate is judged here.

usage: program_test.py STROWGER_PKTGEN
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

PROGRAM = None
CORE = str(min(os.sched_getaffinity(0)))
RING = ["--port", "net_ring0", "--no-huge", "--cores", CORE]


def run(*words, **more):
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=120, **more)


class Program(unittest.TestCase):
    def measure(self, *words):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "out.json")
            done = run(*words, *RING, "--json", str(path))
            self.assertTrue(path.exists(), done.stderr)
            return done, json.loads(path.read_text())

    def test_blast_counts_what_comes_back(self):
        done, report = self.measure("blast", "--circuits", "1000", "--warm", "0.05", "--seconds", "0.2", "--verify")
        self.assertEqual(0, done.returncode, done.stderr)
        trial = report["runs"][0]["trials"][0]
        self.assertEqual("strowger-pktgen/1", report["format"])
        self.assertGreater(trial["sent"], 0)
        self.assertEqual(trial["sent"], trial["received"])
        self.assertEqual(0, trial["misdelivered"])
        self.assertTrue(trial["every_frame_read"])
        self.assertIn("limited by", done.stdout)

    def test_check_follows_every_circuit(self):
        done, report = self.measure("check", "--circuits", "100", "--rate", "1000", "--seconds", "0.5", "--size",
                                    "64,imix,9216", "--verify")
        self.assertEqual(["64", "imix", "9216"], [r["size"] for r in report["runs"]])
        for one in report["runs"]:
            fates = one["trials"][0]["fates"]
            self.assertGreater(fates["sent"], 0)
            self.assertEqual(fates["sent"], fates["delivered"])
            self.assertEqual(0, fates["misdelivered"] + fates["lost"] + fates["damaged"])
            self.assertEqual(100, len(one["trials"][0]["circuits"]))
        # A busy machine may keep the program from its rate, and then it says so.
        self.assertTrue(all("asked for" in fault for fault in report["faults"]), report["faults"])
        self.assertEqual(3 if report["faults"] else 0, done.returncode)

    def test_check_refuses_more_than_half_of_what_it_reaches(self):
        done = run("check", "--rate", "900M", *RING)
        self.assertEqual(2, done.returncode)
        self.assertIn("more than half", done.stderr)
        self.assertIn("at most", done.stderr)

    def test_a_wrong_tag_is_status_three(self):
        done, report = self.measure("blast", "--circuits", "10", "--off-c", "5", "--seconds", "0.1", "--verify")
        trial = report["runs"][0]["trials"][0]
        self.assertEqual(trial["received"], trial["misdelivered"])
        self.assertEqual(3, done.returncode)
        self.assertIn("wrong circuit", done.stdout)

    def test_a_search_answers_ndr_and_pdr(self):
        done, report = self.measure("throughput", "--seconds", "0.05", "--max-rate", "2000", "--precision", "0.5")
        names = [answer["name"] for answer in report["runs"][0]["throughput"]]
        self.assertEqual(["NDR", "PDR 0.5 %"], names)
        self.assertEqual(0, done.returncode, done.stdout)

    def test_a_ring_loses_nothing_of_any_burst(self):
        done, report = self.measure("back-to-back", "--seconds", "0.05", "--max-rate", "10000", "--repeats", "2")
        self.assertEqual([500, 500], report["runs"][0]["longest_bursts"])
        self.assertEqual(0, done.returncode)

    def test_the_curve_ends_after_two_rates_without_loss(self):
        _, report = self.measure("loss-curve", "--seconds", "0.05", "--max-rate", "10000")
        self.assertEqual([10000, 9000], [t["asked_pps"] for t in report["runs"][0]["trials"]])

    def test_nothing_back_is_status_four(self):
        done = run("blast", "--tx", "net_null0", "--rx", "net_null1,no-rx=1", "--no-huge", "--cores", CORE,
                   "--seconds", "0.1")
        self.assertEqual(4, done.returncode, done.stderr)

    def test_ctrl_c_ends_with_the_figures_so_far(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "out.json")
            process = subprocess.Popen([PROGRAM, "blast", *RING, "--seconds", "3600", "--json", str(path)],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.assertIn("sending", process.stderr.readline())  # the first line of progress: it runs
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=60)
            self.assertEqual(130, process.returncode)
            report = json.loads(path.read_text())
        self.assertTrue(report["interrupted"])
        self.assertGreater(report["runs"][0]["trials"][0]["sent"], 0)
        self.assertIn("interrupted", out)

    def test_bad_input_is_refused_in_words(self):
        for words, text, status in (
            (["blast", "--port", "net_frob0", "--no-huge", "--cores", CORE], "net_frob0", 1),
            (["blast", *RING, "--circuits", "5000", "--tags", "1"], "at most 4000", 2),
            (["blast", *RING, "--size", "60"], "64 to 9216", 2),
            (["blast", "--port", "net_ring0", "--cores", "511", "--no-huge"], "core 511", 1),
            (["blast", "--port", "net_ring0", "--cores", CORE, "--memory", "900000000"], "hugepages", 1),
            (["check", *RING], "needs a rate", 2),
            (["blast"], "--tx DEV", 2),
            (["dance"], "dance", 2),
            (["blast", *RING, "--rx-queues", "3", "--seconds", "0.1", "--json", "/nonexistent/x"], "/nonexistent/x", 1),
        ):
            done = run(*words)
            self.assertIn(text, done.stderr, words)
            self.assertEqual(status, done.returncode, words)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
