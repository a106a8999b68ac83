"""Three servers for a person to see; scripts/run --cluster runs this, within namespaces of its own."""

import argparse
import contextlib
import hashlib
import json
import os
import signal
import sys

import fastcgi
from callers import body_of
from group import NAMES, TOKEN, Group
from machines import Failed, wait_until


class Show:
    def __init__(self, options):
        self.options = options
        self.group = Group(options.binary, options.work)
        self.right = True

    def say(self, words=""):
        print(words, flush=True)

    def post(self, identifier, names=NAMES):
        """Posts as a load balancer does: to the next server where one does not answer with 200."""
        for name in names:
            try:
                status, body = fastcgi.request(self.group.socket(name), TOKEN, body_of("transaction", identifier))
            except (fastcgi.NotSent, fastcgi.NoAnswer):
                self.say(f"    {name} does not answer: the next one")
                continue
            self.say(f"    {name} answers {status} {body.decode().strip()}")
            if status == 200:
                return
        self.right = False

    def path(self, name, identifier):
        return f"{self.group.data(name)}/transactions/{identifier}.json"

    def record(self, name, identifier):
        try:
            with open(self.path(name, identifier), "rb") as file:
                return file.read()
        except OSError:
            return None

    def compare(self, identifier, names):
        """Shows the record's digest on each of these servers, which must be the same."""
        def same():
            records = [self.record(name, identifier) for name in names]
            return records[0] is not None and all(record == records[0] for record in records)
        try:
            wait_until(same, 30, "")
        except Failed:
            self.right = False
        for name in names:
            record = self.record(name, identifier)
            told = f"SHA-256 {hashlib.sha256(record).hexdigest()[:16]}…" if record else "not there"
            self.say(f"    {name}  transactions/{identifier}.json  {told}")

    def status(self):
        # Each says once a second how far it is.
        with contextlib.suppress(Failed):
            wait_until(lambda: not any(one.get("behind") for one in self.group.status("a")["members"]), 5, "")
        for line in self.group.command("a", "cluster", "status", check=False).splitlines():
            self.say(f"    {line}")

    def off(self, name):
        self.group.machines[name].cut_power()

    def on(self, name):
        self.group.power_on(name)
        self.group.wait_until_well([name])

    def tell(self):
        group = self.group
        self.say("Three machines, each with a network, a disk, an etcd and a khoins-callback of its own:")
        group.begin()
        for name in NAMES:
            machine = group.machines[name]
            self.say(f"    {name}  {machine.address}  {group.data(name)}")
        self.say("\nA callback is posted to a:")
        self.post("abc-123")
        self.compare("abc-123", NAMES)
        leader = group.leader()
        others = [name for name in NAMES if name != leader]
        self.say(f"\nThe power of {leader} is cut, beside which etcd's leader runs. Another callback comes:")
        self.off(leader)
        self.post("abc-124", [leader, *others])
        self.compare("abc-124", others)
        self.say(f"\n{leader} is switched on again, and catches up:")
        self.on(leader)
        self.compare("abc-124", NAMES)
        self.say("\nThe record is the same on all three:")
        record = self.record(leader, "abc-124")
        if record:
            self.say(json.dumps(json.loads(record), indent=2, ensure_ascii=False))
        self.say("\nkhoins-callback cluster status:")
        self.status()
        self.say("" if self.right else "\nSomething went wrong: the record is not the same everywhere.")

    def serve(self):
        """Lets a person switch machines off and on."""
        self.say(f"""Serving. Ctrl-C stops.
  The callback's URL   {self.options.url}   (nginx asks the next server where one is off)
  Post another         scripts/send-callback --shape T2 {self.options.url}
  Type here            off NAME, on NAME, show TRXID, status""")
        for line in sys.stdin:
            words = line.split()
            try:
                match words:
                    case ["off", name] if name in NAMES:
                        self.off(name)
                        self.say(f"{name} is off")
                    case ["on", name] if name in NAMES:
                        self.on(name)
                        self.say(f"{name} is on, and has caught up")
                    case ["show", identifier]:
                        running = [name for name in NAMES if self.group.machines[name].is_running("serve")]
                        self.compare(os.path.basename(identifier), running)
                    case ["status"]:
                        self.status()
                    case _:
                        self.say("Type off NAME, on NAME, show TRXID, or status")
            except (Failed, OSError) as problem:
                self.say(f"That did not work: {problem}")
        signal.pause()


def main():
    parser = argparse.ArgumentParser()
    for name in ["binary", "work", "url"]:
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--once", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    show = Show(options)
    try:
        show.tell()
        if not options.once:
            show.serve()
    except KeyboardInterrupt:
        pass
    finally:
        show.group.end()
    sys.exit(0 if show.right else 1)


if __name__ == "__main__":
    main()
