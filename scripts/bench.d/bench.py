"""Measures khoins-callback beside its peers; scripts/bench runs this, and says what it needs."""

import argparse
import math
import os
import signal
import sys

import facts
import load
import pages
import plot
import processes
import recovery
import report
import sites
import telling
from progress import Progress

CONNECTIONS = 32
PARTS = ["load", "cgi", "telling", "recovery", "records", "steady", "curve"]
STEADY_RATE = 2000


class Bench:
    def __init__(self, options):
        self.options = options
        quick = options.quick
        self.seconds = 3 if quick else 8
        self.curve_seconds = 1 if quick else 4
        self.curve = [1, 8, 32, 128] if quick else [1, 2, 4, 8, 16, 32, 64, 128]
        self.records = [1000, 20_000] if quick else [1000, 10_000, 100_000, 1_000_000]
        self.processes = 40 if quick else 200
        self.minutes, self.minute = (3, 4) if quick else (10, 60)
        # Where a machine is slow, what is not needed for the table gives way first, then all that is left.
        self.limits = {True: 120, False: 140} if quick else {True: math.inf, False: math.inf}
        self.peers = [sites.Ours(), sites.Floor(), sites.PHP(), sites.PHPSynced(), sites.Echo()]
        self.samples = {
            "load": [], "cgi": [], "commands": [], "recovery": [], "curve": [], "records": [],
            "telling": [], "index": [], "steady": []}
        self.notes, self.problems, self.plan = [], [], []
        self.full, self.recovered, self.progress = {}, None, None
        self.made = 0
        self.facts = facts.gather(options)
        self.left_out = [
            part for part in PARTS
            if (part not in options.part if options.part else part == "steady" and not options.steady)]
        self.can = {name: processes.has_command(options, name) for name in [
            "import", "show", "list", "stats", "status", "follow"]}

    def work(self, name):
        """A new directory's path for one measurement."""
        self.made += 1
        return f"{self.options.data}/{name}{self.made}"

    def step(self, seconds, words, action, optional=False):
        self.plan.append((seconds, words, action, optional))

    def run(self):
        progress = self.progress = Progress(sum(step[0] for step in self.plan))
        skipped = 0
        for seconds, words, action, optional in self.plan:
            progress.say(words)
            if progress.elapsed() > self.limits[optional]:
                skipped += 1
            else:
                try:
                    action()
                except sites.Broken as problem:
                    self.problems.append(str(problem))
                    progress.note(f"Wrong: {problem}")
            progress.advance(seconds)
        progress.end()
        if skipped:
            self.notes.append(f"{skipped} steps were left out, to end in time.")
        return progress.elapsed()

    def plan_load(self, round_number):
        contenders = [*self.peers, sites.OursRepeated()]
        # Each round begins with another, so that nobody is always first.
        shift = round_number % len(contenders)
        for contender in contenders[shift:] + contenders[:shift]:
            def measure(contender=contender):
                sample = load.measure(contender, self.options, self.work("l"), CONNECTIONS, self.seconds)
                self.samples["load"].append({"round": round_number, **sample})
            self.step(self.seconds + 1.5, f"round {round_number + 1}: {contender.name}", measure)

    def plan_cgi(self, round_number):
        for contender in ["ours", "php", "answer"]:
            def measure(contender=contender):
                sample = processes.measure_cgi(contender, self.options, self.work("c"), self.processes)
                self.samples["cgi"].append({"round": round_number, **sample})
            self.step(self.processes * 0.012, f"round {round_number + 1}: CGI, {contender}", measure)

    def plan_telling(self, round_number):
        if not self.can["follow"]:
            return
        count = 20 if self.options.quick else 60
        for words, action in [
            ("forward", lambda: telling.measure_served("forward", self.options, self.new("t"), count)),
            ("exec", lambda: telling.measure_served("exec", self.options, self.new("t"), count)),
            ("CGI", lambda: telling.measure_cgi(self.options, self.new("t"), count // 2)),
            ("a backlog", lambda: telling.measure_backlog(self.options, self.new("t"), 10_000)),
        ]:
            def measure(action=action):
                self.samples["telling"].append({"round": round_number, **action()})
            self.step(6, f"round {round_number + 1}: telling the shop, {words}", measure)

    def plan_backlog(self):
        count = self.records[-1]

        def measure():
            if count in self.full:
                self.samples["telling"].append(
                    telling.measure_memory(self.options, self.new("t"), self.full[count], count, 10))
        if self.can["follow"]:
            self.step(21, f"memory with a backlog of {count:,}", measure)

    def new(self, name):
        work = self.work(name)
        os.makedirs(work)
        return work

    def plan_recovery(self):
        def fill():
            self.recovered = recovery.fill(self.options, self.work("r"), self.can["import"])
        self.step(4 if self.can["import"] else 12, "filling a journal file", fill)
        for round_number in range(1 if self.options.quick else self.options.rounds):
            for lost in [False, True]:
                def measure(lost=lost, round_number=round_number):
                    if self.recovered:
                        sample = recovery.measure(self.options, self.recovered, lost, round_number)
                        self.samples["recovery"].append({"round": round_number, **sample})
                self.step(1.5, "recovery of a full journal file", measure)
        self.step(2, "verifying what was recovered", lambda: self.recovered and recovery.check(
            self.options, self.recovered))

    def plan_records(self):
        if not self.can["import"]:
            self.notes.append("This executable has no `import` command yet: nothing with many records is measured.")
            return
        for name in ["show", "list", "stats", "status"]:
            if not self.can[name]:
                self.notes.append(f"This executable has no `{name}` command yet.")
        for count in self.records:
            def fill(count=count):
                work, words = self.work("m"), f"making {count:,} records"
                pages.plant(self.options, f"{work}/data")
                processes.import_records(
                    self.options, f"{work}/data", count,
                    tick=lambda part: self.progress.say(words, part * count / 9000))
                pages.update(self.options, f"{work}/data", count)
                load.settle(work)
                self.full[count] = f"{work}/data"
            self.step(1 + count / 9000, f"making {count:,} records", fill)
            for name, expected, arguments in [
                ("show", "many-", ["show", "@ID@"]), ("list", "Success", ["list", "--limit", "20"]),
                ("stats", "Success", ["stats"]), ("status", "can be stored", ["status"]),
                ("list --status Pending", "", ["list", "--status", "Pending"]),
            ]:
                def command(name=name, count=count, expected=expected, arguments=arguments):
                    if count in self.full:
                        sample = processes.measure_command(self.options, self.full[count], 20, expected, *arguments)
                        self.samples["commands"].append({"records": count, **sample, "command": name})
                def least(name=name, count=count, expected=expected):
                    if count in self.full:
                        sample = processes.measure_least(self.options, self.full[count], name, expected)
                        self.samples["commands"].append({"records": count, **sample})
                if self.can[name.split()[0]]:
                    self.step(1, f"{name} with {count:,} records", command)
                    if name in ("show", "list"):
                        self.step(0.1, f"the least for {name} with {count:,} records", least)
            if count == self.records[-1]:
                self.plan_pages(count)
            def cgi(count=count):
                if count in self.full:
                    sample = processes.measure_filled_cgi(self.options, self.work("c"), self.full[count])
                    self.samples["commands"].append({"records": count, **sample})
            self.step(1, f"CGI with {count:,} records", cgi)
            rounds = self.options.rounds if count == self.records[-1] else 1
            for round_number in range(rounds):
                self.plan_filled(count, round_number)

    def plan_pages(self, count):
        def add(measure):
            if count in self.full:
                self.samples["commands"].append({"records": count, **measure(self.options, self.full[count])})
        for name in pages.PAGES:
            def page(options, data, name=name):
                return pages.measure_page(name, options, data)
            self.step(1, f"{name} with {count:,} records", lambda page=page: add(page))
        self.step(0.1, "C that only answers", lambda: add(lambda options, data: pages.measure_answer(options)))
        def index():
            if count in self.full:
                self.samples["index"].append(pages.measure_index(self.options, self.full[count]))
        for _ in range(1 if self.options.quick else 3):
            self.step(1 + count / 100_000, f"making the index of {count:,} records", index)

    def plan_filled(self, count, round_number):
        # Short where the load's own records would soon be more than those that were there.
        seconds = max(2, self.seconds // 2) if count == self.records[-1] else 1
        places = [count, 0] if count == self.records[-1] else [count]
        for place in places:
            def measure(place=place):
                if place and place not in self.full:
                    return
                sample = load.measure(
                    sites.Ours(), self.options, self.work("f"), CONNECTIONS, seconds, self.full.get(place))
                self.samples["records"].append({"round": round_number, "records": place, **sample})
            self.step(seconds + 2, f"load with {place:,} records", measure)
        if count == self.records[-1]:
            def with_pages():
                if count in self.full:
                    sample = pages.measure_open(
                        self.options, self.work("o"), CONNECTIONS, seconds, self.full[count])
                    self.samples["records"].append({"round": round_number, "records": count, **sample})
            self.step(seconds + 2, f"load with {count:,} records and five pages open", with_pages)

    def plan_steady(self):
        def measure():
            self.samples["steady"] = load.measure_steady(
                self.options, self.work("s"), STEADY_RATE, self.minutes, self.minute)
        self.step(
            self.minutes * self.minute + 5, f"{STEADY_RATE:,} a second, {self.minutes} times {self.minute} s", measure)

    def plan_curve(self):
        for connections in self.curve:
            for contender in self.peers:
                def measure(contender=contender, connections=connections):
                    self.samples["curve"].append(load.measure(
                        contender, self.options, self.work("p"), connections, self.curve_seconds))
                self.step(
                    self.curve_seconds + 1, f"plot: {contender.name}, {connections} connections", measure,
                    optional=True)

    def measure_all(self):
        if os.path.exists(f"{self.options.run}/callback-go"):
            self.peers.append(sites.Go())
        else:
            self.notes.append("Go net/http/fcgi is left out: there is no Go toolchain here.")
        for round_number in range(self.options.rounds):
            if "load" not in self.left_out:
                self.plan_load(round_number)
            if "cgi" not in self.left_out:
                self.plan_cgi(round_number)
            if "telling" not in self.left_out:
                self.plan_telling(round_number)
        for part, plan in [
            ("recovery", self.plan_recovery), ("records", self.plan_records), ("records", self.plan_backlog),
            ("steady", self.plan_steady), ("curve", self.plan_curve),
        ]:
            if part not in self.left_out:
                plan()
        return self.run()


def parse():
    parser = argparse.ArgumentParser()
    for name in ["command", "binary", "output", "run", "data", "php-fpm", "php-cgi"]:
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--steady", action="store_true")
    parser.add_argument("--part", action="append", choices=PARTS)
    return parser.parse_args()


def main():
    # The servers are stopped on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    bench = Bench(parse())
    bench.facts["seconds"] = round(bench.measure_all())
    result = report.Report(bench)
    directory = bench.options.output
    for name, text in [
        ("bench.md", result.document()), ("bench.json", result.json()), ("bench.svg", plot.draw(bench)),
    ]:
        with open(f"{directory}/{name}", "w") as file:
            file.write(text)
    sys.stderr.write(f"Written to {directory}: bench.md, bench.json, bench.svg\n")
    sys.stdout.write(result.markdown())
    sys.exit(1 if bench.problems else 0)


if __name__ == "__main__":
    main()
