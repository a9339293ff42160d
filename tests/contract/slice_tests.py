# SPDX-License-Identifier: Apache-2.0
"""Slices: workers on cores 1, 2 and 3 and a shared one on core 0, with room for 8 circuits each."""

import time

MOVING = {"circuits_moving", "foreign_circuits", "taking_effect"}

class SliceTests:
    """Methods of ContractTest, which has the server, the contract and the tenants."""

    def given_no_slice(self):
        for each in self.operator("GET", "/v1/slices").json["data"]:
            self.expect(self.operator("DELETE", "/v1/slices/" + each["id"]), 204)

    def settled(self, name):
        """The slice, once nobody's circuits move to or from its workers any more."""
        deadline = time.monotonic() + 20
        while True:
            found = self.expect(self.operator("GET", "/v1/slices/" + name), 200).json
            on_the_way = {reason["code"] for reason in found["status"]["isolation_reasons"]} & MOVING
            if not on_the_way or time.monotonic() > deadline:
                return found
            time.sleep(0.02)

    def test_25_slices_live_and_die(self):
        call = self.operator
        self.given_no_slice()
        self.expect(self.acme("POST", "/circuits", self.acme.circuit("sliced", 60)), 201)
        spec = {"name": "gold", "display_name": "Gold", "tags": {"sla": "1"}, "cores": [2, 3], "tenants": ["acme"]}
        made = self.expect(call("POST", "/v1/slices", spec, Idempotency_Key="gold"), 201)
        self.assertEqual(made.headers["location"], "/v1/slices/" + made.json["id"])
        self.assertEqual((made.json["spec"], made.json["tenant"]), (spec, None))
        again = self.expect(call("POST", "/v1/slices", spec, Idempotency_Key="gold"), 201)
        self.assertEqual((again.json, again.headers["idempotent-replayed"]), (made.json, "true"))

        status = self.settled("gold")["status"]
        self.assertEqual((status["circuits"], status["circuits_moving"]), (1, 0))
        self.assertEqual([worker["core"] for worker in status["workers"]], [2, 3])
        self.assertEqual([worker["circuits"] for worker in status["workers"]], [1, 0])
        # acme's S-VLANs share ports p0 and p1 with those of others, and these devices steer nothing.
        self.assertEqual(status["isolation"], "soft")
        self.assertEqual({reason["code"] for reason in status["isolation_reasons"]}, {"received_elsewhere"})

        workers = self.expect(call("GET", "/v1/workers"), 200).json["data"]
        self.assertEqual([(w["core"], w["slice"] and w["slice"]["name"]) for w in workers],
                         [(1, None), (2, "gold"), (3, "gold"), (0, None)])
        self.assertEqual([(w["shared"], w["idle"]) for w in workers], [(False, "poll")] * 3 + [(True, "adaptive")])

        page = self.expect(call("GET", "/v1/slices?limit=1&count=true&name_prefix=go&tag.sla=1"), 200).json
        self.assertEqual((len(page["data"]), page["count"]), (1, 1))
        own = self.expect(call("GET", "/v1/tenants/acme", token=self.acme.token), 200).json["status"]["slice"]
        self.assertEqual(own, {"name": "gold", "isolation": "soft"})
        self.assertIsNone(call("GET", "/v1/tenants/flat").json["status"]["slice"])
        self.expect(call("GET", "/v1/slices/gold", token=self.acme.token), 403, "forbidden")
        self.expect(call("GET", "/v1/slices/gold", Strowger_Tenant="acme"), 200)

        changed = call("PATCH", "/v1/slices/gold", {"cores": [3], "tenants": None}, If_Match=made.headers["etag"])
        self.assertEqual(self.expect(changed, 200).json["generation"], 2)
        hard = self.settled("gold")["status"]
        self.assertEqual((hard["isolation"], hard["isolation_reasons"]), ("hard", []))
        self.expect(call("PATCH", "/v1/slices/gold", {"cores": [2]}, If_Match=made.headers["etag"]), 412)
        same = self.expect(call("PATCH", "/v1/slices/gold", {"cores": [3]}), 200)
        self.assertNotIn("strowger-order", same.headers)
        orders = call("GET", "/v1/orders?object=" + made.json["id"]).json["data"]
        self.assertEqual([(o["operation"], o["object"]["kind"], o["tenant"]) for o in orders],
                         [("create", "slice", None), ("update", "slice", None)])
        self.expect(call("DELETE", "/v1/slices/gold"), 204)
        self.expect(call("DELETE", "/v1/slices/" + made.json["id"]), 204)
        self.expect(call("GET", "/v1/slices/" + made.json["id"]), 410, "gone")
        self.expect(call("PATCH", "/v1/slices/" + made.json["id"], {}), 410, "gone")
        self.expect(self.acme("DELETE", "/circuits/sliced"), 204)

    def test_26_slices_that_cannot_be(self):
        call = self.operator
        self.given_no_slice()
        first = {"name": "first", "cores": [1], "tenants": ["flat"]}
        self.expect(call("POST", "/v1/slices", first), 201)
        for number in range(10):
            self.expect(self.acme("POST", "/circuits", self.acme.circuit(f"room{number}", 70 + number)), 201)
        spec = {"name": "second", "cores": [2], "tenants": ["nested"]}
        flat = call("GET", "/v1/tenants/flat").json["id"]
        conflicts = (
            ({"cores": [1]}, [("/cores/0", "core_in_slice")]),
            ({"cores": [0]}, [("/cores/0", "worker_shared")]),
            ({"cores": [2, 3, 0]}, [("/cores", "no_worker_left"), ("/cores/2", "worker_shared")]),
            ({"tenants": [flat]}, [("/tenants/0", "tenant_in_slice")]),
            ({"tenants": ["acme"]}, [("/cores", "capacity_exceeded")]),
        )
        for change, faults in conflicts:
            with self.subTest(change=change):
                self.expect(call("POST", "/v1/slices", {**spec, **change}), 409, faults[0][1], faults)
        self.expect(call("POST", "/v1/slices", {**spec, "name": "first"}), 409, "name_in_use", [("/name", "name_in_use")])
        self.expect(call("POST", "/v1/slices", spec), 201)
        for change, faults in conflicts:
            with self.subTest(patch=change):
                self.expect(call("PATCH", "/v1/slices/second", change), 409, None, faults)
        self.expect(call("DELETE", "/v1/tenants/flat"), 409, "tenant_in_slice")

        for body, status, faults in (
            ({"name": "x"}, 422, [("/cores", "required")]),
            ({"name": "x", "cores": []}, 422, [("/cores", "out_of_range")]),
            ({"name": "x", "cores": 3}, 422, [("/cores", "wrong_type")]),
            ({"name": "x", "cores": [3, "4"]}, 422, [("/cores/1", "wrong_type")]),
            ({"name": "x", "cores": [1024]}, 422, [("/cores/0", "out_of_range")]),
            ({"name": "x", "cores": [3, 3]}, 422, [("/cores/1", "duplicate_core")]),
            ({"name": "x", "cores": [3], "tenants": "acme"}, 422, [("/tenants", "wrong_type")]),
            ({"name": "x", "cores": [3], "tenants": [3]}, 422, [("/tenants/0", "wrong_type")]),
            ({"name": "x", "cores": [3], "tenants": ["a", "a"]}, 422, [("/tenants/1", "duplicate_tenant")]),
            ({"name": "x", "cores": [3], "tenants": ["a"] * 1_001}, 422, [("/tenants", "out_of_range")]),
            ({"name": "x", "cores": [9]}, 404, [("/cores/0", "not_found")]),
            ({"name": "x", "cores": [3], "tenants": ["nobody"]}, 404, [("/tenants/0", "not_found")]),
            ({"name": "x", "cores": [3], "core": 1}, 422, [("/core", "unknown_member")]),
        ):
            with self.subTest(body=str(body)[:80]):
                self.expect(call("POST", "/v1/slices", body), status, None, faults)
        self.expect(call("PATCH", "/v1/slices/second", {"name": "third"}), 422, None, [("/name", "immutable")])
        for number in range(10):
            self.expect(self.acme("DELETE", f"/circuits/room{number}"), 204)
        self.given_no_slice()
