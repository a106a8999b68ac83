"""What can happen to etcd as a whole: it is lost, or it is full."""

import os
import re
import shutil
import time

from faults import Fault
from group import NAMES
from machines import Failed, wait_until


class EtcdLost(Fault):
    takes = 30
    what = "all of etcd lost: a new one from the server that is farthest"
    lasts = 1

    def __init__(self, who="leader"):
        super().__init__(who)
        self.well = []

    def begin(self, group, roles):
        for machine in group.machines.values():
            machine.kill_all()
            shutil.rmtree(f"{machine.disk}/etcd")

    def end(self, group, roles):
        farthest = max(NAMES, key=lambda name: newest_position(group.data(name)))
        group.token += "x"
        group.start_etcds()
        group.command(farthest, "cluster", "init")
        group.serve(farthest)
        group.wait_until_well([farthest])
        for name in NAMES:
            if name != farthest:
                group.seed(name, farthest, "join")
                group.serve(name)

    def words(self):
        return self.what


def newest_position(data):
    """The number of the journal's last entry."""
    folder = f"{data}/journal"
    files = sorted(name for name in os.listdir(folder) if name.endswith(".jsonl"))
    with open(f"{folder}/{files[-1]}", "rb") as file:
        lines = [line for line in file.read().split(b"\n") if line.strip()]
    first = int(files[-1].partition("-")[0])
    return first + len(lines)


class EtcdFull(Fault):
    """Fills etcd as batches of a dead member would: past the bound at which the others go on without it, and then up to
    its quota."""

    takes = 200
    what = "etcd full: a dead server is left behind, then nothing more is taken until etcd has room"

    def __init__(self, who="leader"):
        super().__init__(who)
        self.well = []

    def begin(self, group, roles):
        super().begin(group, roles)
        dead = roles["other"]
        group.machines[dead].kill("serve")
        junk, count = os.urandom(1_400_000), 0

        def is_full():
            nonlocal count
            said = group.put(self.name, f"ballast/{count:04d}", junk)
            count += 1
            return "space exceeded" in said
        wait_until(is_full, 400, "etcd does not become full")
        standing = {one["name"]: one["standing"] for one in group.status(self.name)["members"]}
        if standing[dead] != "gone":
            raise Failed(f"{dead} was dead, etcd is full, and the others wait for it: {standing}")

    def during(self, group, roles):
        if any(group.health(roles[role]) for role in ["leader", "follower"]):
            raise Failed("a server calls itself well, and etcd takes nothing")

    def end(self, group, roles):
        dead = roles["other"]
        group.etcdctl(self.name, "del", "--prefix", "ballast/")
        revision = group.etcd_status(self.name)["header"]["revision"]
        group.etcdctl(self.name, "compact", str(revision))
        for name in NAMES:
            group.etcdctl(name, "--command-timeout=60s", "defrag")
        group.etcdctl(self.name, "alarm", "disarm")
        group.wait_until_well([self.name])
        # It must not come back as if nothing had been.
        group.serve(dead)
        time.sleep(2)
        if group.health(dead):
            raise Failed(f"{dead} was left behind, and calls itself well")
        group.machines[dead].stop("serve")
        group.seed(dead, self.name)
        group.serve(dead)

    def words(self):
        return self.what


class Differs(Fault):
    """Two servers say of themselves that they have agreed on something else than the third, which must stop."""

    takes = 30
    what = "a server that finds itself different from two others"

    def __init__(self, who="leader"):
        super().__init__(who)
        self.well = []

    def begin(self, group, roles):
        super().begin(group, roles)
        for role in ["follower", "other"]:
            group.machines[roles[role]].stop("serve")
        time.sleep(1)
        for key in group.etcdctl(self.name, "get", "--prefix", "khoins/", "--keys-only").split():
            if key.endswith(tuple(f"/a/{roles[role]}" for role in ["follower", "other"])):
                said = group.etcdctl(self.name, "get", key, "--print-value-only").strip()
                changed = re.sub(r'"chain":"[0-9a-f]+"', '"chain":"0badc0de"', said)
                if changed == said:
                    raise Failed(f"{key} has no chain: {said}")
                group.put(self.name, key, changed.encode())

    def during(self, group, roles):
        wait_until(lambda: not group.health(self.name), 30, f"{self.name} differs from two others, and calls itself well")
        if "is not what" not in group.machines[self.name].log("serve", 50):
            raise Failed(f"the log of {self.name} does not say that it differs")

    def end(self, group, roles):
        others = [roles[role] for role in ["follower", "other"]]
        for name in others:
            group.serve(name)
        group.wait_until_well(others)
        # Each tells anew what it has, and the third, which is right, may go on.
        time.sleep(3)
        group.machines[self.name].stop("serve")
        group.serve(self.name)

    def words(self):
        return self.what
