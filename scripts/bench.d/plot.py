"""The plot: throughput against connections, and cost against records on disk, as SVG."""

import math
import statistics
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 330, 70, 250, 46, 52
COLOURS = ["#0b6e4f", "#b3541e", "#7a4fa3", "#666666", "#1f6fb2", "#a8324a"]


def ticks(highest):
    """Round numbers from 0 up to just past the highest value."""
    step = 10 ** math.floor(math.log10(highest / 4)) if highest > 0 else 1
    for factor in [1, 2, 5, 10]:
        if highest / (step * factor) <= 6:
            step *= factor
            break
    return [step * number for number in range(math.ceil(highest / step) + 1)]


def text(x, y, words, anchor="middle", more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>{escape(words)}</text>'


class Panel:
    def __init__(self, number, title, x_name, marks, series):
        self.origin = number * HEIGHT
        self.title, self.x_name, self.marks = title, x_name, marks
        self.series = [(name, points) for name, points in series if points]
        self.ticks = ticks(max((y for _, points in self.series for _, y in points), default=1))
        self.low, self.high = math.log(marks[0]), math.log(marks[-1])

    def x(self, value):
        part = (math.log(value) - self.low) / ((self.high - self.low) or 1)
        return LEFT + part * (WIDTH - LEFT - RIGHT)

    def y(self, value):
        return self.origin + HEIGHT - BOTTOM - value / self.ticks[-1] * (HEIGHT - TOP - BOTTOM)

    def draw(self):
        bottom, right = self.y(0), WIDTH - RIGHT
        parts = [text(LEFT, self.origin + 24, self.title, "start", ' font-weight="bold"')]
        for tick in self.ticks:
            parts.append(f'<path d="M{LEFT} {self.y(tick):.1f}H{right}" stroke="#ddd"/>')
            parts.append(text(LEFT - 8, self.y(tick) + 4, f"{tick:,.10g}", "end"))
        for mark in self.marks:
            parts.append(f'<path d="M{self.x(mark):.1f} {bottom:.1f}v5" stroke="#888"/>')
            parts.append(text(self.x(mark), bottom + 19, f"{mark:,}"))
        parts.append(text((LEFT + right) / 2, bottom + 38, self.x_name))
        for number, (name, points) in enumerate(self.series):
            colour = COLOURS[number % len(COLOURS)]
            places = [(self.x(x), self.y(y)) for x, y in sorted(points)]
            line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
            parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
            level = self.origin + TOP + 8 + 20 * number
            parts.append(f'<path d="M{right + 16} {level}h18" stroke="{colour}" stroke-width="3"/>')
            parts.append(text(right + 40, level + 4, name, "start"))
        return parts


def points(samples, x, y):
    """The median of every place, with the places in order."""
    places = {}
    for sample in samples:
        places.setdefault(x(sample), []).append(y(sample))
    return [(place, statistics.median(values)) for place, values in sorted(places.items())]


def draw(bench):
    samples = bench.samples
    connections = [
        (peer.name, points(
            [sample for sample in samples["curve"] if sample["contender"] == peer.key],
            lambda sample: sample["connections"], lambda sample: sample["perSecond"]))
        for peer in bench.peers]
    panels = [("Callbacks a second through nginx", "connections", bench.curve, connections)]
    filled = [sample for sample in samples["records"] if sample["records"] and sample["contender"] == "ours"]
    if filled:
        load = points(filled, lambda sample: sample["records"], lambda sample: 1e6 / sample["perSecond"])
        panels.append((
            "Microseconds a callback, 32 connections", "records on disk when the load began", bench.records,
            [("khoins-callback serve", load)]))
    commands = [
        (name, points(
            [sample for sample in samples["commands"] if sample["command"] == command],
            lambda sample: sample["records"], lambda sample: sample["medianMilliseconds"]))
        for command, name in [("show", "show"), ("list", "list, 20 newest"), ("cgi", "a CGI request")]]
    if any(places for _, places in commands):
        panels.append(("Milliseconds a process", "records on disk", bench.records, commands))
    height = HEIGHT * len(panels)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        ' font-family="sans-serif" font-size="12" fill="#222">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
    ]
    for number, panel in enumerate(panels):
        parts += Panel(number, *panel).draw()
    return "\n".join([*parts, "</svg>"]) + "\n"
