# SPDX-License-Identifier: Apache-2.0
"""A strowgerd of a few lines for tests of the command line: it remembers what it is told, answers in the shapes of API v1,
and can be told to misbehave. It judges nothing: what is right or wrong in an order is the business of other tests."""

import http.server
import json
import os
import re
import socket
import socketserver
import ssl
import threading
import time

PREFIX = {"tenants": "ten", "tokens": "tok", "ports": "prt", "unis": "uni", "circuits": "ckt", "orders": "ord",
          "slices": "slc", "workers": ""}
CREATED = "2026-11-22T18:00:00.000000Z"
TIMING = "validate;dur=0.11, commit;dur=0.71, apply;dur=0.21"


def counters(frames):
    flow = {"frames": str(frames), "bytes": str(frames * 1000)}
    none = {"frames": "0", "bytes": "0"}
    endpoint = {
        "ingress": {"green": flow, "yellow": none, "red": none},
        "egress": {"green": flow, "yellow": none},
        "drops": {"malformed": "0", "policed": "3"},
    }
    return {"id": "ckt_01", "at": CREATED, "endpoints": {"a": endpoint, "z": endpoint}}


class Exchange:
    """What the stub knows, what it was asked, and how it is to misbehave next."""

    def __init__(self):
        self.requests = []
        self.next_replies = []  # (status, headers, body) served once each, before anything else
        self.drops = 0          # connections to close without an answer
        self.hang = threading.Event()
        self.hangs = False
        self.page_size = 1000
        self.collections = {noun: [] for noun in PREFIX}
        self.serial = 0
        self.polls = 0
        for index in range(2):
            port = self.add("ports", {"name": f"port-{index}", "device": f"net_af_xdp{index}", "buffers": "standard"})
            port["tenant"] = None
            port["status"] = {"oper_state": "up", "driver": "net_af_xdp", "speed_bps": 10_000_000_000, "max_frame_bytes": 1792}

        for core in (1, 2, 3):
            self.collections["workers"].append({
                "core": core, "numa_node": 0, "shared": core == 1, "idle": "adaptive" if core == 1 else "poll",
                "circuits": 4 * core, "busy_permille": None if core == 1 else 250,
                "slice": None if core == 1 else {"id": "slc_01JD0000000000000000000009", "name": "gold"}})

    def add(self, noun, spec):
        self.serial += 1
        item = {
            "id": f"{PREFIX[noun]}_01JD{self.serial:022}",
            "tenant": "ten_01JD0000000000000000000001",
            "generation": 1,
            "spec": spec,
            "status": {"lifecycle": "active", "created_at": CREATED, "updated_at": CREATED},
        }
        if noun == "circuits":
            item["status"].update(oper_state="up", reasons=[], holds=[], mef_service="EVPL")
        if noun == "unis":
            item["status"].update(oper_state="up", max_frame_bytes=1792, effective={"tpid": "0x8100"}, circuits=0)
        if noun == "tenants":
            item["status"].update(unis=0, circuits=0, slice=None)
        if noun == "slices":
            item["tenant"] = None
            workers = [{"core": core, "circuits": 6, "busy_permille": 250} for core in spec["cores"]]
            item["status"].update(isolation="hard", isolation_reasons=[], busy_permille=250, circuits=12, circuits_moving=0,
                                  workers=workers)
        self.collections[noun].append(item)
        return item

    def find(self, noun, reference):
        for item in self.collections[noun]:
            if reference in (item["id"], item["spec"].get("name")):
                return item
        return None


def merge(target, patch):
    for key, value in patch.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, dict):
            merge(target.setdefault(key, {}), value)
        else:
            target[key] = value


