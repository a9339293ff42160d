#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The built `strowger` against an exchange that answers from memory: every verb, every exit code, every promise about
retries, tokens, terminals and completion.

usage: command_line_test.py STROWGER [unittest options]
"""

import json
import os
import pty
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest

from batch_tests import BatchTests
from slice_tests import SliceTests
from stub_exchange import Stub, problem, wait_until

STROWGER = ""
LIMIT_S = 60  # a command that takes this long hangs


class CommandLine(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="strowger-cli-")
        self.addCleanup(self.folder.cleanup)
        self.socket = self.file("api.sock")
        self.stub = Stub(socket_path=self.socket)
        self.stub.__enter__()
        self.addCleanup(self.stub.__exit__)
        self.exchange = self.stub.exchange
        self.environment = {"HOME": self.folder.name, "STROWGER_SOCKET": self.socket,
                            "PATH": os.path.dirname(STROWGER) + ":/usr/bin:/bin", "TERM": "xterm"}

    def file(self, name, text=None):
        path = os.path.join(self.folder.name, name)
        if text is not None:
            with open(path, "w", encoding="utf-8") as stream:
                stream.write(text)
        return path

    def run_cli(self, *words, stdin=""):
        return subprocess.run([STROWGER, *words], input=stdin, capture_output=True, text=True, timeout=LIMIT_S,
                              env=self.environment, cwd=self.folder.name)

    def check(self, *words, exit_code=0, **options):
        done = self.run_cli(*words, **options)
        self.assertEqual(done.returncode, exit_code, f"{words}: {done.stdout}{done.stderr}")
        return done

    def last(self):
        return self.exchange.requests[-1]

    def order_circuit(self):
        return self.check("circuit", "create", "ny-dc", "--endpoint", "a=hq:c100", "--endpoint", "z=dc:s900.c100",
                          "--cir", "100M", "--cbs", "128k")


class Verbs(BatchTests, SliceTests, CommandLine):
    def test_circuit_create_sends_the_normalised_spec(self):
        done = self.order_circuit()
        self.assertEqual(self.last()["method"], "POST")
        self.assertEqual(self.last()["path"], "/v1/circuits")
        self.assertEqual(json.loads(self.last()["body"]), {
            "name": "ny-dc", "type": "eline", "bandwidth": {"cir_bps": 100000000, "cbs_bytes": 128000},
            "endpoints": {"a": {"uni": "hq", "vlan_map": {"c_vlans": [100]}},
                          "z": {"uni": "dc", "vlan_map": {"s_vlan": 900, "c_vlans": [100]}}}})
        self.assertRegex(done.stdout, r"^created circuit ny-dc \(ckt_\w+\) active in 1\.03 ms\n")
        self.assertIn("cir_bps 100000000 (100M), cbs_bytes 128000 (128k)", done.stdout)
        self.assertIn("a hq:c100 <-> z dc:s900.c100", done.stdout)
        self.assertEqual(done.stderr, "")

    def test_circuit_update_patches_only_what_is_named(self):
        self.order_circuit()
        done = self.check("circuit", "update", "ny-dc", "--cir", "200M", "--admin-state", "down", "--display-name", "")
        self.assertEqual(self.last()["method"], "PATCH")
        self.assertEqual(self.last()["headers"]["content-type"], "application/merge-patch+json")
        self.assertEqual(json.loads(self.last()["body"]), {
            "admin_state": "down", "display_name": None, "bandwidth": {"cir_bps": 200000000}})
        self.assertIn("updated circuit ny-dc", done.stdout)

    def test_circuit_update_of_a_map_leaves_nothing_of_the_old_form(self):
        self.order_circuit()
        self.check("circuit", "update", "ny-dc", "--endpoint", "z=c200,300-310")
        self.assertEqual(json.loads(self.last()["body"])["endpoints"]["z"]["vlan_map"], {
            "c_vlans": [200, "300-310"], "s_vlan": None, "all": None, "untagged": None})
        self.assertEqual(self.exchange.find("circuits", "ny-dc")["spec"]["endpoints"]["z"]["vlan_map"],
                         {"c_vlans": [200, "300-310"]})

    def test_circuit_update_replace_puts_the_file_as_it_is(self):
        spec = '{"name": "ny-dc",  "type":"eline"}'
        self.check("circuit", "update", "ny-dc", "--replace", "-f", self.file("spec.json", spec))
        self.assertEqual((self.last()["method"], self.last()["path"]), ("PUT", "/v1/circuits/ny-dc"))
        self.assertEqual(self.last()["body"], spec)

    def test_a_json_file_is_sent_byte_for_byte_and_yaml_is_converted(self):
        spec = '{ "name": "x", "mistake": 1 }\n'
        self.check("circuit", "create", "-f", "-", stdin=spec)
        self.assertEqual(self.last()["body"], spec)
        self.check("circuit", "create", "-f", self.file("spec.yaml", "name: y\ntags: {floor: '12'}\nbandwidth:\n  cir_bps: 5\n"))
        self.assertEqual(json.loads(self.last()["body"]), {"name": "y", "tags": {"floor": "12"}, "bandwidth": {"cir_bps": 5}})
        self.check("circuit", "create", "z", "--cir", "1k", "-f", self.file("spec.yaml", "name: y\nbandwidth: {cbs_bytes: 7}\n"))
        self.assertEqual(json.loads(self.last()["body"]), {"name": "z", "bandwidth": {"cbs_bytes": 7, "cir_bps": 1000}})

    def test_the_skeleton_can_be_ordered_as_it_is(self):
        for noun in ("circuit", "uni", "tenant", "slice"):
            for form in ("table", "json", "yaml"):
                text = self.check(noun, "create", "--generate-skeleton", "-o", form).stdout
                self.check(noun, "create", "-f", "-", stdin=text)
        self.assertEqual(len(self.exchange.requests), 12)

    def test_get_and_list_show_circuits(self):
        self.order_circuit()
        listed = self.check("circuit", "list", "--uni", "hq", "--tag", "site=a b", "--state", "up").stdout
        self.assertEqual(self.last()["path"], "/v1/circuits?limit=1000&uni=hq&state=up&tag.site=a%20b")
        self.assertRegex(listed, r"(?m)^NAME +ID +SERVICE +STATE +CIR +ENDPOINTS")
        self.assertRegex(listed, r"(?m)^ny-dc +ckt_\w+ +EVPL +up +100M +a hq:c100 <-> z dc:s900\.c100")
        shown = self.check("circuit", "get", "ny-dc").stdout
        self.assertRegex(shown, r"(?m)^spec\.bandwidth\.cir_bps +100000000 \(100M\)$")
        self.assertRegex(shown, r"(?m)^spec\.endpoints\.z\.vlan_map +s900\.c100$")
        self.assertRegex(shown, r"(?m)^etag +ckt_\w+\.1$")

    def test_lists_follow_cursors_to_the_end_unless_limited(self):
        for index in range(5):
            self.exchange.add("circuits", {"name": f"c{index}"})
        self.exchange.page_size = 2
        merged = json.loads(self.check("circuit", "list", "-o", "json").stdout)
        self.assertEqual([c["spec"]["name"] for c in merged["data"]], ["c0", "c1", "c2", "c3", "c4"])
        self.assertIsNone(merged["next_cursor"])
        one = self.check("circuit", "list", "--limit", "2", "--count")
        self.assertEqual(one.stdout.count("\n"), 3)
        self.assertEqual(one.stderr, "2 of 5\nmore: --cursor 2\n")

    def test_json_is_the_body_of_the_api_byte_for_byte(self):
        body = '{"data" : [],   "next_cursor":null, "member_of_the_future": [1.50]}'
        self.exchange.next_replies = [(200, {}, body)]
        self.assertEqual(self.check("uni", "list", "-o", "json").stdout, body + "\n")

    def test_yaml_keeps_order_types_and_decimal_strings(self):
        self.exchange.next_replies = [(200, {}, '{"zeta":"12","alpha":12,"on":"on","nothing":null,"list":[{"a":true}]}')]
        self.assertEqual(self.check("port", "get", "x", "-o", "yaml").stdout,
                         'zeta: "12"\nalpha: 12\n"on": "on"\nnothing: null\nlist:\n  - a: true\n')

    def test_uni_verbs(self):
        self.check("uni", "create", "hq", "--tenant", "acme", "--port", "port-0", "--tpid", "0x88a8", "--s-vlans", "100-199")
        self.assertEqual(self.last()["headers"]["strowger-tenant"], "acme")
        self.assertEqual(json.loads(self.last()["body"]), {
            "name": "hq", "port": "port-0", "tpid": "0x88a8", "s_vlans": {"first": 100, "last": 199}})
        self.assertIn("100-199", self.check("uni", "list").stdout)
        self.assertIn("port-0", self.check("uni", "get", "hq").stdout)
        self.check("uni", "update", "hq", "--display-name", "HQ", "--tag", "floor=12", "--untag", "rack")
        self.assertEqual(json.loads(self.last()["body"]), {"display_name": "HQ", "tags": {"floor": "12", "rack": None}})
        self.assertIn("deleted uni hq in 1.03 ms", self.check("uni", "delete", "hq", "--yes").stdout)
        self.assertEqual((self.last()["method"], self.last()["path"]), ("DELETE", "/v1/unis/hq"))

    def test_tenant_verbs(self):
        self.check("tenant", "create", "acme", "--display-name", "Acme Ltd.", "--tag", "contract=1")
        self.assertEqual(json.loads(self.last()["body"]),
                         {"name": "acme", "display_name": "Acme Ltd.", "tags": {"contract": "1"}})
        self.assertIn("Acme Ltd.", self.check("tenant", "list").stdout)
        self.check("tenant", "get", "acme")
        self.check("tenant", "update", "acme", "--display-name", "Acme")
        self.check("tenant", "delete", "acme", "--yes")
        self.assertNotIn("strowger-tenant", self.last()["headers"])

    def test_token_verbs_show_the_secret_once(self):
        made = self.check("token", "create", "ci", "--tenant", "acme")
        self.assertEqual(self.last()["path"], "/v1/tenants/acme/tokens")
        self.assertIn("stw_xxx", made.stdout)
        self.assertNotIn("stw_xxx", self.check("token", "list", "--tenant", "acme").stdout)
        self.check("token", "get", "ci", "--tenant", "acme")
        self.check("token", "delete", "ci", "--tenant", "acme", "--yes")
        self.assertEqual(self.last()["path"], "/v1/tenants/acme/tokens/ci")
        self.assertIn("--tenant", self.check("token", "list", exit_code=2).stderr)

    def test_port_and_order_verbs(self):
        self.assertRegex(self.check("port", "list").stdout, r"(?m)^port-0 +up +10G +1792 +net_af_xdp")
        self.check("port", "get", "port-0")
        order = self.exchange.add("orders", {})
        order.update(seq="12", state="applied", operation="create", object={"kind": "circuit", "id": "ckt_01"},
                     actor={"kind": "socket", "id": "uid:0"}, at="2026-11-22T18:00:00.000000Z")
        listed = self.check("order", "list", "--object", "ckt_01").stdout
        self.assertEqual(self.last()["path"], "/v1/orders?limit=1000&object=ckt_01")
        self.assertRegex(listed, r"(?m)^ +12 +ord_\w+ +applied +create +ckt_01 +uid:0")
        self.check("order", "get", order["id"])

    def test_status_and_version(self):
        done = self.check("status")
        self.assertIn(f"strowgerd 0.1.0 (API v1) at unix:{self.socket}: ready\n", done.stdout)
        self.assertIn("port-1", done.stdout)
        self.assertTrue(json.loads(self.check("status", "-o", "json").stdout)["ready"])
        self.assertRegex(self.check("version").stdout, r"^strowger \S+\nstrowgerd 0\.1\.0 \(API v1\)\n$")

    def test_status_without_the_right_to_ports_is_still_a_status(self):
        self.exchange.next_replies = [(200, {}, '{"version":"1","api":"v1"}'), (200, {}, '{"status":"ready"}'),
                                      problem(403, "forbidden", "operators only")]
        self.assertIn("ready", self.check("status").stdout)

    def test_counters_once_and_dropped_frames_by_reason(self):
        done = self.check("circuit", "counters", "ny-dc").stdout
        self.assertRegex(done, r"(?m)^a +ingress +green +1000 +1000000 +-$")
        self.assertRegex(done, r"(?m)^z +dropped +policed +3 +- +-$")
        self.assertNotIn("malformed", done)

    def test_a_circuit_may_be_called_like_a_verb_or_a_noun(self):
        for name in ("status", "list", "circuit"):
            self.check("circuit", "get", name, exit_code=3)
            self.assertEqual(self.last()["path"], f"/v1/circuits/{name}")

    def test_global_flags_stand_anywhere(self):
        self.check("-o", "json", "circuit", "list")
        self.check("circuit", "-o", "json", "list")
        self.check("circuit", "list", "--output=json")
        self.check("circuit", "list", "-ojson")

    def test_a_word_with_slashes_stays_one_segment(self):
        self.check("circuit", "get", "../tenants/x?y", exit_code=3)
        self.assertEqual(self.last()["path"], "/v1/circuits/..%2Ftenants%2Fx%3Fy")

    def test_if_match_is_quoted(self):
        self.order_circuit()
        self.check("circuit", "update", "ny-dc", "--cir", "1M", "--if-match", "ckt_1.3")
        self.assertEqual(self.last()["headers"]["if-match"], '"ckt_1.3"')
        self.check("circuit", "delete", "ny-dc", "--yes", "--if-match", '"ckt_1.4"')
        self.assertEqual(self.last()["headers"]["if-match"], '"ckt_1.4"')

    def test_warnings_of_the_api_go_to_stderr(self):
        self.exchange.next_replies = [(201, {}, json.dumps({
            "id": "ckt_1", "spec": {"name": "x"}, "status": {"lifecycle": "active"},
            "warnings": [{"pointer": "/bandwidth/cbs_bytes", "code": "tight", "message": "below two frames", "hint": "3044"}]}))]
        done = self.check("circuit", "create", "x", "--cir", "1M")
        self.assertEqual(done.stderr, "warning: bandwidth, CBS: below two frames; 3044\n")


class ExitCodes(CommandLine):
    def refusal(self, *reply):
        self.exchange.next_replies = [problem(*reply)]
        return self.run_cli("circuit", "get", "x").returncode

    def test_0_done(self):
        self.check("circuit", "list")

    def test_1_the_daemon_failed(self):
        self.assertEqual(self.refusal(503, "unavailable", "later"), 1)
        self.assertEqual(self.refusal(500, "internal", "broken"), 1)
        self.exchange.next_replies = [(200, {}, '{"version":"1","api":"v1"}'), problem(503, "not_ready", "worker 2 stands")]
        self.assertIn("not ready", self.check("status", exit_code=1).stdout)

    def test_2_usage_and_validation(self):
        for words in (["crcuit"], ["circuit"], ["circuit", "get"], ["circuit", "get", "a", "b"], ["circuit", "list", "--nope"],
                      ["circuit", "list", "-o", "xml"], ["circuit", "create", "x", "--cir", "fast"],
                      ["circuit", "create", "x", "--endpoint", "a=b:c0"], ["circuit", "create"],
                      ["circuit", "create", "x", "--cir", "1", "--cir", "2"], ["circuit", "update", "x"],
                      ["circuit", "delete", "x"], ["circuit", "create", "-f", "/does/not/exist"], ["help", "nothing"],
                      ["--url", "ftp://x", "circuit", "list"], ["--context", "absent", "circuit", "list"],
                      ["circuit", "counters", "x", "--watch=never"]):
            with self.subTest(words=words):
                self.check(*words, exit_code=2)
        self.assertEqual(self.exchange.requests, [])
        for status in (400, 405, 413, 415, 422):
            self.assertEqual(self.refusal(status, "invalid", "no"), 2)

    def test_3_not_found(self):
        self.assertEqual(self.refusal(404, "not_found", "absent"), 3)
        self.assertEqual(self.refusal(410, "gone", "deleted"), 3)

    def test_4_permission(self):
        self.assertEqual(self.refusal(401, "unauthorized", "who?"), 4)
        self.assertEqual(self.refusal(403, "forbidden", "not you"), 4)

    def test_5_conflict_and_quota(self):
        self.assertEqual(self.refusal(409, "vlan_in_use", "taken"), 5)
        self.assertEqual(self.refusal(412, "precondition_failed", "changed"), 5)
        self.assertEqual(self.refusal(403, "quota_exceeded", "enough"), 5)
        self.assertEqual(self.refusal(429, "too_many", "slower"), 5)

    def test_6_unreachable(self):
        self.check("--socket", self.file("absent.sock"), "circuit", "list", exit_code=6)
        self.check("--url", "http://127.0.0.1:1", "circuit", "create", "x", exit_code=6)

    def test_7_timed_out_prints_the_key(self):
        self.exchange.hangs = True
        done = self.check("circuit", "create", "x", "--timeout", "300ms", exit_code=7)
        key = self.last()["headers"]["idempotency-key"]
        self.assertIn(f"--idempotency-key {key}", done.stderr)
        self.assertIn("unknown", done.stderr)
        self.check("circuit", "list", "--timeout", "300ms", exit_code=7)

    def test_7_an_order_in_doubt(self):
        status, headers, body = problem(503, "unavailable", "a worker does not answer")
        self.exchange.next_replies = [(status, {**headers, "Strowger-Order": "ord_1"}, body)]
        self.assertIn("--idempotency-key", self.check("circuit", "create", "x", exit_code=7).stderr)

    def test_8_cancelled_at_the_prompt(self):
        self.exchange.add("circuits", {"name": "ny-dc"})
        code, said = self.on_terminal("circuit", "delete", "ny-dc", answer=b"no\n")
        self.assertEqual(code, 8, said)
        self.assertEqual(self.exchange.requests, [])
        code, said = self.on_terminal("circuit", "delete", "ny-dc", answer=b"ny-dc\n")
        self.assertEqual(code, 0, said)
        self.assertEqual(self.last()["method"], "DELETE")

    def test_130_interrupted(self):
        self.exchange.hangs = True
        for words, said in ((["circuit", "list"], "interrupted"), (["circuit", "create", "x"], "--idempotency-key")):
            before = len(self.exchange.requests)
            with subprocess.Popen([STROWGER, *words], env=self.environment, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True) as process:
                wait_until(lambda: len(self.exchange.requests) > before, "the request")
                process.send_signal(signal.SIGINT)
                _, err = process.communicate(timeout=LIMIT_S)
            self.assertEqual(process.returncode, 130)
            self.assertIn(said, err)

    def test_130_ends_a_watch(self):
        with subprocess.Popen([STROWGER, "circuit", "counters", "--watch=20ms", "x"], env=self.environment,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            wait_until(lambda: self.exchange.polls >= 3, "three samples")
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=LIMIT_S)
        self.assertEqual((process.returncode, err), (130, ""))
        self.assertRegex(out, r"(?m)^a +ingress +green +2000 +2000000 +\S+ [kMGT]?b/s$")

    def test_the_table_is_documented(self):
        said = self.check("help", "exit-codes").stdout
        for code in (0, 1, 2, 3, 4, 5, 6, 7, 8, 130):
            self.assertRegex(said, rf"(?m)^ +{code}  \S")

    def on_terminal(self, *words, answer):
        """Runs the command with a terminal for its standard input and answers the question it asks."""
        leader, follower = pty.openpty()
        process = subprocess.Popen([STROWGER, *words], stdin=follower, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=self.environment)
        os.close(follower)
        self.assertEqual(process.stderr.read(len(b"Type the name")), b"Type the name")
        os.write(leader, answer)
        out, err = process.communicate(timeout=LIMIT_S)
        os.close(leader)
        return process.returncode, (out + err).decode()


class Promises(CommandLine):
    def test_a_dropped_connection_is_tried_again_once_with_the_same_key(self):
        self.exchange.drops = 1
        self.check("circuit", "create", "x")
        keys = [r["headers"]["idempotency-key"] for r in self.exchange.requests]
        self.assertEqual(len(keys), 2)
        self.assertEqual(keys[0], keys[1])
        self.assertEqual(self.exchange.requests[0]["body"], self.exchange.requests[1]["body"])

    def test_a_second_drop_leaves_the_state_unknown(self):
        self.exchange.drops = 2
        done = self.check("circuit", "create", "x", exit_code=7)
        self.assertEqual(len(self.exchange.requests), 2)
        self.assertIn(self.last()["headers"]["idempotency-key"], done.stderr)

    def test_keys_differ_unless_given(self):
        for words in ((), (), ("--idempotency-key", "mine")):
            self.check("circuit", "create", "x", *words)
        keys = [r["headers"]["idempotency-key"] for r in self.exchange.requests]
        self.assertEqual(len(set(keys)), 3)
        self.assertEqual(keys[2], "mine")
        self.check("circuit", "list")
        self.assertNotIn("idempotency-key", self.last()["headers"])

    def test_a_replayed_write_says_so(self):
        self.exchange.next_replies = [(201, {"Idempotent-Replayed": "true"},
                                       '{"id":"tok_1","spec":{"name":"ci"},"status":{},"secret":null}')]
        said = self.check("token", "create", "ci", "--tenant", "acme").stdout
        self.assertIn("already done under this key", said)
        self.assertIn("never again", said)

    def test_errors_are_what_why_fix_with_the_request_id(self):
        faults = [{"pointer": "/endpoints/a/vlan_map/c_vlans/1", "code": "out_of_range", "message": "4095 is reserved",
                   "hint": "use 1 to 4094", "rule": "802.1Q 9.6"},
                  {"pointer": "/bandwidth/cir_bps", "code": "required", "message": "missing", "hint": ""}]
        self.exchange.next_replies = [problem(422, "invalid", "the circuit breaks two rules", faults)] * 2
        done = self.check("circuit", "create", "x", exit_code=2)
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr,
                         "error: circuit x was not created: the circuit breaks two rules (request req_stub)\n"
                         "  why: endpoint a, VLAN map, C-VLANs, item 2: 4095 is reserved [out_of_range, 802.1Q 9.6]\n"
                         "  fix: use 1 to 4094\n"
                         "  why: bandwidth, CIR: missing [required]\n")
        as_json = self.check("circuit", "create", "x", "-o", "json", exit_code=2)
        self.assertEqual(json.loads(as_json.stderr)["errors"], faults)
        local = json.loads(self.check("circuit", "create", "x", "--cir", "?", "-o", "json", exit_code=2).stderr)
        self.assertEqual(local["exit_code"], 2)

    def test_slips_of_the_fingers_get_the_right_word(self):
        for words, meant in ((["crcuit", "list"], "'circuit'"), (["circuit", "lsit"], "'list'"),
                             (["circuit", "list", "--tennant", "x"], "'--tenant'"), (["-o", "json", "prt", "list"], "'port'")):
            self.exchange.requests.clear()
            self.assertIn(f"did you mean {meant}?", self.check(*words, exit_code=2).stderr)

    def test_hostile_names_cannot_steer_the_terminal(self):
        evil = "\x1b]0;owned\x07\x9b2J\u202egnp.exe\r"
        self.exchange.add("circuits", {"name": "x", "display_name": evil, "tags": {evil: evil}})
        self.exchange.next_replies = []
        for words in (["circuit", "list"], ["circuit", "get", "x"], ["circuit", "get", "x", "-o", "yaml"]):
            out = self.check(*words).stdout
            for control in ("\x1b", "\x07", "\x9b", "\u202e", "\r"):
                self.assertNotIn(control, out, words)
        self.assertIn("\\x1b]0;owned\\x07", self.check("circuit", "list").stdout)
        self.exchange.next_replies = [problem(409, "name_in_use", evil)]
        self.assertNotIn("\x1b", self.check("circuit", "get", "x", exit_code=5).stderr)

    def test_raw_controls_in_json_are_escaped_on_a_terminal_only(self):
        body = '{"data":[],"next_cursor":null,"x":"\u009b2J"}'
        self.exchange.next_replies = [(200, {}, body)] * 2
        self.assertIn("\u009b", self.check("circuit", "list", "-o", "json").stdout)
        leader, follower = pty.openpty()
        process = subprocess.Popen([STROWGER, "circuit", "list", "-o", "json"], stdout=follower, env=self.environment)
        os.close(follower)
        self.assertEqual(process.wait(LIMIT_S), 0)
        shown = os.read(leader, 65536).decode()
        os.close(leader)
        self.assertNotIn("\u009b", shown)
        self.assertIn("\\u009b", shown)

    def test_colour_on_terminals_only(self):
        self.exchange.add("circuits", {"name": "x"})
        self.assertNotIn("\x1b", self.check("circuit", "list").stdout)

        def shown():
            leader, follower = pty.openpty()
            process = subprocess.Popen([STROWGER, "circuit", "list"], stdout=follower, env=self.environment)
            os.close(follower)
            process.wait(LIMIT_S)
            text = os.read(leader, 65536).decode()
            os.close(leader)
            return text

        self.assertIn("\x1b[32mup\x1b[0m", shown())
        self.environment["NO_COLOR"] = "1"
        self.assertNotIn("\x1b", shown())

    def test_a_full_disk_is_not_success(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([STROWGER, "port", "list"], stdout=full, env=self.environment, timeout=LIMIT_S)
        self.assertEqual(done.returncode, 1)


class Connections(CommandLine):
    def certificate(self, name):
        key, cert = self.file(f"{name}.key"), self.file(f"{name}.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout", key,
                        "-out", cert], check=True, capture_output=True)
        return cert, key

    def test_https_is_verified(self):
        good = self.certificate("localhost")
        with Stub(tls=good) as stub:
            url = f"https://localhost:{stub.port}"
            refused = self.check("--url", url, "--token", "t", "port", "list", exit_code=6)
            self.assertIn("--ca-file", refused.stderr)
            self.assertEqual(stub.exchange.requests, [])
            self.check("--url", url, "--token", "t", "--ca-file", good[0], "port", "list")
            self.assertEqual(stub.exchange.requests[-1]["headers"]["authorization"], "Bearer t")
        other = self.certificate("other.example")
        with Stub(tls=other) as stub:
            self.check("--url", f"https://localhost:{stub.port}", "--ca-file", other[0], "port", "list", exit_code=6)
            self.assertEqual(stub.exchange.requests, [])

    def test_flags_win_over_environment_and_that_over_the_context(self):
        with Stub() as by_flag, Stub() as by_variable, Stub() as by_context:
            url = lambda stub: f"http://127.0.0.1:{stub.port}"
            del self.environment["STROWGER_SOCKET"]
            self.check("context", "set", "lab", "--url", url(by_context), "--token", "of-context", "--tenant", "acme")
            self.check("uni", "list")
            asked = by_context.exchange.requests[-1]["headers"]
            self.assertEqual((asked["authorization"], asked["strowger-tenant"]), ("Bearer of-context", "acme"))
            self.environment["STROWGER_URL"] = url(by_variable)
            self.check("uni", "list")
            # A context's token and tenant mean nothing elsewhere, and must not be told there.
            self.assertNotIn("authorization", by_variable.exchange.requests[-1]["headers"])
            self.assertNotIn("strowger-tenant", by_variable.exchange.requests[-1]["headers"])
            self.environment["STROWGER_TOKEN"] = "of-variable"
            self.check("uni", "list", "--url", url(by_flag))
            self.assertEqual(by_flag.exchange.requests[-1]["headers"]["authorization"], "Bearer of-variable")
            self.check("uni", "list", "--url", url(by_flag), "--token-file", self.file("token", "of-file\n"))
            self.assertEqual(by_flag.exchange.requests[-1]["headers"]["authorization"], "Bearer of-file")
            self.check("uni", "list", "--context", "lab")
            self.assertEqual(by_context.exchange.requests[-1]["headers"]["authorization"], "Bearer of-context")

    def test_contexts_are_kept_private(self):
        path = self.file(".config/strowger/contexts.yaml")
        self.check("context", "set", "lab", "--url", "https://x:1", "--token", "stw_secretsecretsecretsecret")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.check("context", "set", "local", "--socket", "/run/x.sock")
        self.check("context", "use", "local")
        listed = self.check("context", "list").stdout
        self.assertRegex(listed, r"(?m)^\* +local +unix:/run/x\.sock")
        for form in ("table", "json", "yaml"):
            for words in (["context", "list"], ["context", "show", "lab"]):
                self.assertNotIn("secretsecret", self.check(*words, "-o", form).stdout)
        self.check("context", "delete", "local")
        self.check("context", "use", "local", exit_code=3)
        os.chmod(path, 0o644)
        self.assertIn("chmod 600", self.check("context", "list").stderr)

    def test_a_moved_context_forgets_its_token(self):
        self.check("context", "set", "lab", "--url", "https://x:1", "--token", "stw_secretsecretsecretsecret")
        self.check("context", "set", "lab", "--url", "https://y:1")
        self.assertEqual(json.loads(self.check("context", "show", "lab", "-o", "json").stdout)["token"], "")

    def test_a_broken_context_file_is_named_with_its_line(self):
        os.makedirs(self.file(".config/strowger"))
        path = self.file(".config/strowger/contexts.yaml", "current: lab\ncontexts:\n  lab:\n    ulr: x\n")
        os.chmod(path, 0o600)
        said = self.check("circuit", "list", exit_code=2).stderr
        self.assertIn("line 4", said)
        self.assertIn("ulr", said)


class Completion(CommandLine):
    def complete(self, line):
        """What bash itself offers after `line` and Tab, the script loaded as the manual says."""
        script = """
            source <(strowger completion bash)
            COMP_LINE=$1; COMP_POINT=${#1}; COMP_WORDS=($1); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            compopt() { :; }
            _strowger
            printf '%s\\n' "${COMPREPLY[@]}"
        """
        done = subprocess.run(["bash", "-c", script, "bash", line], env=self.environment, capture_output=True, text=True,
                              timeout=LIMIT_S)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.split()

    def test_nouns_verbs_and_flags(self):
        self.assertEqual(self.complete("strowger ci"), ["circuit"])
        self.assertNotIn("__complete", self.complete("strowger "))
        self.assertEqual(self.complete("strowger circuit c"), ["create", "counters"])
        self.assertEqual(self.complete("strowger circuit list --un"), ["--uni"])
        self.assertEqual(self.complete("strowger -o json circuit up"), ["update"])
        self.assertEqual(self.complete("strowger circuit list -o "), ["table", "json", "yaml"])
        self.assertEqual(self.complete("strowger circuit update x --admin-state="), ["up", "down"])

    def test_live_names_ids_and_endpoints(self):
        item = self.exchange.add("circuits", {"name": "ny-dc"})
        self.exchange.add("circuits", {"name": "$(reboot)"})
        self.exchange.add("unis", {"name": "new-york"})
        self.assertEqual(self.complete("strowger circuit get "), ["ny-dc"])
        self.assertEqual(self.complete("strowger circuit get ckt_")[0], item["id"])
        self.assertEqual(self.complete("strowger circuit create x --endpoint a=n"), ["new-york:"])
        self.assertEqual(self.complete("strowger circuit create x --endpoint a=new-york:u"), ["untagged"])
        self.complete("strowger --tenant acme uni get ")
        self.assertEqual(self.last()["headers"]["strowger-tenant"], "acme")

    def test_an_exchange_that_hangs_does_not_hang_the_shell(self):
        self.exchange.hangs = True
        self.assertEqual(self.complete("strowger circuit get "), [])

    def test_files(self):
        self.file("spec.yaml", "")
        self.assertIn(self.file("spec.yaml"), self.complete("strowger circuit create -f " + self.file("spe")))


class Help(CommandLine):
    def test_every_example_in_the_help_runs(self):
        examples = []
        for noun in ("tenant", "uni", "token", "circuit", "port", "context", "order", "slice", "worker", "status",
                     "version", "completion", "help"):
            for verb in ("create", "set", "use", "list", "get", "show", "update", "counters", "delete", "batch", ""):
                said = self.run_cli(*[noun, verb][: 2 if verb else 1], "--help").stdout
                if "\nExamples:\n" in said and said.split("\n")[2].split()[1:2] == [noun]:
                    examples += said.split("\nExamples:\n")[1].split("\n\n")[0].split("\n")
        examples = list(dict.fromkeys(e.strip() for e in examples if e.strip()))
        self.assertGreater(len(examples), 30)
        self.file("lab.token", "stw_token\n")
        order = self.exchange.add("orders", {})
        order["id"] = "ord_01JD0000000000000000000000"
        for example in examples:
            with self.subTest(example=example):
                watches = "--watch" in example
                script = f"timeout --preserve-status -s INT 1 {example}; test $? = 130" if watches else f"set -e; {example}"
                done = subprocess.run(["bash", "-c", script], env=self.environment, cwd=self.folder.name,
                                      capture_output=True, text=True, timeout=LIMIT_S)
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_every_command_has_help(self):
        self.assertIn("Commands:", self.check("--help").stdout)
        self.assertIn("Commands:", self.check().stdout)
        self.assertIn("--if-match", self.check("circuit", "update", "--help").stdout)
        self.assertIn("s900.c10", self.check("help", "vlan-maps").stdout)


if __name__ == "__main__":
    STROWGER = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=1)
