# SPDX-License-Identifier: Apache-2.0
"""What one bench gives back, and how programs that measure are run."""

import dataclasses
import json
import subprocess

NOT_MEASURED_STATUS = 77


class NotMeasured(Exception):
    """The machine lacks what the bench needs; the text says what, and what would help."""


@dataclasses.dataclass
class Outcome:
    figures: dict = dataclasses.field(default_factory=dict)  # what the table of promises names
    samples: list = dataclasses.field(default_factory=list)  # every round, as it was measured
    charts: list = dataclasses.field(default_factory=list)  # see charts.py
    remarks: list = dataclasses.field(default_factory=list)  # what a reader must know

    def put(self, name, value):
        """A figure that could not be computed is absent, never zero."""
        if value is not None:
            self.figures[name] = value


def reason_in(text):
    """What a program that measured nothing said, or nothing."""
    for line in reversed(text.splitlines()):
        if line.startswith("{") and '"not_measured"' in line:
            return json.loads(line)["not_measured"]
    return None


def run_program(command, timeout_s):
    """The lines of JSON that a program printed. Raises NotMeasured with its reason, or with how it died."""
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=timeout_s)
    except FileNotFoundError as error:
        raise NotMeasured(f"{command[0]} is not built") from error
    except subprocess.TimeoutExpired as error:
        raise NotMeasured(f"{command[0]} did not end within {timeout_s} s") from error
    if done.returncode == NOT_MEASURED_STATUS:
        raise NotMeasured(reason_in(done.stdout) or "the program did not say why")
    if done.returncode != 0:
        raise NotMeasured(f"{command[0]} ended with status {done.returncode}: {(done.stderr or done.stdout).strip()[-300:]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
