# SPDX-License-Identifier: Apache-2.0
"""A small client of the public HTTP API, for scripts and tests: one keep-alive connection, JSON in and out."""

import http.client
import json
import socket
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict = field(repr=False)
    body: object

    def expect(self, *statuses):
        """The body, when the status is one of `statuses`; else an error that shows what came."""
        if self.status not in statuses:
            raise AssertionError(f"status {self.status}, expected {statuses}: {json.dumps(self.body, indent=1)}")
        return self.body


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Api:
    """Talks to `address`: "unix:/path" or "host:port". A token and a tenant stand for every request."""

    def __init__(self, address, token=None, tenant=None, timeout_s=15):
        self._address, self._token, self._tenant, self._timeout_s = address, token, tenant, timeout_s
        self._connection = None

    def _connect(self):
        if self._address.startswith("unix:"):
            return _UnixConnection(self._address.removeprefix("unix:"), self._timeout_s)
        host, port = self._address.rsplit(":", 1)
        return http.client.HTTPConnection(host, int(port), timeout=self._timeout_s)

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def request(self, method, path, body=None, *, key=None, headers=None):
        """One exchange; a lost connection is the caller's to judge, for a write may have been taken."""
        sent = dict(headers or {})
        if self._token:
            sent["Authorization"] = f"Bearer {self._token}"
        if self._tenant:
            sent["Strowger-Tenant"] = self._tenant
        if key is not None:
            sent["Idempotency-Key"] = key
        data = None
        if body is not None:
            data = json.dumps(body)
            merge = "merge-patch+" if method == "PATCH" else ""
            sent["Content-Type"] = f"application/{merge}json"
        if self._connection is None:
            self._connection = self._connect()
        try:
            self._connection.request(method, path, data, sent)
            response = self._connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        return Reply(response.status, dict(response.getheaders()), json.loads(text) if text else None)

    def get(self, path):
        return self.request("GET", path).expect(200)

    def post(self, path, body, **options):
        return self.request("POST", path, body, **options).expect(201)

    def patch(self, path, body, **options):
        return self.request("PATCH", path, body, **options).expect(200)

    def delete(self, path, **options):
        self.request("DELETE", path, **options).expect(204)

    def list(self, path):
        """Every object of a collection, page by page."""
        items, cursor = [], None
        while True:
            page = self.get(f"{path}?limit=1000" + (f"&cursor={cursor}" if cursor else ""))
            items += page["data"]
            cursor = page["next_cursor"]
            if cursor is None:
                return items
