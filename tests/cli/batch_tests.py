# SPDX-License-Identifier: Apache-2.0
"""`strowger circuit batch`."""

import json

from stub_exchange import problem


class BatchTests:
    """Methods of a CommandLine test, which has the command and an exchange behind it."""

    def test_a_batch_is_sent_as_one_request_under_one_key(self):
        batch = '{ "create": [{"name": "x"}, {"name": "y"}],  "delete": ["z"] }'
        done = self.check("circuit", "batch", "-f", self.file("batch.json", batch))
        self.assertEqual(done.stdout, "batch done: 2 created, 0 updated, 1 deleted, 0 unchanged in 1.03 ms\n"
                                      "  orders     12 to 14\n")
        self.assertEqual((self.last()["method"], self.last()["path"]), ("POST", "/v1/circuits:batch"))
        self.assertEqual(self.last()["body"], batch)
        self.assertEqual(len(self.exchange.requests), 1)
        self.assertTrue(self.last()["headers"]["idempotency-key"])
        self.check("circuit", "batch", "-f", self.file("batch.yaml", "patch:\n- {name: x, bandwidth: {cir_bps: 5}}\n"))
        self.assertEqual(json.loads(self.last()["body"]), {"patch": [{"name": "x", "bandwidth": {"cir_bps": 5}}]})
        text = self.check("circuit", "batch", "--generate-skeleton").stdout
        self.check("circuit", "batch", "-f", "-", stdin=text)
        self.assertEqual(set(json.loads(self.last()["body"])), {"create", "patch", "delete"})

    def test_a_batch_needs_a_file_and_its_refusal_names_each_member(self):
        self.assertIn("add -f FILE", self.check("circuit", "batch", exit_code=2).stderr)
        faults = [{"pointer": "/create/1/endpoints/a/uni", "code": "not_found", "message": 'There is no UNI "x".'},
                  {"pointer": "/delete/0", "code": "not_found", "message": "There is no such circuit."}]
        self.exchange.next_replies.append(problem(404, "not_found", "There is no such object", faults))
        done = self.check("circuit", "batch", "-f", "-", stdin='{"create":[{}]}', exit_code=3)
        self.assertIn("none of the batch was done", done.stderr)
        self.assertIn("create, item 2, endpoint a", done.stderr)
        self.assertIn("delete, item 1", done.stderr)
