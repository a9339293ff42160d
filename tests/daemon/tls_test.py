#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The API of strowgerd over TLS, with a certificate made for the test.

Usage: tls_test.py STROWGERD. Needs neither root nor hugepages nor a NIC.
"""

import http.client
import signal
import ssl
import subprocess
import sys
import tempfile
import unittest
import warnings

from start_test import site
from strowgerd_process import DEADLINE_SECONDS, Strowgerd

STROWGERD = ""


KEYS = {"ec": ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"], "rsa": ["rsa:2048"]}


def make_certificate(folder, name, kind="ec"):
    """A key, and its own certificate for 127.0.0.1, which a client may trust."""
    subprocess.run(
        ["openssl", "req", "-x509", "-nodes", "-newkey", *KEYS[kind],
         "-subj", "/CN=strowgerd", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2",
         "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem"],
        check=True, capture_output=True,
    )  # fmt: skip


class TlsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder_holder = tempfile.TemporaryDirectory(prefix="strowgerd-")
        cls.folder = cls.folder_holder.name
        for name in ("server", "other"):
            make_certificate(cls.folder, name)
        make_certificate(cls.folder, "rsa", "rsa")
        cls.site = site(cls.folder)
        cls.site["api"]["tls"] = {"certificate": f"{cls.folder}/server.pem", "key": f"{cls.folder}/server.key"}
        cls.daemon = Strowgerd(STROWGERD, cls.folder, cls.site)

    @classmethod
    def tearDownClass(cls):
        try:
            assert cls.daemon.stop(signal.SIGTERM) == 0, cls.daemon.log()
        finally:
            cls.daemon.kill()
            cls.folder_holder.cleanup()

    def context(self, trusted="server", version=None):
        context = ssl.create_default_context(cafile=f"{self.folder}/{trusted}.pem")
        self.assertEqual(context.verify_mode, ssl.CERT_REQUIRED)
        self.assertTrue(context.check_hostname)
        if version is not None:
            context.minimum_version = context.maximum_version = version
        return context

    def get(self, context):
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.daemon.port, context=context, timeout=DEADLINE_SECONDS
        )
        try:
            connection.request("GET", "/v1/version", headers={"Authorization": "Bearer " + self.daemon.token})
            return connection.getresponse().status, connection.sock.version()
        finally:
            connection.close()

    def test_verified_requests_over_both_versions(self):
        self.assertEqual((200, "TLSv1.2"), self.get(self.context(version=ssl.TLSVersion.TLSv1_2)))
        self.assertEqual((200, "TLSv1.3"), self.get(self.context(version=ssl.TLSVersion.TLSv1_3)))

    def test_client_that_trusts_another_certificate_does_not_ask(self):
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.get(self.context(trusted="other"))

    def test_older_versions_and_weak_ciphers_are_refused(self):
        old = self.context()
        old.set_ciphers("ALL:@SECLEVEL=0")  # else the client itself would refuse
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        weak = self.context(version=ssl.TLSVersion.TLSv1_2)
        weak.set_ciphers("ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")
        for context in (old, weak):
            with self.assertRaises(ssl.SSLError) as refused:
                self.get(context)
            self.assertIn("ALERT", refused.exception.reason)  # the server's word, not the client's

    def test_plain_http_gets_no_http(self):
        with self.daemon.connect() as connection:
            connection.sendall(b"GET /v1/livez HTTP/1.1\r\nHost: x\r\n\r\n")
            received = b""
            try:
                while chunk := connection.recv(4096):
                    received += chunk
            except ConnectionResetError:
                pass
        self.assertNotIn(b"HTTP", received)
        self.assertNotIn(b"livez", received)
        self.assertEqual((200, "TLSv1.3"), self.get(self.context()))

    def test_key_of_another_certificate_is_refused_with_a_sentence(self):
        for key in ("other", "rsa"):
            with tempfile.TemporaryDirectory(prefix="strowgerd-") as folder:
                wrong = site(folder)
                wrong["api"]["tls"] = {"certificate": f"{self.folder}/server.pem", "key": f"{self.folder}/{key}.key"}
                with self.assertRaises(AssertionError) as refused:
                    Strowgerd(STROWGERD, folder, wrong)
            self.assertIn("does not belong to the certificate", str(refused.exception))


if __name__ == "__main__":
    STROWGERD = sys.argv.pop(1)
    unittest.main(verbosity=2)
