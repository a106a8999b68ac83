"""The tables, as Markdown and as JSON."""

import json
import statistics

import sites
from measures import all_measures

NAMES = {"ours": "khoins-callback", "php": "the PHP script under php-cgi", "answer": "C that only answers"}
COMMANDS = {
    "page overview": "the page's overview", "page filtered": "its list of 3 failed ones", "page number": "its search for an SN",
    "page record": "its one transaction", "answer": "CGI in C that only answers, beside them", "cgi": "CGI request",
    "least show": "C that reads one record", "least list": "C that reads the 20 newest"}


def number(value):
    """Three digits that count."""
    if value is None:
        return "–"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def spread(values, unit=""):
    """The median, and from where to where the rounds went."""
    values = [value for value in values if value is not None]
    if not values:
        return "–"
    middle = number(statistics.median(values)) + unit
    return middle if len(values) == 1 else f"{middle} ({number(min(values))} … {number(max(values))})"


def table(head, alignments, rows):
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, alignments, *rows]) + "\n"


# What stands above the tables in the repository's documents.
HEAD = """# Speed

Written by `scripts/bench --record`, never by hand. It measures khoins-callback beside what people use in its place, in
one go, with the web server and the load on the same machine: the PHP script that a reseller writes (it decodes, writes a
file and renames it) under PHP-FPM and php-cgi, with and without fsync; a libfcgi program that stores nothing; one in C that
does no more than the promise needs, and was written for this; programs in C that do the least possible. Ratios are what counts: the same machine gives other speeds at another hour.

"""

PICTURE = """
![Callbacks a second against connections, and the cost of a callback, show and list against records](bench.svg)
"""


class Report:
    def __init__(self, bench):
        self.bench = bench
        self.measures = all_measures(bench)

    def targets(self):
        rows = []
        for measure in self.measures:
            unit = f" {measure.unit}"
            rows.append([
                measure.name, spread(measure.values, unit), f"{measure.at_least:g}{unit}", f"{measure.aim:g}{unit}",
                measure.verdict()])
        return table(
            ["measure", "measured", "at least", "aim", ""], ["---", "---:", "---:", "---:", "---"], rows)

    def loads(self):
        rows = []
        for contender in [*self.bench.peers, sites.OursRepeated()]:
            chosen = [sample for sample in self.bench.samples["load"] if sample["contender"] == contender.key]
            if chosen:
                rows.append([contender.name] + [
                    spread([sample[key] for sample in chosen])
                    for key in [
                        "perSecond", "p50Milliseconds", "p99Milliseconds", "maximumMilliseconds", "handlerMicroseconds",
                        "userMicroseconds"]])
        return table(
            ["through nginx, 32 connections", "callbacks/s", "median, ms", "p99, ms", "longest, ms",
             "handler's processor time, µs", "of it own code, µs"],
            ["---"] + ["---:"] * 6, rows)

    def processes(self):
        rows = []
        for key, name in NAMES.items():
            chosen = [sample for sample in self.bench.samples["cgi"] if sample["contender"] == key]
            if chosen:
                rows.append([f"CGI request: {name}"] + [
                    spread([sample[field] for sample in chosen])
                    for field in ["medianMilliseconds", "p99Milliseconds"]])
        for sample in self.bench.samples["commands"]:
            name = COMMANDS.get(sample["command"], f"`{sample['command']}`")
            rows.append([
                f"{name} with {sample['records']:,} records",
                number(sample["medianMilliseconds"]), number(sample["p99Milliseconds"])])
        for lost, words in [(False, "present"), (True, "lost")]:
            chosen = [sample for sample in self.bench.samples["recovery"] if sample["lost"] == lost]
            if chosen:
                name = f"recovery after a crash to its end, {chosen[0]['records']:,} records to check, {words}"
                rows.append([name, spread([sample["seconds"] * 1e3 for sample in chosen]), "–"])
                name = f"C that {'makes' if lost else 'reads'} as many files"
                rows.append([name, spread([sample["leastSeconds"] * 1e3 for sample in chosen]), "–"])
        return table(["one process, from start to end", "median, ms", "p99, ms"], ["---", "---:", "---:"], rows)

    def steady(self):
        rows = [
            [f"{sample['minute']}", *(number(sample[key]) for key in [
                "perSecond", "p99Milliseconds", "maximumMilliseconds", "memoryMiB"])]
            for sample in self.bench.samples["steady"]]
        head = ["minute at a steady rate", "callbacks/s", "p99, ms", "longest, ms", "memory, MiB"]
        return [table(head, ["---:"] * 5, rows)] if rows else []

    def markdown(self):
        bench = self.bench
        parts = [self.targets()]
        heading = f"The median of {bench.options.rounds} rounds, and from where to where they went."
        if bench.options.quick:
            heading += (
                f" A quick run: shorter, and with {bench.records[-1]:,} records in place of 1,000,000;"
                " its figures are rough.")
        parts.append(f"{heading}\n")
        if bench.left_out:
            parts.append(f"Measured in part: without {', '.join(bench.left_out)}.\n")
        if bench.problems:
            parts.append("Wrong, and left out above:\n\n" + "".join(f"- {text}\n" for text in bench.problems))
        if bench.notes:
            parts.append("".join(f"- {text}\n" for text in bench.notes))
        parts += [self.loads(), self.processes(), *self.steady()]
        facts = [[name, f"`{value}`" if name == "command" else str(value)] for name, value in bench.facts.items()]
        parts.append(table(["machine", ""], ["---", "---"], facts))
        return "\n".join(parts)

    def document(self):
        return HEAD + self.markdown() + PICTURE

    def json(self):
        bench = self.bench
        return json.dumps(
            {
                "quick": bench.options.quick, "rounds": bench.options.rounds, "machine": bench.facts,
                "measures": [measure.fields() for measure in self.measures], "samples": bench.samples,
                "notes": bench.notes, "problems": bench.problems,
            }, indent=1) + "\n"
