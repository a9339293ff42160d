# SPDX-License-Identifier: Apache-2.0
"""openapi.yaml as a judge: says whether a reply is documented, and remembers what has been seen."""

import json
import pathlib
import re

import jsonschema
import yaml

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs/openapi.yaml"
METHODS = ("get", "post", "put", "patch", "delete")
FRAMING = {"date", "content-length", "content-type", "connection"}


class Contract:
    def __init__(self):
        self.document = yaml.safe_load(DOCUMENT.read_text())
        self.resolver = jsonschema.RefResolver.from_schema(self.document)
        self.seen = set()
        self.seen_fault_codes = set()
        self.seen_refusals = set()

    def validator(self, schema):
        return jsonschema.Draft202012Validator(schema, resolver=self.resolver)

    def resolve(self, node):
        while "$ref" in node:
            node = self.resolver.resolve(node["$ref"])[1]
        return node

    def operations(self):
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    yield method.upper(), path, item[method]

    def template_of(self, target):
        segments = target.split("?")[0].split("/")
        for path in self.document["paths"]:
            pattern = path.split("/")
            if len(pattern) == len(segments) and all(
                p == s or (p.startswith("{") and s) for p, s in zip(pattern, segments)
            ):
                return path
        return None

    def documented(self):
        """Every (method, path, status, problem code or None) that is promised."""
        promised = set()
        for method, path, operation in self.operations():
            for status, response in operation["responses"].items():
                response = self.resolve(response)
                for code in response.get("x-codes", [None]):
                    promised.add((method, path, int(status), code))
        for path in self.document["paths"]:
            promised.add(("*", path, 405, "method_not_allowed"))
        return promised

    def check(self, method, target, reply):
        """Fails unless the reply is documented for this operation, down to each member."""
        path = self.template_of(target)
        what = f"{method} {target} -> {reply.status} {reply.body[:300]!r}"
        if path is None:
            assert reply.status in (401, 404), what
            response = self.document["components"]["responses"]["NotFound" if reply.status == 404 else "Unauthorized"]
            key = None
        elif method.lower() not in self.document["paths"][path]:
            if reply.status == 401:
                return
            assert reply.status == 405, what
            response = self.document["components"]["responses"]["MethodNotAllowed"]
            key = ("*", path, 405)
        else:
            responses = self.document["paths"][path][method.lower()]["responses"]
            assert str(reply.status) in responses, "undocumented status: " + what
            response = self.resolve(responses[str(reply.status)])
            key = (method, path, reply.status)
        self.check_headers(response, reply, what)
        code = self.check_body(response, reply, what)
        if key is not None:
            self.seen.add((*key, code))

    def check_headers(self, response, reply, what):
        documented = {name.lower(): self.resolve(header) for name, header in response.get("headers", {}).items()}
        assert "x-request-id" in reply.headers, "no X-Request-Id: " + what
        for name, value in reply.headers.items():
            if name in FRAMING:
                continue
            assert name in documented, f"undocumented header {name}: {what}"
            self.validator(documented[name]["schema"]).validate(value)
        for name in ("etag", "location", "allow", "www-authenticate", "retry-after"):
            assert name not in documented or name in reply.headers, f"no {name}: {what}"

    def check_body(self, response, reply, what):
        if "content" not in response:
            assert reply.body == b"", "undocumented body: " + what
            return None
        media_type, content = next(iter(response["content"].items()))
        assert reply.headers["content-type"] == media_type, what
        errors = sorted(self.validator(content["schema"]).iter_errors(reply.json), key=str)
        assert not errors, f"{what}: {errors[0].message} at {list(errors[0].absolute_path)}"
        code = None
        if "x-codes" in response:
            code = reply.json["code"]
            assert code in response["x-codes"], f"undocumented code {code}: {what}"
            assert reply.json["status"] == reply.status, what
            assert reply.json["type"].rsplit("/", 1)[1].replace("-", "_") == code, what
            self.seen_fault_codes |= {fault["code"] for fault in reply.json.get("errors", [])}
        return code

    def check_examples(self):
        count = 0
        for name, schema in self.document["components"]["schemas"].items():
            if "example" in schema:
                self.validator(schema).validate(schema["example"])
                count += 1
        for name, parameter in self.document["components"]["parameters"].items():
            if parameter["in"] == "query" or parameter["in"] == "header":
                self.validator(parameter["schema"]).validate(parameter["example"])
                count += 1
        return count