def problem(status, code, title, errors=()):
    body = {"type": f"https://strowger.dev/problems/{code.replace('_', '-')}", "title": title, "status": status,
            "code": code, "detail": title, "errors": list(errors)}
    return status, {"Content-Type": "application/problem+json"}, json.dumps(body)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def address_string(self):
        return "local"

    def answer(self):
        exchange = self.server.exchange
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        exchange.requests.append({"method": self.command, "path": self.path, "body": body,
                                  "headers": {k.lower(): v for k, v in self.headers.items()}})
        if exchange.drops > 0:
            exchange.drops -= 1
            self.close_connection = True
            return
        if exchange.hangs:
            exchange.hang.wait(30)
            self.close_connection = True
            return
        status, headers, text = exchange.next_replies.pop(0) if exchange.next_replies else self.route(body)
        data = text.encode()
        self.send_response(status)
        self.send_header("X-Request-Id", "req_stub")
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Type" not in headers and data:
            self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def route(self, body):
        exchange = self.server.exchange
        path, _, query = self.path.partition("?")
        path = re.sub(r"^/v1", "", path)
        path = re.sub(r"^/tenants/[^/]+/tokens", "/tokens", path)
        fixed = {"/version": {"version": "0.1.0", "api": "v1"}, "/readyz": {"status": "ready"},
                 "/livez": {"status": "alive"}}
        if path in fixed:
            return 200, {}, json.dumps(fixed[path])
        if path == "/circuits:batch":
            return self.batch(json.loads(body))
        parts = path.strip("/").split("/")
        if parts[0] not in PREFIX:
            return problem(404, "not_found", "no such path")
        if len(parts) == 1:
            return self.create(parts[0], body) if self.command == "POST" else self.page(parts[0], query)
        if len(parts) == 3:
            exchange.polls += 1
            return 200, {}, json.dumps(counters(exchange.polls * 1000))
        return self.one(parts[0], parts[1], body)

    def page(self, noun, query):
        exchange = self.server.exchange
        items = exchange.collections[noun]
        prefix = re.search(r"name_prefix=([^&]*)", query)
        if prefix:
            items = [i for i in items if i["spec"].get("name", "").startswith(prefix.group(1))]
        start = int((re.search(r"cursor=(\d+)", query) or [0, "0"])[1])
        page = items[start:start + exchange.page_size]
        following = start + exchange.page_size
        reply = {"data": page, "next_cursor": str(following) if following < len(items) else None}
        if "count=true" in query:
            reply["count"] = len(items)
        return 200, {}, json.dumps(reply)

    def create(self, noun, body):
        item = self.server.exchange.add(noun, json.loads(body))
        reply = dict(item)
        if noun == "tokens":
            reply["secret"] = "stw_" + "x" * 49
        return 201, {"Server-Timing": TIMING, "ETag": f'"{item["id"]}.1"'}, json.dumps(reply)

    def batch(self, body):
        made, changed, gone = (len(body.get(verb, ())) for verb in ("create", "patch", "delete"))
        for spec in body.get("create", ()):
            self.server.exchange.add("circuits", spec)
        orders = {"first": "ord_01JD0000000000000000000001", "last": "ord_01JD0000000000000000000009",
                  "first_seq": "12", "last_seq": str(11 + made + changed + gone)}
        reply = {"created": made, "updated": changed, "deleted": gone, "unchanged": 0, "orders": orders,
                 "warnings": [], "warning_count": 0}
        return 200, {"Server-Timing": TIMING}, json.dumps(reply)

    def one(self, noun, reference, body):
        exchange = self.server.exchange
        item = exchange.find(noun, reference)
        if item is None and self.command == "PUT":
            return self.create(noun, body)
        if item is None:
            return problem(404, "not_found", f"no such {noun[:-1]}")
        if self.command == "DELETE":
            exchange.collections[noun].remove(item)
            return 204, {"Server-Timing": TIMING}, ""
        if self.command == "PATCH":
            merge(item["spec"], json.loads(body))
            item["generation"] += 1
        if self.command == "PUT":
            item["spec"] = json.loads(body)
        headers = {} if self.command == "GET" else {"Server-Timing": TIMING}
        return 200, headers, json.dumps(item)


class Quiet(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, *_):
        pass  # a client that goes away is what some tests are about


class UnixServer(Quiet):
    address_family = socket.AF_UNIX

    def server_bind(self):
        self.socket.bind(self.server_address)

    def get_request(self):
        connection, _ = self.socket.accept()
        return connection, "local"


class Stub:
    """with Stub(socket_path=...) or Stub(tls=(certificate, key)) as stub: ..."""

    def __init__(self, socket_path=None, tls=None):
        self.exchange = Exchange()
        if socket_path:
            self.server = UnixServer(socket_path, Handler)
        else:
            self.server = Quiet(("127.0.0.1", 0), Handler)
            if tls:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(*tls)
                # The handshake belongs into the connection's own thread.
                self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                         do_handshake_on_connect=False)
        self.socket_path = socket_path
        self.server.exchange = self.exchange
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def port(self):
        return self.server.server_address[1]

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.exchange.hang.set()
        self.server.shutdown()
        self.server.server_close()
        if self.socket_path:
            os.unlink(self.socket_path)


def wait_until(condition, what, seconds=30):
    """Waits for something that must happen; only its never happening is a failure."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"never happened: {what}")
        time.sleep(0.01)
