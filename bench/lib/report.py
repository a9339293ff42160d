# SPDX-License-Identifier: Apache-2.0
"""One self-contained HTML page of a run: no script, no font, no picture from elsewhere."""

import html

import charts
import verdicts

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1c1c1c;max-width:900px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2.2rem}
table{border-collapse:collapse;width:100%}td,th{padding:.25rem .5rem;text-align:left;border-bottom:1px solid #ddd;vertical-align:top}
td.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.held{color:#0b6e4f}.short{color:#b3261e;font-weight:600}.absent{color:#8a6d00}.why{color:#666;font-size:.9em}
svg{width:100%;height:auto}svg text{font:11px system-ui,sans-serif;fill:#444}svg text.value{font-size:9px}
svg .grid{stroke:#e4e4e4}summary{cursor:pointer}pre{overflow-x:auto;font-size:12px;background:#f6f6f6;padding:.6rem}
"""
CLASSES = {verdicts.HELD: "held", verdicts.SHORT: "short", verdicts.NOT_MEASURED: "absent"}


def render(run):
    """`run`: what scripts/bench writes as JSON."""
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8"><title>Strowger: a run of the benchmarks</title>',
        f"<style>{STYLE}</style></head><body>",
        f"<h1>Strowger {escape(run['version'])}: a run of the benchmarks</h1>",
        f"<p>{escape(run['started'])}{', a quick run: too short to quote' if run['quick'] else ''}</p>",
        machine(run["machine"]),
        promises(run["must_show"]),
    ]
    for bench in run["benches"]:
        parts.append(section(bench))
    parts.append("</body></html>")
    return "\n".join(parts)


def escape(value):
    return html.escape(str(value))


def machine(described):
    rows = "".join(f"<tr><th>{escape(key.replace('_', ' '))}</th><td>{escape(value)}</td></tr>" for key, value in described.items())
    return f"<h2>Machine</h2><table>{rows}</table>"


def promises(judged):
    if not judged:
        return ""
    rows = []
    for row in judged:
        why = f'<div class="why">{escape(row["why"])}</div>' if row["why"] else ""
        rows.append(
            f"<tr><td>{escape(row['line'])}</td><td>{escape(row['what'])}</td>"
            f'<td class="number">{escape(verdicts.target_text(row))}</td>'
            f'<td class="number">{escape(verdicts.number(row["measured"]))}</td><td>{escape(row["unit"])}</td>'
            f'<td class="{CLASSES[row["verdict"]]}">{escape(row["verdict"])}{why}</td></tr>'
        )
    head = "<tr><th></th><th>what</th><th>target</th><th>figure</th><th>unit</th><th>verdict</th></tr>"
    return f"<h2>Must show</h2><table>{head}{''.join(rows)}</table>"


def section(bench):
    parts = [f"<h2>{escape(bench['title'])}</h2>"]
    if bench.get("not_measured"):
        parts.append(f'<p class="absent">Not measured: {escape(bench["not_measured"])}</p>')
    parts += [f'<p class="why">{escape(remark)}</p>' for remark in bench.get("remarks", [])]
    for chart in bench.get("charts", []):
        parts.append(f"<h3>{escape(chart['title'])}</h3>{charts.render(chart)}")
    if bench.get("samples"):
        lines = "\n".join(escape(sample) for sample in bench["samples"])
        parts.append(f"<details><summary>every round</summary><pre>{lines}</pre></details>")
    return "\n".join(parts)
