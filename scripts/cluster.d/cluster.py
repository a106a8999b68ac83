"""Three servers, faults, and a checker; scripts/test --cluster runs this, and says what it needs.

Prints a line for each thing that was tried, and the plain closing line `N passed, N failed`.
"""

import argparse
import contextlib
import os
import random
import signal
import sys
import time
import traceback

import examples
import selfcheck
from callers import Callers
from checker import Checker
from etcd_faults import Differs
from group import NAMES, TOKEN, Group
from machines import Failed, run, wait_until
from record import Record
from rows import last, pairs, rows


class Trials:
    """Runs scenarios one after the other on the same three servers, which keep what they have."""

    def __init__(self, options):
        self.options = options
        self.group = Group(options.binary, options.work)
        self.callers = Callers({name: self.group.socket(name) for name in NAMES}, TOKEN, options.pause)
        self.checker = Checker({name: self.group.data(name) for name in NAMES})
        self.passed = self.failed = 0
        self.everything = {}
        self.number = 0
        self.record = Record()

    def say(self, words):
        sys.stderr.write(f"{words}\n")
        sys.stderr.flush()

    # What is tried

    def scenario(self, words, faults, reason=""):
        """One fault, or two that overlap, under load."""
        self.number += 1
        prefix = f"r{self.number}"
        group, began = self.group, time.monotonic()
        problems, silence = [], None
        try:
            group.wait_until_well()
            roles = self.roles()
            self.callers.begin(prefix)
            time.sleep(1)
            hurt = time.monotonic()
            begun = []
            try:
                for fault in faults:
                    fault.begin(group, roles)
                    begun.append(fault)
                    time.sleep(fault.lasts if fault is faults[-1] else 1)
                if len(faults) == 1:
                    faults[0].during(group, roles)
            finally:
                mending = time.monotonic()
                for fault in begun:
                    fault.end(group, roles)
                    time.sleep(1 if fault is not begun[-1] else 0)
            well = [name for role, name in roles.items() if all(role in fault.well for fault in faults)]
            if well:
                silence = self.callers.longest_silence(well, hurt, mending)
            group.wait_until_well()
            time.sleep(1)
        except Failed as problem:
            problems.append(str(problem))
        # A harness that errs must not look like a fault that was survived.
        except Exception:
            problems.append(traceback.format_exc())
        problems += self.conclude(prefix, problems)
        self.report(words, reason, problems, silence, time.monotonic() - began)

    def roles(self):
        leader = self.group.leader()
        others = [name for name in NAMES if name != leader]
        return dict(zip(["leader", "follower", "other"], [leader, *others]))

    def conclude(self, prefix, problems):
        """Ends the load, and checks what is filed. Brings the servers back first where something went wrong."""
        told = self.callers.end() if self.callers.running.is_set() else {}
        self.everything |= told
        more = []
        if problems:
            try:
                self.recover()
            except Failed as problem:
                return [f"and they do not come back: {problem}"]
        more += self.checker.check_when_quiet(prefix, told)
        if told and not any(one.answered for one in told.values()):
            more.append("nothing was answered at all")
        return more

    def recover(self):
        """Whatever lasts, ends."""
        group = self.group
        group.relay.end()
        for name, machine in group.machines.items():
            with contextlib.suppress(Failed):
                run("fsfreeze", "--unfreeze", machine.disk)
            machine.connect()
            for what in ["etcd", "serve"]:
                machine.signal(what, signal.SIGCONT)
            machine.kill_all()
            with contextlib.suppress(Failed):
                machine.unmount()
            group.power_on(name)
        group.wait_until_well()

    def report(self, words, reason, problems, silence, seconds):
        told = self.callers.told
        kept = sum(1 for one in told.values() if one.answered)
        row = {
            "words": words, "reason": reason, "kept": kept, "unhappy": sum(self.callers.unhappy.values()),
            "silence": silence, "seconds": seconds, "problems": problems}
        self.record.add(row)
        if problems:
            self.failed += 1
            more = f"; and {len(problems) - 6} more" if problems[6:] else ""
            self.say(f"✘ {words}: {'; '.join(problems[:6])}{more}")
            for name in NAMES:
                self.say(f"    {self.group.words(name)}")
        else:
            self.passed += 1
            still = "" if silence is None else f", the others were silent for {silence:.1f} s at most"
            self.say(f"✔ {words}: {kept} kept, {row['unhappy']} refused or without an answer{still} ({seconds:.0f} s)")

    def step(self, words, action):
        """Something that is no fault, with callbacks before and after it."""
        self.number += 1
        prefix, began, problems = f"s{self.number}", time.monotonic(), []
        self.callers.told, self.callers.unhappy = {}, {}
        try:
            action(prefix)
        except Failed as problem:
            problems.append(str(problem))
        except Exception:
            problems.append(traceback.format_exc())
        self.report(words, "", problems, None, time.monotonic() - began)
        return not problems

    # From one server to three, and back

    def load(self, prefix, seconds):
        self.callers.begin(prefix)
        time.sleep(seconds)
        told = self.callers.end()
        self.everything |= told
        return told

    def agree(self, prefix, told):
        problems = self.checker.check_when_quiet(prefix, told)
        if problems:
            raise Failed("; ".join(problems[:6]))

    def upgrade(self, prefix):
        """A server that was alone becomes one of three."""
        group = self.group
        group.start_etcds()
        group.serve("a", alone=True)
        wait_until(lambda: group.health("a"), 20, lambda: group.words("a"))
        told = self.load(prefix, 2)
        group.machines["a"].stop("serve")
        group.command("a", "cluster", "init", "--name", "a")
        group.serve("a")
        group.wait_until_well(["a"])
        self.callers.begin(f"{prefix}j")
        for name in ["b", "c"]:
            group.seed(name, "a", "join")
            group.serve(name)
            group.wait_until_well([name])
        told |= self.callers.end()
        self.everything |= told
        self.agree(prefix, told)

    def broken(self, prefix):
        """A record of one server is changed behind its back: the checker must see it, and `verify --repair` mend it."""
        told = self.load(prefix, 1)
        self.agree(prefix, told)
        identifier = next(name for name, one in told.items() if one.answered and one.kind == "transaction")
        path = f"{self.group.data('b')}/transactions/{identifier}.json"
        with open(path) as file:
            text = file.read()
        with open(path, "w") as file:
            file.write(text.replace('"Success"', '"Failed"', 1))
        if not self.checker.check(prefix, {}, complete=True):
            raise Failed("a record that was changed on one server was not noticed")
        self.group.command("b", "verify", "--repair", check=False)
        problems = self.checker.check(prefix, told, complete=True)
        if problems:
            raise Failed("; ".join(problems[:6]))

    def differs(self, prefix):
        """Beside load: what the two say is of a place that the third has long gone by."""
        self.group.wait_until_well()
        self.callers.begin(f"{prefix}d")
        fault, roles = Differs(), self.roles()
        try:
            fault.begin(self.group, roles)
            fault.during(self.group, roles)
        finally:
            fault.end(self.group, roles)
            told = self.callers.end()
        self.everything |= told
        self.group.wait_until_well()
        self.agree(f"{prefix}d", told)
        self.agree(prefix, self.load(prefix, 1))

    def back_to_one(self, prefix):
        """Two leave, then the last one does, and goes on alone."""
        group = self.group
        for name in ["c", "b", "a"]:
            group.machines[name].stop("serve")
            group.command(name, "cluster", "leave")
        for machine in group.machines.values():
            machine.kill("etcd")
        group.serve("a", alone=True)
        wait_until(lambda: group.health("a"), 20, lambda: group.words("a"))
        told = self.load(prefix, 2)
        alone = Checker({"a": group.data("a")})
        problems = alone.check(prefix, self.everything, complete=True)
        if problems or not any(one.answered for one in told.values()):
            raise Failed("; ".join(problems[:6]) or "nothing was answered at all")
        group.command("a", "verify", alone=True)

    def complete(self, prefix):
        """Everything, from the beginning, and `verify` on each."""
        problems = self.checker.check(prefix, self.everything, complete=True)
        for name in NAMES:
            try:
                self.group.command(name, "verify")
            except Failed as problem:
                problems.append(str(problem))
        if problems:
            raise Failed("; ".join(problems[:6]))

    def run(self):
        options = self.options
        if not self.step("the checker notices what is broken on purpose", lambda _: selfcheck.check(options.work)):
            return
        self.step("the examples are taken by nginx, systemd and nft", lambda _: examples.check(options.work))
        if not self.step("from one server with callbacks to three, beside load", self.upgrade):
            return
        self.step("a record changed on one server is noticed, and mended", self.broken)
        self.step(f"{Differs.what}: it stops", self.differs)
        plan = [(fault.words(), [fault], "") for fault in rows()]
        plan += [(f"{one.words()}; and {two.words()}", [one, two], why) for one, two, why in pairs()]
        plan += [(fault.words(), [fault], "") for fault in last()]
        if options.only:
            plan = [entry for entry in plan if any(word in entry[0] for word in options.only)]
        # Where the run is recorded, the table's order is kept.
        if options.seconds and not options.record:
            seed = options.seed if options.seed is not None else random.randrange(1 << 30)
            self.say(f"The order of what is tried comes from the seed {seed}")
            random.Random(seed).shuffle(plan)
        left = []
        # With minutes, over and over until they are up.
        while plan and not left:
            for words, faults, reason in plan:
                # What takes long does not begin near the end.
                if options.seconds and self.seconds_left() < sum(fault.takes for fault in faults):
                    left.append(words)
                else:
                    self.scenario(words, faults, reason)
            if not options.seconds or options.record:
                break
        if left:
            self.say(f"{len(left)} of {len(plan)} were not tried this time: the minutes were up")
        for words in left if options.record else []:
            self.record.skip(words, "the minutes were up")
        self.step("at the end: every answer since the beginning, and `verify` on each", self.complete)
        self.step("from three servers back to one", self.back_to_one)

    def seconds_left(self):
        """For faults: what is to be done after them takes a while too."""
        return self.options.began + self.options.seconds - 20 - time.monotonic()

    def close(self):
        with contextlib.suppress(Exception):
            self.group.end()


def main():
    parser = argparse.ArgumentParser()
    for name in ["binary", "work"]:
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--pause", type=float, default=0.08)
    parser.add_argument("--only", action="append")
    parser.add_argument("--record")
    options = parser.parse_args()
    options.began, options.seconds = time.monotonic(), options.minutes * 60
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    trials = Trials(options)
    try:
        trials.run()
    finally:
        trials.close()
    for words in trials.record.skipped_lines():
        trials.say(words)
    if options.record and not trials.failed:
        if os.environ.get("KHOINS_TEST_ETCD"):
            trials.record.write_other(options.record, options.binary)
        else:
            trials.record.write(options.record, options.binary)
    print(f"{trials.passed} passed, {trials.failed} failed")
    sys.exit(1 if trials.failed else 0)


if __name__ == "__main__":
    main()
