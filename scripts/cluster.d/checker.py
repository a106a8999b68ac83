"""What must hold when it is quiet, whatever happened before: nothing that was answered is lost or doubled, and all
servers hold the same bytes."""

import json
import os
import time

FOLDERS = {"transaction": "transactions", "topup": "topups", "rejected": "rejected"}


def names(data, folder):
    """The records in a folder; the program's own, which begin with a dot, are none."""
    try:
        return {name for name in os.listdir(f"{data}/{folder}") if not name.startswith(".")}
    except FileNotFoundError:
        return set()


def read(path):
    with open(path, "rb") as file:
        return file.read()


class Checker:
    """Compares the data directories of all servers with what the callers were told."""

    def __init__(self, directories):
        self.directories = directories  # by the server's name
        self.seen = {folder: set() for folder in FOLDERS.values()}  # looked at in an earlier round

    def listings(self):
        return {name: {folder: names(data, folder) for folder in FOLDERS.values()}
                for name, data in self.directories.items()}

    def settle(self, seconds, told):
        """Waits until all servers hold the same number of records, and at least what was answered.

        Returns whether that came about."""
        least = sum(1 for one in told.values() if one.answered)
        deadline = time.monotonic() + seconds
        while True:
            lists = self.listings()
            new = [sum(len(found - self.seen[folder]) for folder, found in one.items()) for one in lists.values()]
            if lists and min(new) == max(new) and min(new) >= least:
                # What was agreed a moment ago may be on its way to all of them.
                time.sleep(1)
                if self.listings() == lists:
                    return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.3)

    def check(self, prefix, told, complete=False):
        """Returns what is wrong, in sentences; nothing where all is well.

        - prefix: how the round's ids begin; only records that are new are read, unless `complete`.
        - told: what the callers were told, by id."""
        problems = []
        lists = self.listings()
        first, *others = self.directories
        counts = {}
        for folder in FOLDERS.values():
            everything = set().union(*(one[folder] for one in lists.values()))
            looked_at = everything if complete else everything - self.seen[folder]
            for name in sorted(everything):
                missing = [server for server in self.directories if name not in lists[server][folder]]
                if missing:
                    problems.append(f"{folder}/{name} is missing on {', '.join(missing)}")
            for name in sorted(looked_at):
                if name not in lists[first][folder]:
                    continue
                try:
                    bytes_here = read(f"{self.directories[first]}/{folder}/{name}")
                    self.count(folder, json.loads(bytes_here), counts)
                except (OSError, ValueError) as problem:
                    problems.append(f"{folder}/{name} on {first}: {problem}")
                    continue
                for other in others:
                    if name in lists[other][folder] and read(
                            f"{self.directories[other]}/{folder}/{name}") != bytes_here:
                        problems.append(f"{folder}/{name} differs on {first} and {other}")
        problems += self.judge(prefix, told, counts)
        if not problems:
            for folder in FOLDERS.values():
                self.seen[folder] |= set().union(*(one[folder] for one in lists.values()))
        return problems

    def check_when_quiet(self, prefix, told, seconds=180):
        """Checks until nothing is wrong, or for so long: after a power cut a server looks at its records one after the
        other beside its work, and a file that the cut has left empty is there until its turn comes."""
        settled = self.settle(seconds, told)
        deadline = time.monotonic() + seconds
        while True:
            problems = self.check(prefix, told)
            if not problems or time.monotonic() > deadline:
                break
            time.sleep(2)
        return problems if settled else [*problems, f"the servers do not come to hold the same within {seconds} s"]

    @staticmethod
    def count(folder, record, counts):
        """Adds how often each id was taken."""
        if folder == "rejected":
            identifier = record["body"].rpartition(" ")[2]
            counts[identifier] = counts.get(identifier, 0) + 1
        else:
            counts[record["trxid"]] = sum(delivery["count"] for delivery in record["deliveries"])

    @staticmethod
    def judge(prefix, told, counts):
        problems = []
        for identifier, one in told.items():
            times = counts.get(identifier, 0)
            if times < one.answered:
                problems.append(f"lost: {identifier} was answered, and is filed {times} times")
            elif times > one.tries:
                problems.append(f"doubled: {identifier} was sent {one.tries} times, and is filed {times} times")
        for identifier in counts:
            if identifier.startswith(f"{prefix}-") and identifier not in told:
                problems.append(f"invented: nobody sent {identifier}")
        return problems
