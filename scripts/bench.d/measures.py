"""The targets, and what was measured for each: ratios of one round's figures, so that noise meets both sides."""

import dataclasses
import statistics
import typing

import pages


@dataclasses.dataclass
class Measure:
    key: str
    name: str
    unit: str
    at_least: float
    aim: float
    more_is_better: bool
    values: typing.List[float]

    def median(self):
        return statistics.median(self.values) if self.values else None

    def reaches(self, bound):
        return self.median() >= bound if self.more_is_better else self.median() <= bound

    def verdict(self):
        if not self.values:
            return "not measured"
        if self.reaches(self.aim):
            return "aim met"
        return "met" if self.reaches(self.at_least) else "**missed**"

    def fields(self):
        return {
            "measure": self.key, "name": self.name, "unit": self.unit, "values": self.values,
            "median": self.median(), "lowest": min(self.values, default=None),
            "highest": max(self.values, default=None), "atLeast": self.at_least, "aim": self.aim,
            "moreIsBetter": self.more_is_better, "verdict": self.verdict().strip("*"),
        }


def by_round(samples, key, value, **wanted):
    return {
        sample["round"]: sample[value] for sample in samples
        if sample.get("contender", key) == key and all(sample[name] == want for name, want in wanted.items())}


def pairs(ours, theirs, combine):
    """One value a round, of the rounds in which both were measured."""
    return [combine(ours[number], theirs[number]) for number in sorted(ours) if number in theirs]


def ratio(a, b):
    return a / b


