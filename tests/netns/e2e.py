# SPDX-License-Identifier: Apache-2.0
"""What every end-to-end test starts with: the precondition, a network of its own, the path to the lab."""

import os
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lab"))

import netns  # noqa: E402  (the path to the lab is set above)

SKIPPED = 77


def main():
    """Runs the caller's tests in a network namespace of their own; exits 77 without root, and for nothing else."""
    if os.geteuid() != 0:
        print("skipped: network namespaces need root")
        sys.exit(SKIPPED)
    netns.enter_private()
    unittest.main(module="__main__", verbosity=2)
