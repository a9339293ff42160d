# SPDX-License-Identifier: Apache-2.0
"""The part of the contract test that speaks in bytes: what is no request, and what hardly is one."""

import json
import re
import socket
import time

PATHS = (
    b"/v1/../../etc/passwd", b"/v1/%2e%2e/x", b"/v1/circuits/..", b"/v1/circuits/%2e%2e%2f", b"//v1/circuits",
    b"/v1/circuits/%00", b"/v1/circuits/%zz", b"/v1/circuits/%", b"/v1/circuits/%f", b"/v1/circuits/%ff",
    b"/v1/circuits/%c0%80", b"/v1/circuits/ckt_" + b"Z" * 26, b"/v1/circuits/" + b"a" * 7000, b"/v1/unis/" + b"%41" * 2000,
    b"/v1/circuits?", b"/v1/circuits?&&&", b"/v1/circuits?=", b"/v1/circuits?limit=%31", b"/v1/circuits?limit=-1",
    b"/v1/circuits?limit=99999999999999999999", b"/v1/circuits?cursor=%00", b"/v1/circuits?cursor=" + b"f" * 5000,
    b"/v1/circuits?cursor=636b745f", b"/v1/circuits?tag.=x", b"/v1/circuits?tag.%00=x", b"/v1/circuits?tag.a=1&tag.a=2",
    b"/v1/circuits?" + b"a=b&" * 1500, b"/v1/circuits?name_prefix=%ff", b"/v1/circuits?uni=%00", b"/v1/circuits#fragment",
    b"/v1/orders?object=ckt_0", b"/v1/orders?cursor=6f72645f", b"*", b"http", b"http:/", b"http://", b"http://x?", b"x",
    b"/\x7f", b"/\xff",
)  # fmt: skip
BODIES = (
    b"", b" " * 1000, b"{}{}", b'{"a":1,}', b"{/*x*/}", b"\xef\xbb\xbf{}", '{"name":"a"}'.encode("utf-16"), b"[1,]",
    *(b"[" * depth + b"]" * depth for depth in (31, 32, 33, 64, 100_000)), b'{"a":' * 40_000 + b"1" + b"}" * 40_000,
    b'{"name":"\xff\xfe"}', b'{"name":"\xc0\x80"}', b'{"name":"\xe2\x82"}', b'{"na\x00me":"a"}', b'{"name":"a\\u0000"}',
    b'{"name":"\\ud800"}', b'{"display_name":"\\udc00\\ud800"}', b'{"' + b"k" * 200_000 + b'":1}',
    b'{"name":"' + b"n" * 200_000 + b'"}', b"[" + b"1," * 100_000 + b"1]", b"{" + b",".join([b'"a":1'] * 20_000) + b"}",
    b"{" + b",".join(b'"k%d":1' % number for number in range(15_000)) + b"}",
    b'{"endpoints":{' + b",".join(b'"e%d":{"uni":"u","vlan_map":{"all":true}}' % n for n in range(4_000)) + b"}}",
    b'{"endpoints":{"a/b~c":{"uni":"x/y","vlan_map":{"c_vlans":["1-1-1","-","1-","99999999999999999999-1"," 1-2"]}}}}',
)  # fmt: skip
NUMBERS = (
    b"1e400", b"-1e400", b"1e-400", b"-0", b"0.1", b"1E5", b"18446744073709551616", b"9007199254740993", b"1e", b"0x1",
    b"NaN", b"Infinity", b"-", b"01", b"9" * 400, b"1" + b"0" * 100_000,
)  # fmt: skip
FIELDS = (
    b"Content-Length: 2\r\nContent-Length: 2\r\n", b"Content-Length: -1\r\n", b"Content-Length: 18446744073709551615\r\n",
    b"Content-Length: +2\r\n", b"Content-Length: 2 2\r\n", b"Content-Length : 2\r\n", b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
    b"Transfer-Encoding:\x0bchunked\r\n", b"X: a\x00b\r\n", b"X: a\x01b\r\n", b"X: \xff\r\n", b": x\r\n", b"X\r\n", b"X: y\n",
    b"".join(b"X%d: y\r\n" % number for number in range(600)), b"X: " + b"y" * 7_000 + b"\r\n", b"X: " + b"y" * 99_000 + b"\r\n",
    b"Authorization: Bearer x\r\n", b"Expect: 100-continue, 100-continue\r\n", b"Connection: " + b"close," * 900 + b"\r\n",
    b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n", b"If-Match: " + b',"x"' * 1_000 + b"\r\n",
    b"Idempotency-Key: " + b"k" * 300 + b"\r\n", b"Idempotency-Key: \r\n", b"Strowger-Tenant: \xff\r\n",
)  # fmt: skip


