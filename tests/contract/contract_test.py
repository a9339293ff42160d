#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Drives every path, method, status and problem code of docs/openapi.yaml against the control plane and fails on
anything that is undocumented, and on anything documented that could not be brought about.

usage: contract_test.py API_UNDER_TEST
"""

import copy
import json
import os
import random
import sys
import threading
import time
import unittest

from api_client import Client, ServerUnderTest
from batch_tests import BatchTests, circuit
from openapi_check import Contract
from protocol_tests import ProtocolTests
from slice_tests import SliceTests

NO_SUCH_ID = "0" * 26
NAMES = iter(f"n{number}" for number in range(1_000_000))


class World:
    """A tenant with two UNIs on shared ports, reached by path or by header."""

    def __init__(self, operator, name, first, nested):
        self.operator, self.name, self.first = operator, name, first
        self.root = f"/v1/tenants/{name}" if nested else "/v1"
        self.fields = {} if nested else {"Strowger_Tenant": name}
        self.id = operator("POST", "/v1/tenants", {"name": name}).json["id"]
        token = operator("POST", f"/v1/tenants/{name}/tokens", {"name": "first"})
        self.token = token.json["secret"]
        for uni, port in (("ny", "p0"), ("dc", "p1")):
            reply = self("POST", "/unis", self.uni(uni, port))
            assert reply.status == 201, reply.body

    def uni(self, name, port, first=None):
        first = self.first if first is None else first
        return {"name": name, "port": port, "tpid": "0x88a8", "s_vlans": {"first": first, "last": first + 99}}

    def circuit(self, name, offset, **members):
        return circuit(name, s_vlan=self.first + offset, **members)

    def __call__(self, method, path, body=None, **headers):
        return self.operator(method, self.root + path, body, **{**self.fields, **headers})


class ContractTest(BatchTests, ProtocolTests, SliceTests, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.contract = Contract()
        cls.server = ServerUnderTest(sys.argv[1])
        cls.operator = staticmethod(Client(cls.server, cls.contract, cls.server.token))
        cls.worlds = [World(cls.operator, "flat", 1000, False), World(cls.operator, "nested", 2000, True)]
        cls.acme = World(cls.operator, "acme", 3000, False)

    @classmethod
    def tearDownClass(cls):
        cls.operator.connection.close()
        assert cls.server.stop() == 0, "the server under test did not end well"

    def expect(self, reply, status, code=None, faults=None):
        self.assertEqual(reply.status, status, reply.body)
        if code is not None:
            self.assertEqual(reply.json["code"], code, reply.body)
        if faults is not None:
            found = sorted((fault["pointer"], fault["code"]) for fault in reply.json.get("errors", []))
            self.assertEqual(found, sorted(faults), reply.body)
        return reply

    # What works.

    def test_01_system(self):
        self.expect(self.operator("GET", "/v1/livez", token=None), 200)
        self.expect(self.operator("GET", "/v1/readyz", token=None), 200)
        self.assertEqual(self.operator("GET", "/v1/version").json, {"version": "0.1.0-test", "api": "v1"})

    def test_02_objects_live_and_die(self):
        for world in self.worlds:
            spec = world.circuit("ny-dc", 0, tags={"env": "prod"})
            made = self.expect(world("POST", "/circuits", spec), 201)
            self.assertEqual(made.headers["location"], "/v1/circuits/" + made.json["id"])
            got = self.expect(world("GET", "/circuits/ny-dc"), 200)
            self.assertEqual(got.json["spec"], spec)
            self.assertEqual(got.headers["etag"], f'"{made.json["id"]}.1"')
            self.assertEqual(got.json["status"]["oper_state"], "up")
            self.assertEqual(world("GET", "/circuits/" + made.json["id"]).body, got.body)

            patched = world("PATCH", "/circuits/ny-dc", {"bandwidth": {"cir_bps": 60_000_000}})
            self.assertEqual(self.expect(patched, 200).json["generation"], 2)
            again = world("PATCH", "/circuits/ny-dc", {"bandwidth": {"cir_bps": 60_000_000}})
            self.assertEqual(self.expect(again, 200).json["generation"], 2)
            self.assertNotIn("strowger-order", again.headers)
            self.expect(world("PUT", "/circuits/ny-dc", spec), 200)
            self.expect(world("PUT", "/circuits/by-name", world.circuit("by-name", 1)), 201)
            self.expect(world("GET", "/circuits/ny-dc/counters"), 200)

            page = self.expect(world("GET", "/circuits?limit=1&count=true&tag.env=prod&state=up&uni=ny"), 200)
            self.assertEqual((len(page.json["data"]), page.json["count"]), (1, 1))
            first = world("GET", "/circuits?limit=1").json
            second = world("GET", "/circuits?limit=1&cursor=" + first["next_cursor"]).json
            self.assertEqual(second["data"][0]["spec"]["name"], "by-name")
            self.assertIsNone(second["next_cursor"])

            orders = self.expect(world("GET", "/orders?object=" + made.json["id"]), 200).json["data"]
            self.assertEqual([order["operation"] for order in orders], ["create", "update", "update"])
            self.assertEqual(self.expect(world("GET", "/orders/" + orders[0]["id"]), 200).json, orders[0])
            self.assertEqual(orders[0]["after"], spec)

            self.expect(world("GET", "/unis?name_prefix=n"), 200)
            self.expect(world("GET", "/unis/ny"), 200)
            self.expect(world("PATCH", "/unis/ny", {"display_name": "New York"}), 200)
            self.expect(world("DELETE", "/circuits/ny-dc"), 204)
            self.expect(world("DELETE", "/circuits/by-name"), 204)
            self.expect(world("DELETE", "/circuits/" + made.json["id"]), 204)
            gone = self.expect(world("GET", "/circuits/" + made.json["id"]), 410, "gone")
            self.assertEqual(gone.json["tombstone"]["id"], made.json["id"])
            self.expect(world("GET", f"/circuits/{made.json['id']}/counters"), 410, "gone")
            self.expect(world("PATCH", "/circuits/" + made.json["id"], {}), 410)
            self.expect(world("PUT", "/circuits/" + made.json["id"], spec), 410)
            for method, body in (("GET", None), ("PATCH", {}), ("DELETE", None)):
                self.expect(world(method, "/circuits/ny-dc", body), 404, "not_found")
            reborn = self.expect(world("PUT", "/circuits/ny-dc", spec), 201)
            self.assertNotEqual(reborn.json["id"], made.json["id"])
            self.expect(world("GET", "/circuits/" + made.json["id"]), 410, "gone")
            self.expect(world("DELETE", "/circuits/ny-dc"), 204)

            uni = self.expect(world("POST", "/unis", world.uni("sf", "p2")), 201).json["id"]
            self.expect(world("DELETE", "/unis/sf"), 204)
            self.expect(world("GET", "/unis/" + uni), 410)
            self.expect(world("PATCH", "/unis/" + uni, {}), 410)

    def test_03_tenants_tokens_and_ports(self):
        call = self.operator
        tenant = self.expect(call("POST", "/v1/tenants", {"name": "brief"}), 201).json["id"]
        self.expect(call("GET", "/v1/tenants?count=true&name_prefix=br"), 200)
        self.expect(call("GET", "/v1/tenants/brief"), 200)
        self.expect(call("PATCH", "/v1/tenants/brief", {"display_name": "B"}, If_Match=f'"{tenant}.1"'), 200)
        made = self.expect(call("POST", "/v1/tenants/brief/tokens", {"name": "t"}, Idempotency_Key="tok"), 201)
        replay = call("POST", "/v1/tenants/brief/tokens", {"name": "t"}, Idempotency_Key="tok")
        self.assertEqual(self.expect(replay, 201).json, {**made.json, "secret": None})
        self.assertEqual(replay.headers["idempotent-replayed"], "true")
        self.expect(call("GET", "/v1/tenants/brief", token=made.json["secret"]), 200)
        self.expect(call("GET", "/v1/tenants/brief/tokens", token=made.json["secret"]), 200)
        used = self.expect(call("GET", "/v1/tenants/brief/tokens/t"), 200).json
        self.assertIsNotNone(used["status"]["last_used_at"])
        self.assertNotIn("secret", used)
        for order in call("GET", "/v1/tenants/brief/orders").json["data"]:
            self.assertNotIn(made.json["secret"], json.dumps(order))
        for number in range(5):
            self.expect(call("POST", "/v1/tenants/brief/tokens", {"name": f"q{number}"}), 201)
        self.expect(call("POST", "/v1/tenants/brief/tokens", {"name": "more"}), 403, "quota_exceeded")
        self.expect(call("DELETE", "/v1/tenants/brief/tokens/t"), 204)
        self.expect(call("GET", "/v1/tenants/brief/tokens/" + made.json["id"]), 410)
        self.expect(call("GET", "/v1/version", token=made.json["secret"]), 401)
        self.expect(call("DELETE", "/v1/tenants/brief"), 204)
        self.expect(call("GET", "/v1/tenants/" + tenant), 410)
        self.expect(call("PATCH", "/v1/tenants/" + tenant, {}), 410)
        ports = self.expect(call("GET", "/v1/ports?limit=2&count=true"), 200).json
        self.assertEqual((len(ports["data"]), ports["count"]), (2, 5))
        rest = call("GET", "/v1/ports?cursor=" + ports["next_cursor"]).json["data"]
        self.assertEqual(len({port["id"] for port in ports["data"] + rest}), 5)
        port = self.expect(call("GET", "/v1/ports/p0"), 200).json
        self.assertEqual((port["status"]["rx_queues"], port["status"]["steering"]), (1, "none"))
        cores = [w["core"] for w in self.expect(call("GET", "/v1/workers"), 200).json["data"]]
        self.assertEqual(port["status"]["receiver_cores"], cores[:1])
        tags = [(t["outer_tpid"], t["outer_vid"], t["inner_vid"]) for t in port["status"]["unmatched"]]
        self.assertEqual(tags, [("0x8100", 7, 0), ("0x88a8", 0, None), (None, None, None)])

    # What is refused, the same way everywhere.

    def requests(self):
        """Each operation with a valid body on an object that is there."""
        for world in self.worlds:
            world("PUT", "/circuits/kept", world.circuit("kept", 90))
        self.operator("POST", "/v1/slices", {"name": "kept", "cores": [1]})
        self.operator("PUT", "/v1/circuits/kept", self.acme.circuit("kept", 90), Strowger_Tenant="acme")
        for method, path, operation in self.contract.operations():
            world = self.worlds[1] if "{tenant}" in path and "tokens" not in path else self.worlds[0]
            last = {"tokens": "first", "ports": "p0", "unis": "ny", "circuits": "kept", "tenants": world.name,
                    "slices": "kept"}
            target = path.replace("{tenant}", world.name)
            if "{id}" in path:
                kind = path.split("/{id}")[0].rsplit("/", 1)[1]
                if kind == "orders":
                    last["orders"] = world("GET", "/orders?limit=1").json["data"][0]["id"]
                target = target.replace("{id}", last[kind])
            body = None
            if "requestBody" in operation:
                name = next(NAMES)
                body = {
                    "createTenant": {"name": name},
                    "createSlice": {"name": name, "cores": [2]},
                    "createToken": {"name": name},
                    "createUni": world.uni(name, "p3"),
                    "createCircuit": world.circuit(name, 80),
                    "batchCircuits": {"create": [world.circuit(name, 80)]},
                    "putCircuit": world.circuit("kept", 90),
                }.get(operation["operationId"].removesuffix("OfTenant"), {"display_name": name})
            headers = {} if "{tenant}" in path else world.fields
            if operation.get("parameters") is None or "StrowgerTenant" not in json.dumps(operation["parameters"]):
                headers = {}
            yield method, path, target, body, headers, {int(status) for status in operation["responses"]}

    def test_10_every_operation_refuses_alike(self):
        call, calls = self.operator, list(self.requests())
        for method, path, target, body, headers, statuses in calls:
            with self.subTest(method=method, path=path):
                self.expect(call(method, target + "?nonsense=1", body, **headers), 400, "malformed_request")
                if body is not None:
                    self.expect(call(method, target, b"{", **headers), 400, "malformed_json")
                    self.expect(call(method, target, body, Content_Type="text/plain", **headers), 415)
                    bad = call(method, target, {"bogus": 1}, **headers)
                    self.expect(bad, 422, "invalid")
                    self.assertIn(("/bogus", "unknown_member"), [(f["pointer"], f["code"]) for f in bad.json["errors"]])
                elif method != "GET":
                    self.expect(call(method, target, {}, **headers), 400, "malformed_request")
                if 401 in statuses:
                    self.expect(call(method, target, body, token=None, **headers), 401, "unauthorized")
                    self.expect(call(method, target, body, token="stw_" + "x" * 49, **headers), 401)
                if 412 in statuses:
                    self.expect(call(method, target, body, If_Match='"x.1"', **headers), 412, "precondition_failed")
                if method == "PUT":
                    self.expect(call(method, target, body, If_None_Match="*", **headers), 412)
                if 404 in statuses:
                    self.absent(method, path, target, body, headers)

    def absent(self, method, path, target, body, headers):
        if "{id}" in path:
            tail = "/counters" if target.endswith("/counters") else ""
            absent = target.removesuffix(tail).rsplit("/", 1)[0] + f"/ckt_{NO_SUCH_ID}" + tail
            self.expect(self.operator(method, absent, body, **headers), 404, "not_found")
        if "{tenant}" in path:
            other = target.replace(target.split("/")[3], "nobody", 1)
            self.expect(self.operator(method, other, body, **headers), 404, "not_found")
        elif headers:
            self.expect(self.operator(method, target, body, Strowger_Tenant="nobody"), 404, "not_found")

    def test_11_keys_and_stores_that_are_used_up(self):
        call, calls = self.operator, list(self.requests())
        self.expect(call("POST", "/v1/tenants", {"name": "keyed"}, Idempotency_Key="used"), 201)
        for situation, order, key, status, code in (
            ("reused", None, "used", 422, "idempotency_key_reused"),
            ("full", "keys full", "new", 429, "rate_limited"),
            ("failed", "store fail", None, 503, "unavailable"),
        ):
            if order:
                self.server.order(order)
            for method, path, target, body, headers, _ in calls:
                with self.subTest(situation=situation, method=method, path=path):
                    if method != "GET":
                        fields = {**headers, **({"Idempotency_Key": key} if key else {})}
                        self.expect(call(method, target, body, **fields), status, code)
            self.server.order("keys free")
            self.server.order("store work")

    def test_12_roles_and_foreign_objects(self):
        """Operator's operations are forbidden to a tenant; foreign objects look as if absent, byte for byte."""
        call, token = self.operator, self.acme.token
        for method, path, target, body, headers, statuses in list(self.requests()):
            with self.subTest(method=method, path=path):
                reply = call(method, target, body, token=token)
                operation = self.contract.document["paths"][path][method.lower()]
                codes = self.contract.resolve(operation["responses"].get("403", {})).get("x-codes", [])
                if "forbidden" in codes:
                    self.expect(reply, 403, "forbidden")
                elif "{tenant}" in path or path == "/v1/tenants/{id}":
                    self.expect(reply, 404, "not_found")
                    nobody = target.replace(target.split("/")[3], "nobody", 1)
                    self.assertEqual(reply.body, call(method, nobody, body, token=token).body)
        foreign = self.worlds[0]("GET", "/circuits/kept").json["id"]
        order = self.worlds[0]("GET", "/orders").json["data"][0]["id"]
        uni = self.worlds[0]("GET", "/unis/ny").json["id"]
        absent = {"ckt": "ckt_" + NO_SUCH_ID, "ord": "ord_" + NO_SUCH_ID, "uni": "uni_" + NO_SUCH_ID}
        for method, path, body in (
            ("GET", "/v1/circuits/", None), ("PATCH", "/v1/circuits/", {}), ("DELETE", "/v1/circuits/", None),
            ("PUT", "/v1/circuits/", self.acme.circuit("x", 1)), ("GET", "/v1/orders/", None), ("GET", "/v1/unis/", None),
        ):
            target = {"circuits": foreign, "orders": order, "unis": uni}[path.split("/")[2]]
            seen = call(method, path + target, body, token=token)
            never = call(method, path + absent[target[:3]], body, token=token)
            self.expect(seen, 404, "not_found")
            self.assertEqual(seen.body, never.body)
            drop = ("x-request-id", "date")
            self.assertEqual(*({k: v for k, v in r.headers.items() if k not in drop} for r in (seen, never)))
        by_foreign_uni = circuit("x", a=uni, s_vlan=3001)
        by_absent_uni = circuit("x", a=absent["uni"], s_vlan=3001)
        seen, never = (call("POST", "/v1/circuits", spec, token=token) for spec in (by_foreign_uni, by_absent_uni))
        self.expect(seen, 404, "not_found", [("/endpoints/a/uni", "not_found")])
        self.assertEqual(seen.body.replace(uni.encode(), b""), never.body.replace(absent["uni"].encode(), b""))
        self.expect(call("GET", "/v1/circuits", token=token, Strowger_Tenant="flat"), 404)
        self.expect(call("POST", "/v1/circuits", self.acme.circuit("x", 1)), 400, "malformed_request")
        both = call("GET", "/v1/tenants/flat/circuits", Strowger_Tenant="nested")
        self.expect(both, 400, "malformed_request")

    def test_13_methods_and_paths_that_do_not_exist(self):
        for path, item in self.contract.document["paths"].items():
            target = path.replace("{tenant}", "flat").replace("{id}", "x")
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"):
                if method.lower() not in item:
                    reply = self.expect(self.operator(method, target), 405, "method_not_allowed")
                    self.assertEqual(
                        set(reply.headers["allow"].split(", ")), {m.upper() for m in item if m != "parameters"}
                    )
        for target in ("/", "/v1", "/v2/circuits", "/v1/circuits/", "/v1/circuits/x/holds", "/v1//circuits", "/v1/Circuits"):
            self.expect(self.operator("GET", target), 404, "not_found")

    # What only the inventory can refuse.

    def test_20_conflicts(self):
        for world in self.worlds:
            self.expect(world("POST", "/circuits", world.circuit("one", 10)), 201)
            self.expect(world("POST", "/circuits", world.circuit("one", 11)), 409, "name_in_use", [("/name", "name_in_use")])
            taken = [(f"/endpoints/{end}/vlan_map", "vlan_in_use") for end in "az"]
            self.expect(world("POST", "/circuits", world.circuit("two", 10)), 409, "vlan_in_use", taken)
            self.expect(world("PUT", "/circuits/two", world.circuit("two", 10)), 409, "vlan_in_use", taken)
            self.expect(world("POST", "/circuits", world.circuit("two", 11)), 201)
            move = {"endpoints": {"a": {"vlan_map": {"s_vlan": world.first + 10}}}}
            self.expect(world("PATCH", "/circuits/two", move), 409, "vlan_in_use", taken[:1])
            for code in ("capacity_exceeded", "frame_too_large_for_port"):
                for method, path, body in (
                    ("POST", "/circuits", world.circuit("three", 12)),
                    ("PUT", "/circuits/three", world.circuit("three", 12)),
                    ("PATCH", "/circuits/two", {"admin_state": "down"}),
                ):
                    self.server.order("refuse " + code)
                    self.expect(world(method, path, body), 409, code)
            self.expect(world("POST", "/unis", world.uni("ny", "p2")), 409, "name_in_use")
            self.expect(world("POST", "/unis", world.uni("ny2", "p0", world.first + 99)), 409, "uni_collides")
            self.expect(world("POST", "/unis", world.uni("x", "p9")), 404, "not_found", [("/port", "not_found")])
            self.expect(world("DELETE", "/unis/ny"), 409, "uni_in_use")
            self.expect(self.operator("DELETE", "/v1/tenants/" + world.name), 409, "tenant_not_empty")
            self.expect(self.operator("POST", "/v1/tenants", {"name": world.name}), 409, "name_in_use")
            self.expect(self.operator("POST", f"/v1/tenants/{world.name}/tokens", {"name": "first"}), 409, "name_in_use")
            offset = 20
            while world("POST", "/circuits", world.circuit(f"fill{offset}", offset)).status == 201:
                offset += 1
            over = world.circuit("over", offset)
            self.expect(world("POST", "/circuits", over), 403, "quota_exceeded")
            self.expect(world("PUT", "/circuits/over", over), 403, "quota_exceeded")
            for each in world("GET", "/circuits?limit=1000").json["data"]:
                self.expect(world("DELETE", "/circuits/" + each["id"]), 204)

    def test_21_workers_that_do_not_acknowledge(self):
        spec = self.acme.circuit("late", 40)
        self.server.order("hold on")
        late = self.expect(self.acme("POST", "/circuits", spec, Idempotency_Key="late"), 503, "unavailable")
        self.assertIn("strowger-order", late.headers)
        self.expect(self.operator("GET", "/v1/readyz", token=None), 503, "not_ready")
        self.server.order("hold off")
        deadline = time.monotonic() + 10
        while True:
            again = self.acme("POST", "/circuits", spec, Idempotency_Key="late")
            if again.status == 201 or time.monotonic() > deadline:
                break
        self.expect(again, 201)
        self.assertEqual(again.headers["strowger-order"], late.headers["strowger-order"])
        self.expect(self.operator("GET", "/v1/readyz", token=None), 200)
        self.expect(self.acme("DELETE", "/circuits/late"), 204)

    def test_22_links(self):
        self.expect(self.acme("POST", "/circuits", self.acme.circuit("watched", 41)), 201)
        self.server.order("link 1 down")
        status = self.acme("GET", "/circuits/watched").json["status"]
        self.assertEqual((status["oper_state"], status["reasons"][0]["endpoint"]), ("down", "z"))
        self.assertEqual(self.acme("GET", "/unis/dc").json["status"]["oper_state"], "down")
        self.server.order("link 1 up")
        self.expect(self.acme("PATCH", "/circuits/watched", {"admin_state": "down"}), 200)
        self.assertEqual(len(self.acme("GET", "/circuits?state=down").json["data"]), 1)
        self.expect(self.acme("DELETE", "/circuits/watched"), 204)

    # Bad input: a clear problem, no state changed.

    def test_30_bad_circuits(self):
        good = self.acme.circuit("bad", 50)
        text = json.dumps(good)
        vlan = "/endpoints/a/vlan_map/s_vlan"
        self.acme("POST", "/unis", {"name": "small", "port": "short"})
        small = circuit("bad", s_vlan=3050, a="small", max_frame_bytes=2000)
        small["endpoints"]["a"]["vlan_map"] = {"all": True}
        bundles = circuit("bad", s_vlan=3050)
        for end, vlans in (("a", [1, 2]), ("z", [3, 4])):
            bundles["endpoints"][end]["vlan_map"]["c_vlans"] = vlans
        uni = self.acme("GET", "/unis/ny").json["id"]
        table = [
            ("unknown member", text.replace('"type"', '"cir": 1, "type"'), 422, [("/cir", "unknown_member")]),
            ("duplicate member", text.replace('"type"', '"name": "b", "type"'), 422, [("/name", "duplicate_member")]),
            ("1e400", text.replace("50000000", "1e400"), 422, [("/bandwidth/cir_bps", "out_of_range")]),
            ("fraction", text.replace("50000000", "5.5"), 422, [("/bandwidth/cir_bps", "wrong_type")]),
            ("rate as text", text.replace("50000000", '"50M"'), 422, [("/bandwidth/cir_bps", "wrong_type")]),
            ("VID 0", text.replace("3050", "0", 1), 422, [(vlan, "out_of_range")]),
            ("VID 4095", text.replace("3050", "4095", 1), 422, [(vlan, "out_of_range")]),
            ("VID of another range", text.replace("3050", "2050", 1), 422, [(vlan, "map_not_on_uni")]),
            ("overlapping list", text.replace('"s_vlan": 3050', '"s_vlan": 3050, "c_vlans": [7, "5-9"]', 1), 422,
             [("/endpoints/a/vlan_map/c_vlans/1", "overlapping_maps")]),
            ("bundles differ", json.dumps(bundles), 422, [("/endpoints/z/vlan_map/c_vlans", "bundle_mismatch")]),
            ("unknown UNI", text.replace('"ny"', '"nowhere"'), 404, [("/endpoints/a/uni", "not_found")]),
            ("one UNI twice", text.replace('"dc"', f'"{uni}"'), 422, None),
            ("CBS below a frame", text.replace("50000000", '50000000, "cbs_bytes": 1525'), 422,
             [("/bandwidth/cbs_bytes", "burst_below_frame")]),
            ("frame above the port's", json.dumps(small), 422, [("/endpoints/a/uni", "frame_too_large_for_port")]),
            ("name", text.replace('"bad"', '"B_d"'), 422, [("/name", "invalid_name")]),
            ("display name", text.replace('"type"', '"display_name": "\\u0007", "type"'), 422,
             [("/display_name", "invalid_text")]),
            ("type", text.replace("eline", "elan"), 422, [("/type", "unknown_value")]),
            ("missing", text.replace('"type": "eline", ', ""), 422, [("/type", "required")]),
            ("no object", "[]", 422, None),
            ("not JSON", text[:-1], 400, [("", "malformed_json")]),
            ("too deep", "[" * 100_000, 400, [("", "malformed_json")]),
            ("not UTF-8", text.replace("bad", "\udcff"), 400, [("", "malformed_json")]),
        ]
        before = self.acme("GET", "/orders?count=true&limit=1").json["count"]
        for what, body, status, faults in table:
            with self.subTest(what=what):
                reply = self.acme("POST", "/circuits", body.encode("utf-8", "surrogateescape"), token=self.acme.token)
                self.expect(reply, status, faults=faults)
                self.assertTrue(all(fault["message"] for fault in reply.json["errors"]))
        self.expect(self.acme("POST", "/circuits", good, token="stw_wrong"), 401)
        self.expect(self.acme("POST", "/circuits", good, Idempotency_Key="no spaces"), 400)
        self.expect(self.acme("POST", "/circuits", good, If_None_Match='"x"'), 400)
        self.assertEqual(self.acme("GET", "/orders?count=true&limit=1").json["count"], before)
        self.assertEqual(self.acme("GET", "/circuits?name_prefix=bad").json["data"], [])

        tight = copy.deepcopy(good)
        tight["bandwidth"]["cbs_bytes"] = 1526
        reply = self.expect(self.acme("POST", "/circuits", tight), 201)
        self.assertEqual(reply.json["warnings"][0]["code"], "burst_tight")
        self.expect(self.acme("PATCH", "/circuits/bad", {"name": "x"}), 422, "invalid")
        self.expect(self.acme("DELETE", "/circuits/bad"), 204)

    def test_30b_every_fault_is_in_one_answer(self):
        """What the body breaks in itself and what it breaks against the inventory."""
        self.expect(self.acme("POST", "/circuits", self.acme.circuit("held", 51)), 201)
        spec = self.acme.circuit("held", 51, type="elan", bandwidth={"cir_bps": "50M"}, bogus=1)
        spec["endpoints"]["z"]["uni"] = "nowhere"
        own = [("/type", "unknown_value"), ("/bandwidth/cir_bps", "wrong_type"), ("/bogus", "unknown_member")]
        nowhere, held = ("/endpoints/z/uni", "not_found"), ("/endpoints/a/vlan_map", "vlan_in_use")
        reply = self.acme("POST", "/circuits", spec)
        self.expect(reply, 404, "not_found", [*own, nowhere, held, ("/name", "name_in_use")])
        self.expect(self.acme("PUT", "/circuits/other", {**spec, "name": "other"}), 404, faults=[*own, nowhere, held])

        # The readable part of a list is judged; what cannot be read is blamed once.
        spec = self.acme.circuit("listed", 51)
        spec["endpoints"]["a"]["vlan_map"]["c_vlans"] = [7, 4095]
        spec["endpoints"]["z"]["vlan_map"] = {"s_vlan": "x"}
        vlans = [("/endpoints/a/vlan_map/c_vlans/1", "out_of_range"), ("/endpoints/z/vlan_map/s_vlan", "wrong_type")]
        self.expect(self.acme("POST", "/circuits", spec), 422, "invalid", [*vlans, held])
        self.expect(self.acme("POST", "/circuits", {**self.acme.circuit("flat", 52), "bandwidth": 5}), 422, "invalid",
                    [("/bandwidth", "wrong_type")])

        self.expect(self.acme("POST", "/circuits", self.acme.circuit("moved", 52)), 201)
        move = {"tags": 1, "type": "elan", "endpoints": {"a": {"vlan_map": {"s_vlan": 3051}}, "z": {"uni": "nowhere"}}}
        self.expect(self.acme("PATCH", "/circuits/moved", move), 404, "not_found",
                    [("/tags", "wrong_type"), ("/type", "immutable"), ("/type", "unknown_value"), nowhere, held])
        uni = {"name": "ny", "port": "p9", "tpid": 1, "s_vlans": {"first": 0, "last": 1}}
        self.expect(self.acme("POST", "/unis", uni), 404, "not_found", [
            ("/name", "name_in_use"), ("/port", "not_found"), ("/tpid", "wrong_type"), ("/s_vlans/first", "out_of_range"),
        ])
        self.expect(self.operator("POST", "/v1/tenants", {"name": "acme", "tags": 1}), 422, "invalid",
                    [("/name", "name_in_use"), ("/tags", "wrong_type")])
        both = self.expect(self.acme("GET", "/circuits?limt=1&nonsense=1"), 400, "malformed_request")
        self.assertEqual(len(both.json["errors"]), 2)
        for name in ("held", "moved"):
            self.expect(self.acme("DELETE", "/circuits/" + name), 204)

    def test_31_fifty_parallel_requests_with_one_key_make_one_circuit(self):
        spec, bodies, orders = self.acme.circuit("once", 60), [], []

        def post():
            client = Client(self.server, self.contract, self.acme.token)
            reply = client("POST", "/v1/circuits", spec, Idempotency_Key="fifty")
            bodies.append((reply.status, reply.body))
            orders.append(reply.headers["strowger-order"])
            client.connection.close()

        threads = [threading.Thread(target=post) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(bodies), 50)
        self.assertEqual((len(set(bodies)), len(set(orders)), bodies[0][0]), (1, 1, 201))
        self.assertEqual(len(self.acme("GET", "/circuits?name_prefix=once").json["data"]), 1)
        other = self.acme.circuit("twice", 61)
        reply = self.operator("POST", "/v1/circuits", other, token=self.acme.token, Idempotency_Key="fifty")
        self.expect(reply, 422, "idempotency_key_reused")
        self.expect(self.acme("DELETE", "/circuits/once"), 204)

    def test_32_mutated_requests_are_answered_and_documented(self):
        seed = int(os.environ.get("STROWGER_SEED", random.randrange(2**32)))
        print(f"STROWGER_SEED={seed}", file=sys.stderr)
        chance = random.Random(seed)
        alphabet = b'{}[]",:0123456789eE+-.\\u"tfn \xff\x00az_'
        good = json.dumps(self.acme.circuit("mutant", 70, tags={"a": "b"}, display_name="x")).encode()
        made = 0
        for _ in range(600):
            body = bytearray(good)
            for _ in range(chance.randint(1, 4)):
                place = chance.randrange(len(body))
                kind = chance.randrange(4)
                if kind == 0:
                    body[place] = chance.choice(alphabet)
                elif kind == 1:
                    body.insert(place, chance.choice(alphabet))
                elif kind == 2:
                    del body[place : place + chance.randint(1, 20)]
                else:
                    body[place:place] = body[place : place + chance.randint(1, 60)]
                if not body:
                    body += b"x"
            method, path = chance.choice((("POST", "/v1/circuits"), ("PATCH", "/v1/circuits/mutant")))
            reply = self.operator(method, path, bytes(body), token=self.acme.token)
            self.assertLess(reply.status, 500, bytes(body))
            if reply.status == 201:
                made += 1
                self.expect(self.acme("DELETE", "/circuits/" + reply.json["id"]), 204)
        self.assertLess(made, 600)

    # Nothing more and nothing less.

    def test_90_the_document_and_the_router_name_the_same_operations(self):
        documented = {(method, path) for method, path, _ in self.contract.operations()}
        self.assertEqual(documented, self.server.operations)
        self.assertGreater(self.contract.check_examples(), 20)

    def test_91_everything_documented_was_seen(self):
        missing = sorted(self.contract.documented() - self.contract.seen, key=str)
        self.assertEqual(missing, [], f"{len(missing)} promises of openapi.yaml were never kept")
        refusals = {(each["status"], each["code"]) for each in self.contract.document["x-protocol-refusals"]}
        self.assertEqual(refusals, self.contract.seen_refusals)
        schemas = self.contract.document["components"]["schemas"]
        faults = set(schemas["Fault"]["properties"]["code"]["enum"])
        self.assertEqual(faults, self.contract.seen_fault_codes)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[2:]], failfast=False)
