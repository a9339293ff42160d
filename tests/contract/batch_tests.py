# SPDX-License-Identifier: Apache-2.0
"""Batches of circuits: all or none, and every member that is bad is named."""

import json
import time


def circuit(name, a="ny", z="dc", s_vlan=None, **members):
    ends = {"a": {"uni": a, "vlan_map": {"s_vlan": s_vlan}}, "z": {"uni": z, "vlan_map": {"s_vlan": s_vlan}}}
    return {"name": name, "type": "eline", "bandwidth": {"cir_bps": 50_000_000}, "endpoints": ends, **members}


class BatchTests:
    """Methods of ContractTest, which has the server, the contract and the tenants."""

    def test_23_batches(self):
        for world in self.worlds:
            call = lambda body, **fields: world("POST", "/circuits:batch", body, **fields)  # noqa: E731
            self.expect(world("POST", "/circuits", world.circuit("old", 10)), 201)
            self.expect(world("POST", "/circuits", world.circuit("kept", 11)), 201)
            before = world("GET", "/orders?count=true&limit=1").json["count"]
            batch = {
                "create": [world.circuit("one", 12), world.circuit("two", 13, bandwidth={"cir_bps": 1, "cbs_bytes": 1600})],
                "put": [world.circuit("three", 14), world.circuit("kept", 11)],
                "patch": [{"name": "old", "display_name": "still here"}],
            }
            done = self.expect(call(batch, Idempotency_Key="batch-" + world.name), 200)
            counts = {name: done.json[name] for name in ("created", "updated", "deleted", "unchanged", "warning_count")}
            self.assertEqual(counts, {"created": 3, "updated": 1, "deleted": 0, "unchanged": 1, "warning_count": 1})
            self.assertEqual(done.json["warnings"][0]["pointer"], "/create/1/bandwidth")
            self.assertEqual(world("GET", "/orders?count=true&limit=1").json["count"], before + 4)
            first = self.expect(world("GET", "/orders/" + done.json["orders"]["first"]), 200).json
            self.assertEqual((first["operation"], first["seq"]), ("create", done.json["orders"]["first_seq"]))
            again = self.expect(call(batch, Idempotency_Key="batch-" + world.name), 200)
            self.assertEqual((again.json, again.headers["idempotent-replayed"]), (done.json, "true"))
            self.assertEqual(world("GET", "/circuits/old").json["spec"]["display_name"], "still here")
            self.expect(call({"put": [world.circuit("kept", 11)]}), 200)

            taken = [(f"/create/1/endpoints/{end}/vlan_map", "vlan_in_use") for end in "az"]
            bad = self.expect(call({"create": [world.circuit("x", 15), world.circuit("y", 12)]}), 409, "vlan_in_use", taken)
            self.assertEqual((bad.json["refused"], bad.json["refused_count"]), (["/create/1"], 1))
            self.expect(call({"create": [world.circuit("one", 15)]}), 409, "name_in_use", [("/create/0/name", "name_in_use")])
            for code in ("capacity_exceeded", "frame_too_large_for_port"):
                self.server.order("refuse " + code)
                self.expect(call({"create": [world.circuit("x", 15)]}), 409, code)
            many = {"create": [world.circuit(f"many{number}", 20 + number) for number in range(30)]}
            over = self.expect(call(many), 403, "quota_exceeded")
            self.assertEqual(over.json["refused"], [f"/create/{number}" for number in range(15, 30)])
            self.expect(world("GET", "/circuits/many0"), 404)
            self.expect(call({"delete": ["one", "two", "three", "old", "kept"]}), 200)

    def test_24_bad_batches(self):
        """Every member that is bad is named, and nothing is done."""
        good = [self.acme.circuit(f"good{number}", 50 + number) for number in range(3)]
        text = json.dumps({"create": good})
        table = [
            ("no member", {}, 422, [("", "required")]),
            ("empty", {"create": []}, 422, [("", "required")]),
            ("no array", {"create": good[0]}, 422, [("/create", "wrong_type")]),
            ("no object", good, 422, [("", "wrong_type")]),
            ("unknown member", {"creates": good}, 422, [("/creates", "unknown_member")]),
            ("twice", text[:-1] + ',"create":[]}', 422, [("/create", "duplicate_member")]),
            ("too many", {"delete": ["x"] * 10_001}, 422, [("", "out_of_range")]),
            ("not JSON", text[:-1], 400, [("", "malformed_json")]),
            ("member that is not JSON", text.replace('"c_vlans"', "c", 1).replace("eline", 'el"ine', 1), 400, None),
            ("brackets", text.replace("}}}", "}]}", 1), 400, None),
            ("more behind", text + "{}", 400, [("", "malformed_json")]),
            ("null", {"create": [good[0], None]}, 422, None),
            ("name and type", {"create": [good[0], {**good[1], "name": "B_d"}, {**good[2], "type": "elan"}]}, 422,
             [("/create/1/name", "invalid_name"), ("/create/2/type", "unknown_value")]),
            ("one circuit twice", {"create": [good[0]], "delete": ["good0"]}, 422, [("/delete/0", "named_twice")]),
            ("unknown UNI and unknown circuit",
             {"create": [good[0], circuit("bad", a="nowhere", s_vlan=3055)], "delete": ["nobody"], "patch": [{"name": "none"}]},
             404, [("/create/1/endpoints/a/uni", "not_found"), ("/delete/0", "not_found"), ("/patch/0", "not_found")]),
            ("patch of nothing", {"patch": [{}, {"name": 1}, {"name": "B_d"}, 7]}, 422,
             [("/patch/0/name", "required"), ("/patch/1/name", "wrong_type"), ("/patch/2/name", "invalid_name"),
              ("/patch/3", "wrong_type")]),
            ("delete of no name", {"delete": [1, "a b", ["x"]]}, 422,
             [("/delete/0", "wrong_type"), ("/delete/1", "invalid_name"), ("/delete/2", "wrong_type")]),
        ]
        before = self.acme("GET", "/orders?count=true&limit=1").json["count"]
        for what, body, status, faults in table:
            with self.subTest(what=what):
                body = body if isinstance(body, str) else json.dumps(body)
                reply = self.acme("POST", "/circuits:batch", body.encode(), token=self.acme.token)
                self.expect(reply, status, faults=faults)
        for field in ({"If_Match": '"x.1"'}, {"If_None_Match": "*"}):
            self.expect(self.acme("POST", "/circuits:batch", {"create": good}, **field), 400, "malformed_request")
        self.assertEqual(self.acme("GET", "/orders?count=true&limit=1").json["count"], before)
        self.assertEqual(self.acme("GET", "/circuits?name_prefix=good").json["data"], [])

    def test_25_all_of_a_large_batch_bad(self):
        bad = {"create": [{"name": f"bad{number}"} for number in range(10_000)]}
        reply = self.expect(self.acme("POST", "/circuits:batch", bad), 422, "invalid")
        self.assertEqual((reply.json["refused_count"], len(reply.json["refused"])), (10_000, 10_000))
        self.assertEqual(len(reply.json["errors"]), 1_000)

    def test_26_a_batch_that_the_workers_do_not_acknowledge(self):
        batch = {"create": [self.acme.circuit(f"late{number}", 40 + number) for number in range(3)]}
        self.server.order("hold on")
        late = self.expect(self.acme("POST", "/circuits:batch", batch, Idempotency_Key="late-batch"), 503, "unavailable")
        self.assertIn("strowger-order", late.headers)
        self.expect(self.operator("GET", "/v1/readyz", token=None), 503, "not_ready")
        self.server.order("hold off")
        deadline = time.monotonic() + 10
        while True:
            again = self.acme("POST", "/circuits:batch", batch, Idempotency_Key="late-batch")
            if again.status == 200 or time.monotonic() > deadline:
                break
        self.expect(again, 200)
        self.assertEqual(again.json["orders"]["first"], late.headers["strowger-order"])
        self.expect(self.acme("POST", "/circuits:batch", {"delete": ["late0", "late1", "late2"]}), 200)
