# SPDX-License-Identifier: Apache-2.0
"""Where the benches' Python lives, for the tests beside this file."""

import pathlib
import sys

BENCH = pathlib.Path(__file__).resolve().parent.parent.parent / "bench"
sys.path[:0] = [str(BENCH / folder) for folder in ("lib", "peers", "two_processes")]
