# SPDX-License-Identifier: Apache-2.0
"""Slices and workers on the command line."""

import json


class SliceTests:
    """Methods of a test case that runs the command against an exchange."""

    def test_slice_verbs(self):
        self.check("slice", "create", "gold", "--core", "2", "--core", "3", "--for", "acme", "--for", "umbrella")
        self.assertEqual(self.last()["path"], "/v1/slices")
        self.assertEqual(json.loads(self.last()["body"]), {"name": "gold", "cores": [2, 3], "tenants": ["acme", "umbrella"]})
        self.assertNotIn("strowger-tenant", self.last()["headers"])
        listed = self.check("slice", "list").stdout
        for word in ("2, 3", "acme, umbrella", "hard", "25.0 %"):
            self.assertIn(word, listed)
        self.assertIn("isolation", self.check("slice", "get", "gold").stdout)
        self.check("slice", "update", "gold", "--for", "", "--core", "2")
        self.assertEqual(json.loads(self.last()["body"]), {"cores": [2], "tenants": []})
        self.check("slice", "update", "gold", "--display-name", "Gold")
        self.assertEqual(json.loads(self.last()["body"]), {"display_name": "Gold"})
        self.assertIn("worker list", self.check("slice", "create", "x", "--core", "two", exit_code=2).stderr)
        self.check("slice", "delete", "gold", "--yes")
        self.check("slice", "create", "-f", self.file("s.json", '{"name":"s","cores":[2]}'))
        self.assertEqual(self.last()["body"], '{"name":"s","cores":[2]}')

    def test_workers_are_listed_whole(self):
        listed = self.check("worker", "list").stdout
        self.assertEqual(self.last()["path"], "/v1/workers")
        self.assertIn("shared", listed)
        self.assertIn("gold", listed)
        self.assertEqual(len(json.loads(self.check("worker", "list", "-o", "json").stdout)["data"]), 3)
