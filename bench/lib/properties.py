# SPDX-License-Identifier: Apache-2.0
"""Not a measurement but a promise all the same: what the tests say beside 100,000 circuits."""

import json
import os
import subprocess

from outcome import NotMeasured, Outcome


def measure(place):
    done = Outcome()
    many = {**os.environ, "STROWGER_MANY_CIRCUITS": "1"}
    tests = place.build / "tests"
    for figure, program in (
        ("properties.failed", tests / "property" / "forwarding_property_test"),
        ("properties.allocating", tests / "dataplane" / "dataplane_allocations_test"),
    ):
        if not program.exists():
            raise NotMeasured(f"{program} is not built")
        out = place.scratch / f"{figure}.json"
        subprocess.run([program, f"--gtest_output=json:{out}"], env=many, capture_output=True, timeout=1200)
        if not out.exists():
            raise NotMeasured(f"{program.name} died")
        said = json.loads(out.read_text())
        done.put(figure, said["failures"] + said["errors"])
        done.put(f"{figure}_of", said["tests"])
    return done
