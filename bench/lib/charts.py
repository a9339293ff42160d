# SPDX-License-Identifier: Apache-2.0
"""Charts as inline SVG: a report is one file that opens anywhere, also without a network.

A chart is data: {"kind": "line" | "bars", "title", "x", "y", "series": [{"name", "points": [[x, y], ...]}]}.
x of "line" is a number on a logarithmic axis; x of "bars" is the name of a group.
"""

import html
import math

WIDTH, HEIGHT = 760, 340
LEFT, RIGHT, TOP, BOTTOM = 64, 20, 16, 78
COLORS = ("#0b6e4f", "#c1440e", "#2b59c3", "#8a4fbe", "#b8860b", "#4a4a4a", "#d1495b", "#00798c")


def nice_steps(highest, count=5):
    """About `count` round steps from 0 to at least `highest`."""
    raw = max(highest, 1e-9) / count
    power = 10 ** math.floor(math.log10(raw))
    step = next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= raw)
    return [step * i for i in range(math.ceil(highest / step - 1e-9) + 1)]


def short(value):
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"


def render(chart):
    """The SVG of one chart."""
    points = [point for series in chart["series"] for point in series["points"]]
    if not points:
        return '<p class="why">Nothing was measured for this chart.</p>'
    steps = nice_steps(max(y for _, y in points))
    body = axis(steps, chart.get("y", ""))
    body += (lines if chart["kind"] == "line" else bars)(chart, steps[-1])
    body += legend(chart["series"])
    label = text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 40, chart.get("x", ""), "middle")
    return (f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{html.escape(chart["title"])}">'
            f"{body}{label}</svg>")


def text(x, y, content, anchor, extra=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{extra}>{html.escape(str(content))}</text>'


def y_of(value, highest):
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / highest if highest else 1)


def axis(steps, label):
    parts = []
    for step in steps:
        y = y_of(step, steps[-1])
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(text(LEFT - 6, y + 4, short(step), "end"))
    middle = (TOP + HEIGHT - BOTTOM) / 2
    parts.append(text(14, middle, label, "middle", f' transform="rotate(-90 14 {middle:.0f})"'))
    return "".join(parts)


def lines(chart, highest):
    xs = sorted({x for series in chart["series"] for x, _ in series["points"]})
    low, high = math.log10(max(xs[0], 1e-9)), math.log10(max(xs[-1], 1e-9))

    def x_of(x):
        share = (math.log10(max(x, 1e-9)) - low) / (high - low) if high > low else 0.5
        return LEFT + 20 + (WIDTH - LEFT - RIGHT - 40) * share

    parts = [text(x_of(x), HEIGHT - BOTTOM + 18, short(x), "middle") for x in xs]
    for series, color in zip(chart["series"], colors(chart["series"])):
        path = " ".join(f"{x_of(x):.1f},{y_of(y, highest):.1f}" for x, y in sorted(series["points"]))
        parts.append(f'<polyline fill="none" stroke="{color}" stroke-width="2" points="{path}"/>')
        for x, y in series["points"]:
            parts.append(f'<circle cx="{x_of(x):.1f}" cy="{y_of(y, highest):.1f}" r="3.5" fill="{color}">'
                         f"<title>{html.escape(series['name'])}: {y:.4g} at {x:,}</title></circle>")
    return "".join(parts)


def bars(chart, highest):
    groups = []
    for series in chart["series"]:
        groups += [x for x, _ in series["points"] if x not in groups]
    parts, room = [], (WIDTH - LEFT - RIGHT) / len(groups)
    width = 0.8 * room / len(chart["series"])
    for at, group in enumerate(groups):
        start = LEFT + room * (at + 0.1)
        parts.append(text(LEFT + room * (at + 0.5), HEIGHT - BOTTOM + 18, group, "middle"))
        for index, (series, color) in enumerate(zip(chart["series"], colors(chart["series"]))):
            for y in (value for x, value in series["points"] if x == group):
                top, x = y_of(y, highest), start + index * width
                parts.append(f'<rect x="{x:.1f}" y="{top:.1f}" width="{width * 0.92:.1f}" '
                             f'height="{HEIGHT - BOTTOM - top:.1f}" fill="{color}">'
                             f"<title>{html.escape(series['name'])}: {y:.4g}</title></rect>")
                parts.append(text(x + width * 0.46, top - 3, f"{y:.3g}", "middle", ' class="value"'))
    return "".join(parts)


def colors(series):
    return [COLORS[i % len(COLORS)] for i in range(len(series))]


def legend(series):
    parts, x = [], LEFT
    for item, color in zip(series, colors(series)):
        parts.append(f'<rect x="{x}" y="{HEIGHT - 22}" width="11" height="11" fill="{color}"/>')
        parts.append(text(x + 16, HEIGHT - 12, item["name"], "start"))
        x += 30 + 7 * len(item["name"])
    return "".join(parts)
