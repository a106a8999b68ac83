"""How fast three servers agree; scripts/bench --cluster runs this, within namespaces of its own.

Servers, etcds, nginx and the callers share this one machine, and each server does all the work.
"""

import argparse
import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import time

from callers import Callers
from faults import EtcdKilled
from group import HERE, NAMES, TOKEN, Group
from machines import Failed, run, wait_until

sys.path.insert(0, f"{HERE}/../bench.d")
import facts
import load
import sites
from measures import Measure
from report import spread, table

# Puts of a batch's size into the etcd of this network namespace, one after the other: the median in milliseconds.
PUTS = """
import base64, http.client, json, statistics, time
connection, times = http.client.HTTPConnection("127.0.0.1", 2379), []
for number in range(300):
    body = json.dumps({"key": base64.b64encode(b"append/%d" % number).decode(),
                       "value": base64.b64encode(bytes(600)).decode()})
    began = time.perf_counter()
    connection.request("POST", "/v3/kv/put", body)
    connection.getresponse().read()
    times.append(time.perf_counter() - began)
print(statistics.median(times) * 1e3)
"""


class Speed:
    def __init__(self, options):
        self.options = options
        self.group = Group(options.binary, options.work, is_measured=True)
        self.nginx, self.ports, self.runs = [], {}, 0
        self.samples, self.notes = {}, []

    def say(self, words):
        sys.stderr.write(f"{words}\n")
        sys.stderr.flush()

    def add(self, key, value):
        self.samples.setdefault(key, []).append(value)

    # Load

    def start_nginx(self, name):
        """Puts nginx, with nginx.conf.example, before a server."""
        work, self.ports[name] = f"{self.options.work}/nginx-{name}", sites.free_port()
        os.makedirs(work)
        with open(f"{work}/nginx.conf", "w") as file:
            file.write(sites.nginx_configuration(sites.Ours(), work, self.group.socket(name), self.ports[name]))
        self.nginx.append(subprocess.Popen(
            ["nginx", "-p", work, "-c", f"{work}/nginx.conf"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        wait_until(lambda: sites.status_of_get(self.ports[name]) is not None, 20, f"nginx before {name} does not start")

    def records(self, name):
        return load.names(f"{self.group.data(name)}/transactions", f"m{self.runs}-")

    def load(self, connections, seconds, names=NAMES):
        """Callers on each of these servers at once.

        Returns wrk's results by server, how many were answered, and seconds until all servers held everything."""
        self.runs += 1
        began, started = time.monotonic(), {}
        for name in names:
            started[name] = subprocess.Popen(
                ["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--timeout", "20s", "-s",
                 f"{HERE}/../bench.d/load.lua", f"http://127.0.0.1:{self.ports[name]}{sites.PATH}", "--",
                 f"{HERE}/../bench.d/callback.json", f"m{self.runs}-{name}", "new"],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        results = {}
        for name, process in started.items():
            said = process.communicate(timeout=seconds + 60)[0].decode(errors="replace")
            try:
                results[name] = json.loads(said.splitlines()[-1])
            except (IndexError, ValueError):
                raise Failed(f"wrk: {said[-300:]}") from None
            if any(results[name][key] for key in ["refused", "connect", "read", "write", "timeout"]):
                raise Failed(f"{name} did not answer everything with 200: {results[name]}")
        answered = sum(result["requests"] for result in results.values())
        everywhere = [name for name in NAMES if self.group.machines[name].is_running("serve")]
        wait_until(lambda: all(self.records(name) >= answered for name in everywhere), 60, (
            "not everything is everywhere"))
        return results, answered, time.monotonic() - began

    # What is measured

    def alone(self):
        """One server without a cluster, and etcd's own append: what one callback is compared with."""
        group = self.group
        group.serve("a", alone=True)
        wait_until(lambda: group.health("a"), 20, lambda: group.words("a"))
        for _ in range(self.options.rounds):
            results, _, _ = self.load(1, self.options.seconds, ["a"])
            self.add("single", results["a"]["p50"] / 1e3)
        group.machines["a"].stop("serve")
        group.start_etcds()
        for _ in range(self.options.rounds):
            self.add("append", float(group.machines["a"].run(sys.executable, "-c", PUTS)))
        for machine in group.machines.values():
            machine.kill_all()
            run("rm", "-rf", f"{machine.disk}/etcd", f"{machine.disk}/data")

    def measure(self, round_number):
        for words, connections in [("384", 128), ("24", 8), ("one", 1)]:
            self.say(f"Round {round_number + 1}: {words} callers")
            names = NAMES if connections > 1 else ["a"]
            results, answered, seconds = self.load(connections, self.options.seconds, names)
            p99 = [result["p99"] / 1e3 for result in results.values()]
            if connections == 128:
                self.add("rate", answered / seconds)
                self.add("fairness", max(p99) / min(p99))
                self.add("p99-384", max(p99))
                self.add("longest-384", max(result["max"] for result in results.values()) / 1e3)
            elif connections == 8:
                self.add("p99-24", max(p99))
                self.add("fairness-24", max(p99) / min(p99))
                self.add("rate-24", answered / seconds)
            else:
                self.add("one", results["a"]["p50"] / 1e3)

    def leader_dies(self):
        self.say("The leader dies")
        group = self.group
        callers = Callers({name: group.socket(name) for name in NAMES}, TOKEN)
        for number in range(self.options.rounds):
            group.wait_until_well()
            leader = group.leader()
            roles = {"leader": leader}
            fault = EtcdKilled("leader")
            callers.begin(f"d{number}")
            time.sleep(1)
            began = time.monotonic()
            fault.begin(group, roles)
            time.sleep(5)
            self.add("leader", max(
                callers.longest_silence([name], began, time.monotonic()) for name in NAMES if name != leader))
            fault.end(group, roles)
            callers.end()

    def catch_up(self):
        """A server that was away while so many callbacks came."""
        group, wanted = self.group, self.options.behind
        self.say(f"{wanted:,} callbacks while one server is away")
        group.wait_until_well()
        group.machines["c"].stop("serve")
        first = self.runs + 1
        count, deadline = 0, time.monotonic() + 600
        while count < wanted and time.monotonic() < deadline:
            count += self.load(128, 10, ["a", "b"])[1]

        def has_all():
            return sum(load.names(f"{group.data('c')}/transactions", f"m{number}-")
                       for number in range(first, self.runs + 1)) >= count
        began = time.monotonic()
        group.serve("c")
        wait_until(has_all, 300, f"{count:,} callbacks are not caught up within 300 s")
        self.add("catch-up", (time.monotonic() - began) * 100_000 / count)
        self.notes.append(f"{count:,} callbacks were caught up; the figure is for 100,000.")

    def measure_all(self):
        for name in NAMES:
            self.start_nginx(name)
        self.say("One server alone, and etcd's own append")
        self.alone()
        self.group.begin()
        for number in range(self.options.rounds):
            self.measure(number)
        for part in [self.leader_dies, self.catch_up]:
            try:
                part()
            except Failed as problem:
                self.notes.append(f"Wrong: {problem}")
                self.say(str(problem))

    # What is said

    def measures(self):
        get = self.samples.get
        single, append = get("single", []), get("append", [])
        beside = statistics.median(single) + statistics.median(append) if single and append else None
        one = [value / beside for value in get("one", [])] if beside else []
        return [
            Measure("rate", "384 callers: callbacks/s, agreed and filed on all three", "", 3000, 3800, True,
                    get("rate", [])),
            Measure("p99-24", "24 callers: p99, of the slowest server", "ms", 75, 50, False, get("p99-24", [])),
            Measure("one", "one callback alone: median, against a single server's and etcd's own append together", "x",
                    3, 1.5, False, one),
            Measure("fairness", "384 callers: the slowest server's p99 against the fastest's", "x", 1.3, 1.1, False,
                    get("fairness", [])),
            Measure("leader", "etcd's leader dies: longest silence of another server", "s", 3, 2, False,
                    get("leader", [])),
            Measure("catch-up", "100,000 entries caught up", "s", 20, 10, False, get("catch-up", [])),
        ]

    def document(self):
        rows = [[measure.name, spread(measure.values, f" {measure.unit}"), f"{measure.at_least:g} {measure.unit}",
                 f"{measure.aim:g} {measure.unit}", measure.verdict()] for measure in self.measures()]
        more = [[words, spread(self.samples.get(key, []), f" {unit}")] for words, key, unit in [
            ("one callback alone: median", "one", "ms"), ("the same on a single server", "single", "ms"),
            ("etcd's own append of 600 bytes, by its gateway", "append", "ms"),
            ("384 callers: p99 of the slowest server", "p99-384", "ms"),
            ("384 callers: the longest", "longest-384", "ms"), ("24 callers: callbacks/s", "rate-24", ""),
            ("24 callers: the slowest server's p99 against the fastest's", "fairness-24", "x")]]
        before = f"{self.options.load_before:.1f}"
        if self.options.load_before > 0.5 * len(os.sched_getaffinity(0)):
            before += " (others were working: do not rely on these figures)"
        machine = [
            ["date", time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())], ["processor", facts.processor()],
            ["cores", str(len(os.sched_getaffinity(0)))], ["system", facts.distribution()],
            ["etcd", facts.first_line("etcd", "--version").rpartition(" ")[2]],
            ["khoins-callback", facts.first_line(self.options.binary, "--version")], ["load before", before]]
        notes = "".join(f"- {text}\n" for text in self.notes)
        return "\n".join([
            "# Speed of three servers", "",
            "Written by `scripts/bench --cluster --record`, never by hand. Three servers, three etcds, nginx before each,",
            "and the callers, all on one machine; each server files every callback. Each has an ext4 of its own in a file, which",
            "is written with direct I/O, on one disk.", "",
            table(["measure", "measured", "at least", "aim", ""], ["---", "---:", "---:", "---:", "---"], rows),
            f"The median of {self.options.rounds} rounds, and from where to where they went.", "", notes,
            table(["besides", "measured"], ["---", "---:"], more), table(["machine", ""], ["---", "---"], machine)])

    def close(self):
        for process in self.nginx:
            process.terminate()
        with contextlib.suppress(Exception):
            self.group.end()


def main():
    parser = argparse.ArgumentParser()
    for name in ["binary", "work", "output"]:
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--behind", type=int, default=100_000)
    options = parser.parse_args()
    options.load_before = os.getloadavg()[0]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    speed = Speed(options)
    try:
        speed.measure_all()
    except Failed as problem:
        speed.notes.append(f"Wrong: {problem}")
        speed.say(str(problem))
    finally:
        speed.close()
    text = speed.document()
    with open(f"{options.output}/cluster-speed.md", "w") as file:
        file.write(text)
    with open(f"{options.output}/cluster-speed.json", "w") as file:
        measures = [measure.fields() for measure in speed.measures()]
        json.dump({"measures": measures, "samples": speed.samples}, file, indent=1)
    print(text)
    sys.exit(1 if any(note.startswith("Wrong") for note in speed.notes) else 0)


if __name__ == "__main__":
    main()