class ProtocolTests:
    """Methods of ContractTest, which has the server, the contract and the tenants."""

    def exchange(self, data, source="127.0.0.1", end=True):
        """All that comes back until the server closes; it times out when the server hangs."""
        address = ("127.0.0.1", self.server.port)
        received = b""
        with socket.create_connection(address, timeout=20, source_address=(source, 0)) as connection:
            try:
                connection.sendall(data)
                if end:
                    connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # refused before all of it was sent
            while chunk := connection.recv(65536):
                received += chunk
        return received

    def raw(self, data, source="127.0.0.1"):
        received = self.exchange(data, source, end=False)
        head, _, body = received.partition(b"\r\n\r\n")
        problem = json.loads(body)
        status = int(head.split()[1])
        self.contract.validator({"$ref": "#/components/schemas/Problem"}).validate(problem)
        return status, problem["code"]

    def refusal(self, data, **how):
        refused = self.raw(data, **how)
        self.contract.seen_refusals.add(refused)
        return refused

    def test_40_what_is_no_request(self):
        head = b"POST /v1/circuits HTTP/1.1\r\nHost: x\r\n"
        smuggled = b"GET /v1/version HTTP/1.1\r\nHost: x\r\n\r\n"
        table = [
            (head + b"Host: y\r\n\r\n" + smuggled, 400, "malformed_request"),
            (head + b"Content-Length: 5, 5\r\n\r\nhello" + smuggled, 400, "malformed_request"),
            (head + b"X: a\r\n b\r\n\r\n" + smuggled, 400, "malformed_request"),
            (b"GET http HTTP/1.1\r\nHost: x\r\n\r\n" + smuggled, 400, "malformed_request"),
            (head + b"Content-Length: 9\r\n", 408, "request_timeout"),
            (head + b"Content-Length: 300000\r\n\r\n" + b"x" * 300_000, 413, "payload_too_large"),
            (head + b"Expect: more\r\n\r\n", 417, "expectation_failed"),
            (head + b"X: " + b"a" * 9000, 431, "header_too_large"),
            (head + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, 411, "length_required"),
            (b"GET / HTTP/1.0\r\nHost: x\r\n\r\n", 400, "http_version_not_supported"),
        ]
        for data, status, code in table:
            with self.subTest(code=code):
                self.assertEqual(self.refusal(data), (status, code))
        crowd = [socket.create_connection(("127.0.0.1", self.server.port)) for _ in range(100)]
        self.assertEqual(self.refusal(b""), (503, "unavailable"))
        for connection in crowd:
            connection.close()

    def test_41_one_address_may_send_only_so_many_wrong_tokens(self):
        def ask(token, source="127.0.0.2"):
            head = f"GET /v1/version HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
            return self.raw(head.encode(), source)

        wrong = "stw_" + "x" * 49
        answers = [ask(wrong)]
        while answers[-1] == (401, "unauthorized") and len(answers) < 5000:
            answers.append(ask(wrong))
        self.assertEqual(answers[-1], (429, "rate_limited"))
        self.contract.seen_refusals.add(answers[-1])
        self.assertGreater(len(answers), 200)
        # A valid token at the same address, a wrong one at another, and the local socket go on.
        head = f"GET /v1/version HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.server.token}\r\n"
        reply = self.exchange(head.encode() + b"Connection: close\r\n\r\n", "127.0.0.2")
        self.assertTrue(reply.startswith(b"HTTP/1.1 200 OK"), reply)
        self.assertEqual(ask(wrong, "127.0.0.3"), (401, "unauthorized"))
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(20)
            connection.connect(self.server.socket)
            for _ in range(250):
                connection.sendall(b"GET /v1/version HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer no\r\n\r\n")
                self.assertTrue(connection.recv(4096).startswith(b"HTTP/1.1 401 "))

    def test_42_odd_requests_are_answered_and_disturb_nobody(self):
        """No 5xx but the two that RFC 9112 and RFC 9110 name, no silence, no broken connection for others."""
        token = f"Authorization: Bearer {self.acme.token}\r\nHost: x\r\n".encode()
        json_type = b"Content-Type: application/json\r\n"

        def request(method, path, body=None, fields=b""):
            framing = b"" if body is None else json_type + b"Content-Length: %d\r\n" % len(body)
            return method + b" " + path + b" HTTP/1.1\r\n" + token + fields + framing + b"\r\n" + (body or b"")

        odd = []
        for path in PATHS:
            for method in (b"GET", b"POST", b"PUT", b"PATCH", b"DELETE"):
                odd += [request(method, path), request(method, path, b"{}")]
        for body in BODIES:
            odd += [request(b"POST", b"/v1/circuits", body), request(b"PATCH", b"/v1/circuits/none", body)]
            odd += [request(b"POST", b"/v1/circuits:batch", body), request(b"POST", b"/v1/circuits:batch", b'{"put":' + body + b"}")]
        for number in NUMBERS:
            text = json.dumps(self.odd_circuit()).encode().replace(b"7777", number)
            odd.append(request(b"POST", b"/v1/circuits", text))
        for fields in FIELDS:
            odd.append(request(b"POST", b"/v1/circuits", None, fields + json_type) + b"{}")
        for method in (b"HEAD", b"OPTIONS", b"TRACE", b"CONNECT", b"BREW", b"get", b"A" * 300, b"", b"G\x00T"):
            odd.append(request(method, b"/v1/circuits"))
        odd += [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\0" * 50_000, b"\r\n" * 50_000 + b"\r\nx\r\n\r\n"]
        for data in odd:
            reply = self.exchange(data)
            statuses = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", reply)]
            self.assertTrue(statuses, (data[:200], reply))
            self.assertTrue(all(status < 500 for status in statuses), (data[:200], reply))
        self.expect(self.operator("GET", "/v1/readyz", token=None), 200)
        self.assertEqual(self.acme("GET", "/circuits?name_prefix=odd").json["data"], [])

    def test_43_a_large_body_is_taken_of_a_batch_from_who_may_ask_and_a_few_at_a_time(self):
        def head(length, token, path="/v1/circuits:batch"):
            text = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            text += f"Authorization: Bearer {token}\r\n" if token else ""
            return (text + f"Content-Length: {length}\r\n\r\n").encode()

        token = self.acme.token
        # Answered before a byte of the body is read.
        self.assertEqual(self.raw(head(300_000, None)), (401, "unauthorized"))
        self.assertEqual(self.raw(head(300_000, "stw_" + "x" * 49)), (401, "unauthorized"))
        self.assertEqual(self.raw(head(16_777_217, token)), (413, "payload_too_large"))
        self.assertEqual(self.raw(head(262_145, token, "/v1/circuits")), (413, "payload_too_large"))
        few = [socket.create_connection(("127.0.0.1", self.server.port)) for _ in range(4)]
        for connection in few:
            connection.sendall(head(300_000, token))
        # What the server has read of four connections shows when the fifth is refused.
        deadline = time.monotonic() + 10
        while (seen := self.exchange(head(300_000, token) + b" " * 300_000)).startswith(b"HTTP/1.1 400"):
            self.assertLess(time.monotonic(), deadline)
        self.assertTrue(seen.startswith(b"HTTP/1.1 503"), seen)
        for connection in few:
            connection.close()
        body = json.dumps({"delete": [], "create": [self.acme.circuit("large", 75)], "patch": []}) + " " * 300_000
        while (seen := self.exchange(head(len(body), token) + body.encode())).startswith(b"HTTP/1.1 503"):
            self.assertLess(time.monotonic(), deadline)
        self.assertTrue(seen.startswith(b"HTTP/1.1 200"), seen)
        self.expect(self.acme("DELETE", "/circuits/large"), 204)

    def odd_circuit(self):
        spec = self.acme.circuit("odd", 70, max_frame_bytes=7777, bandwidth={"cir_bps": 7777, "cbs_bytes": 7777})
        spec["endpoints"]["a"]["vlan_map"] = {"s_vlan": 7777, "c_vlans": [7777]}
        return spec
