# SPDX-License-Identifier: Apache-2.0
"""The process under test, and an HTTP client that has every reply judged by the contract."""

import http.client
import json
import subprocess
import tempfile


class Reply:
    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()
        self.json = json.loads(self.body) if self.body else None


class ServerUnderTest:
    def __init__(self, program):
        self.folder = tempfile.TemporaryDirectory(prefix="strowger-contract-")
        self.process = subprocess.Popen(
            [program, self.folder.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.operations = set()
        for line in self.process.stdout:
            words = line.split()
            if words[0] == "operation":
                self.operations.add((words[1], words[2]))
            elif words[0] == "ready":
                self.port, self.socket, self.token = int(words[1]), words[2], words[3]
                return
        raise AssertionError("the server under test did not start")

    def order(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "ok\n", command

    def stop(self):
        self.process.stdin.close()
        self.process.stdout.close()
        status = self.process.wait(timeout=20)
        self.folder.cleanup()
        return status


class Client:
    """One keep-alive connection."""

    def __init__(self, server, contract, token):
        self.server, self.contract, self.token = server, contract, token
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)

    def __call__(self, method, target, body=None, token=True, **headers):
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            fields["Authorization"] = "Bearer " + (self.token if token is True else token)
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            fields.setdefault("Content-Type", "application/json")
        self.connection.request(method, target, body=body, headers=fields)
        reply = Reply(self.connection.getresponse())
        self.contract.check(method, target, reply)
        return reply
