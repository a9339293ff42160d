# SPDX-License-Identifier: Apache-2.0
"""The promises of the fast path (bench/must_show.json) beside what a run measured."""

import json
import pathlib

TABLE = pathlib.Path(__file__).resolve().parent.parent / "must_show.json"

COMPARISONS = {
    "at_most": ("≤", lambda figure, target: figure <= target),
    "at_least": ("≥", lambda figure, target: figure >= target),
    "reported": ("", lambda figure, target: True),
}
HELD, SHORT, NOT_MEASURED = "held", "falls short", "not measured"


def load_table(path=TABLE):
    """The rows, checked: a typo must not read as a promise kept."""
    rows = json.loads(pathlib.Path(path).read_text())
    for row in rows:
        unknown = row["comparison"] not in COMPARISONS
        if unknown or (row["comparison"] != "reported") != ("target" in row):
            raise ValueError(f"line {row['line']}: the comparison is one of {', '.join(COMPARISONS)}, with a target but for reported")
    if len({row["line"] for row in rows}) != len(rows) or len({row["figure"] for row in rows}) != len(rows):
        raise ValueError("a line or a figure stands twice in the table")
    return rows


def judge(rows, figures, reasons):
    """One verdict a row. `figures`: what was measured, by name; `reasons`: why a bench did not, by its name."""
    judged = []
    for row in rows:
        figure = figures.get(row["figure"])
        verdict, why = NOT_MEASURED, reasons.get(row["bench"], "its bench gave no such figure")
        if figure is not None:
            why = ""
            verdict = HELD if COMPARISONS[row["comparison"]][1](figure, row.get("target")) else SHORT
        judged.append({**row, "measured": figure, "verdict": verdict, "why": why})
    return judged


def all_held(judged):
    """What is not measured counts as falling short."""
    return all(row["verdict"] == HELD for row in judged)


def number(value):
    """Three significant digits, thousands set apart, no exponent."""
    if value is None:
        return "-"
    if abs(value) >= 1000 or float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:.3g}"


def target_text(row):
    if row["comparison"] == "reported":
        return "reported"
    return f"{COMPARISONS[row['comparison']][0]} {number(row['target'])}"


def as_text(judged):
    """The table for a terminal."""
    width = max(len(row["what"]) for row in judged)
    lines = [f"{'':5} {'':{width}} {'target':>10} {'figure':>10} {'':13} verdict"]
    for row in judged:
        tail = row["verdict"] + (f": {row['why']}" if row["why"] else "")
        lines.append(f"{row['line']:<5} {row['what']:{width}} {target_text(row):>10} {number(row['measured']):>10} {row['unit']:13} {tail}")
    counts = {verdict: sum(row["verdict"] == verdict for row in judged) for verdict in (HELD, SHORT, NOT_MEASURED)}
    lines.append(f"{counts[HELD]} held, {counts[SHORT]} fall short, {counts[NOT_MEASURED]} not measured")
    return "\n".join(lines)