def all_measures(bench):
    samples, most = bench.samples, bench.records[-1]

    def load(key, value="perSecond"):
        return by_round(samples["load"], key, value)

    def cgi(key):
        return by_round(samples["cgi"], key, "medianMilliseconds")

    def filled(records, key="ours"):
        return by_round(samples["records"], key, "perSecond", records=records)

    def index(value):
        return [sample[value] for sample in samples["index"] if value in sample]

    def command(name):
        return [
            sample["medianMilliseconds"] for sample in samples["commands"]
            if sample["command"] == name and sample["records"] == most]

    def against_least(name):
        """Milliseconds that a command takes longer than a program in C that does the least possible for it."""
        return [ours - least for ours, least in zip(command(name), command(f"least {name}"))]

    def recovery(lost):
        found = [by_round(samples["recovery"], None, value, lost=lost) for value in ["seconds", "leastSeconds"]]
        return pairs(*found, ratio)

    def telling(way):
        return [sample["medianMilliseconds"] for sample in samples["telling"] if sample.get("way") == way]

    def told(value):
        return [sample[value] for sample in samples["telling"] if value in sample]

    def steady(value):
        return [sample[value] for sample in samples["steady"]]

    def later(value):
        """The largest of the later minutes, against the first."""
        first, *rest = steady(value) or [0]
        return [max(rest) / first] if rest else []

    ours = load("ours")
    return [
        Measure("floor", "callbacks/s against the floor of the promise, in C", "x", 0.85, 0.95, True,
                pairs(ours, load("floor"), ratio)),
        Measure("floor-p99", "p99 latency under that load, against the floor", "x", 1.3, 1, False,
                pairs(load("ours", "p99Milliseconds"), load("floor", "p99Milliseconds"), ratio)),
        Measure("floor-time", "the handler's processor time for a callback, against the floor's", "x", 1.2, 1.1, False,
                pairs(load("ours", "handlerMicroseconds"), load("floor", "handlerMicroseconds"), ratio)),
        Measure("user-time", "processor time of our own code for a callback", "µs", 15, 8, False,
                list(load("ours", "userMicroseconds").values())),
        Measure("php", "callbacks/s against PHP-FPM without fsync", "x", 1.8, 2.1, True,
                pairs(ours, load("php"), ratio)),
        Measure("php-fsync", "callbacks/s against PHP-FPM with fsync", "x", 2.3, 4, True,
                pairs(ours, load("php-fsync"), ratio)),
        Measure("echo", "callbacks/s against the libfcgi echo that stores nothing", "x", 0.42, 0.6, True,
                pairs(ours, load("echo"), ratio)),
        Measure("p99", "p99 latency under that load, against PHP-FPM without fsync", "x", 0.7, 0.4, False,
                pairs(load("ours", "p99Milliseconds"), load("php", "p99Milliseconds"), ratio)),
        Measure("cgi-php", "one CGI request, times faster than php-cgi", "x", 8, 15, True,
                pairs(cgi("php"), cgi("ours"), ratio)),
        Measure("cgi-c", "one CGI request, longer than a CGI in C that only answers", "ms", 1, 0.6, False,
                pairs(cgi("ours"), cgi("answer"), lambda a, b: a - b)),
        Measure("memory", "resident memory of `serve` under load, at most", "MiB", 30, 15, False,
                list(load("ours", "memoryMiB").values())),
        Measure("records", f"callbacks/s with {most:,} records, against none", "x", 0.8, 0.95, True,
                pairs(filled(most), filled(0), ratio)),
        Measure("show", f"`show` with {most:,} records, longer than C that only reads the record", "ms", 10, 4, False,
                against_least("show")),
        Measure("list", f"`list` (20 newest) with {most:,} records, longer than C that only reads them", "ms", 15, 5,
                False, against_least("list")),
        Measure("stats", f"`stats` of all with {most:,} records", "ms", 50, 10, False, command("stats")),
        Measure("status", f"`status` with {most:,} records", "ms", 30, 10, False, command("status")),
        Measure("pending", f"`list --status Pending` (there is none) with {most:,} records", "ms", 30, 10, False,
                command("list --status Pending")),
        Measure("page-overview", f"the page's overview with {most:,} records, by CGI", "ms", 30, 20, False,
                command("page overview")),
        Measure("page-filtered", f"its list of 3 failed ones of {most:,}", "ms", 30, 20, False, command("page filtered")),
        Measure("page-number", f"its search for one SN of {most:,} records", "ms", 20, 10, False, command("page number")),
        Measure("page-record", f"one transaction of {most:,}", "ms", 15, 8, False, command("page record")),
        Measure("pages", "callbacks/s that five open pages cost", "%", 3, 1, False,
                pairs(filled(most), filled(most, "pages"), lambda a, b: 100 * (1 - b / a) / pages.HASTE)),
        Measure("pages-memory", "resident memory of `serve` with five pages open, at most", "MiB", 30, 20, False,
                list(by_round(samples["records"], "pages", "memoryMiB", records=most).values())),
        Measure("index", f"index of {most:,} records, 5 % of them changed, made by `stats`", "s", 8, 4, False,
                index("seconds")),
        Measure("index-file", "index of one full journal file", "s", 0.5, 0.3, False, index("fileSeconds")),
        Measure("index-size", "size of the index, of the journal's", "%", 12, 10, False, index("percent")),
        Measure("recovery", "recovery of a full journal file, against C that reads as many records", "x", 6, 3, False,
                recovery(lost=False)),
        Measure("recovery-lost", "recovery of a full journal file, records lost, against C that makes as many files",
                "x", 1.5, 1.1, False, recovery(lost=True)),
        Measure("repeats", "repeats of one callback, against new ones", "x", 2, 2.5, True,
                pairs(load("repeats"), ours, ratio)),
        Measure("steady", "p99 at 2,000 a second for 10 minutes, the worst against the first", "x", 2, 1.5, False,
                later("p99Milliseconds")),
        Measure("steady-longest", "the longest of these answers", "ms", 250, 100, False,
                [max(steady("maximumMilliseconds"))] if samples["steady"] else []),
        Measure("steady-memory", "resident memory of `serve` meanwhile, the most against that after the first minute",
                "x", 1.2, 1.05, False, later("memoryMiB")),
        Measure("tell-forward", "from a callback to the shop's endpoint, forwarded", "ms", 25, 15, False,
                telling("forward")),
        Measure("tell-exec", "from a callback to the shop's script", "ms", 40, 15, False, telling("exec")),
        Measure("tell-cgi", "from a callback to the shop's endpoint, under CGI", "ms", 80, 40, False, telling("cgi")),
        Measure("backlog", "a backlog of 10,000 forwarded", "s", 20, 3, False, told("seconds")),
        Measure("backlog-curl", "that, against one curl with the same requests", "x", 10, 2, False,
                [ratio(a, b) for a, b in zip(told("seconds"), told("curlSeconds"))]),
        Measure("backlog-memory", f"resident memory of a follower with a backlog of {most:,}", "MiB", 30, 20, False,
                told("memoryMiB")),
    ]
