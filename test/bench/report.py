"""Writes the results as a Markdown table and an SVG chart.

    report.py ROWS MACHINE TARGET

ROWS: a JSON object a line, as bench.py writes them. MACHINE: lines "name: value". Writes TARGET.md and TARGET.svg.
"""

import html
import json
import math
import pathlib
import sys


def number(value):
    if value is None:
        return ""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def ratio_of(row):
    if row["ratio"] is None:
        return ""
    return f"{row['ratio']:.2f} ({row['least']:.2f} to {row['most']:.2f})"


def verdict(row):
    return {True: "reached", False: "MISSED", None: ""}[row["reached"]]


def line_of(row):
    """A row as a line of text."""
    row = row if isinstance(row, dict) else vars(row)
    parts = [f"{row['case']:<20} {row['mode']:<8} {row['what']:<52}"]
    if row["ours"] is not None:
        parts.append(f"{number(row['ours']):>9}")
    if row["theirs"] is not None:
        parts.append(f"/ {number(row['theirs']):>9} {row['unit']} ({row['other_side']})  {ratio_of(row)}")
    else:
        parts.append(row["unit"])
    if row["goal"]:
        parts.append(f"  goal {row['goal']}: {verdict(row)}")
    if row["note"]:
        parts.append(f"  [{row['note']}]")
    return " ".join(parts)


def markdown(rows, machine, chart):
    lines = ["# Results of make bench", "", f"![Ratios and their goals]({chart})", ""]
    for line in machine:
        name, _, value = line.partition(": ")
        lines.append(f"- {name}: {value}")
    before = [row for row in rows if row["what"] == "machine"]
    rows = [row for row in rows if row["what"] != "machine"]
    to_disk = sorted(row["ours"] for row in before)
    loads = sorted(float(row["note"].split()[1]) for row in before)
    lines += [
        f"- before the cases: 8 KiB reach the disk in {number(to_disk[0])} to {number(to_disk[-1])} ms,"
        f" load {loads[0]} to {loads[-1]}",
        "",
        "Ratio: pgqrs to the other side, median over the interleaved rounds (least to most). Of times less is better,",
        "of rates more.",
        "",
        "| case | mode | what | pgqrs | other side | unit | ratio | goal | reached | note |",
        "|---|---|---|--:|--:|---|---|---|---|---|",
    ]
    for row in rows:
        theirs = f"{number(row['theirs'])} ({row['other_side']})" if row["theirs"] is not None else ""
        cells = [
            row["case"], row["mode"], row["what"], number(row["ours"]), theirs, row["unit"], ratio_of(row),
            row["goal"], verdict(row), row["note"],
        ]
        lines.append("| " + " | ".join(cell.replace("|", "\\|").replace("<", "&lt;") for cell in cells) + " |")
    with_goal = [row for row in rows if row["reached"] is not None]
    reached = sum(row["reached"] for row in with_goal)
    lines += ["", f"{reached} of {len(with_goal)} goals reached."]
    return "\n".join(lines) + "\n"


# The chart: a bar for each row with a ratio, on a logarithmic axis, with its range and its goal.

LEFT, WIDTH, RIGHT, STEP, TOP = 440, 420, 150, 20, 70
LOWEST, HIGHEST = 1 / 8, 16
REACHED, MISSED, NEUTRAL = "#2b7bba", "#d9822b", "#8a8f98"


def x_of(ratio):
    share = math.log(min(max(ratio, LOWEST), HIGHEST) / LOWEST) / math.log(HIGHEST / LOWEST)
    return LEFT + WIDTH * share


def svg(rows):
    rows = [row for row in rows if row["ratio"] is not None and row["ratio"] > 0]
    height = TOP + STEP * (len(rows) + len({(row["mode"], row["case"]) for row in rows})) + 20
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + RIGHT}" height="{height}"'
        ' font-family="sans-serif" font-size="12" fill="#222">',
        '<rect width="100%" height="100%" fill="#fff"/>',
        '<text x="10" y="22" font-size="15">pgqrs to the other side: median, least and most of the rounds</text>',
        f'<text x="10" y="42" fill="{REACHED}">goal reached</text>',
        f'<text x="100" y="42" fill="{MISSED}">goal missed</text>',
        f'<text x="185" y="42" fill="{NEUTRAL}">no goal</text>',
        '<text x="245" y="42">black line: the goal</text>',
    ]
    for tick in (1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8, 16):
        x = x_of(tick)
        colour = "#666" if tick == 1 else "#ddd"
        out.append(f'<line x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{height - 15}" stroke="{colour}"/>')
        out.append(f'<text x="{x:.1f}" y="{TOP - 12}" text-anchor="middle" fill="#666">{tick:g}</text>')
    y, group = TOP, None
    for row in rows:
        if (row["mode"], row["case"]) != group:
            group = (row["mode"], row["case"])
            out.append(f'<text x="10" y="{y + 14}" font-weight="bold">{html.escape(row["case"])}, {row["mode"]}</text>')
            y += STEP
        out += bar(row, y)
        y += STEP
    return "\n".join([*out, "</svg>"]) + "\n"


def bar(row, y):
    colour = {True: REACHED, False: MISSED, None: NEUTRAL}[row["reached"]]
    label = f"{row['what']} / {row['other_side']}"
    middle, one, end = y + 10, x_of(1), x_of(row["ratio"])
    parts = [
        f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end">{html.escape(label[:66])}</text>',
        f'<rect x="{min(one, end):.1f}" y="{y + 4}" width="{max(1, abs(end - one)):.1f}" height="12" fill="{colour}"/>',
        f'<line x1="{x_of(row["least"]):.1f}" y1="{middle}" x2="{x_of(row["most"]):.1f}" y2="{middle}" stroke="#222"/>',
        f'<text x="{LEFT + WIDTH + 8}" y="{y + 14}">{ratio_of(row)}</text>',
    ]
    if row["goal"]:
        goal = x_of(float(row["goal"].split()[1]))
        parts.append(f'<line x1="{goal:.1f}" y1="{y + 2}" x2="{goal:.1f}" y2="{y + 18}" stroke="#000"/>')
    return parts


def main():
    rows_path, machine_path, target = sys.argv[1:]
    rows = [json.loads(line) for line in pathlib.Path(rows_path).read_text().splitlines()]
    machine = pathlib.Path(machine_path).read_text().splitlines()
    target = pathlib.Path(target)
    target.with_suffix(".svg").write_text(svg(rows))
    target.with_suffix(".md").write_text(markdown(rows, machine, target.with_suffix(".svg").name))


if __name__ == "__main__":
    main()
