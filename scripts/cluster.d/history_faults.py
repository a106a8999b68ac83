"""What does not fit to what was before: an etcd or a server that was set back, batches that a newer version wrote, another
file system."""

import os
import re
import shutil
import time

from etcd_faults import EtcdLost
from faults import Fault, LostDisk
from group import NAMES
from machines import Failed, run, wait_until


class EtcdSetBack(EtcdLost):
    """All of etcd goes on with an older copy of its data, as from a backup, and knows nothing of what came since."""

    what = "all of etcd set back to an older copy: every server stops; a new one from the server that is farthest"
    takes = 45

    def begin(self, group, roles):
        self.stop_etcds(group)
        for machine in group.machines.values():
            shutil.rmtree(f"{machine.disk}/older", ignore_errors=True)
            shutil.copytree(f"{machine.disk}/etcd", f"{machine.disk}/older")
        self.start_etcds(group)
        group.wait_until_well()
        time.sleep(3)
        self.stop_etcds(group)
        for machine in group.machines.values():
            shutil.rmtree(f"{machine.disk}/etcd")
            os.rename(f"{machine.disk}/older", f"{machine.disk}/etcd")
        self.start_etcds(group)

    @staticmethod
    def stop_etcds(group):
        for machine in group.machines.values():
            machine.kill("etcd")

    @staticmethod
    def start_etcds(group):
        for name in NAMES:
            group.start_etcd(name, "existing")
        group.leader()

    def during(self, group, roles):
        for name in NAMES:
            wait_until(lambda name=name: "etcd has lost what it had told" in group.machines[name].log("serve", 40), 20,
                       lambda name=name: f"{name} does not say that etcd was set back: {group.words(name)}")
            if group.health(name):
                raise Failed(f"{name} calls itself well, and etcd was set back")

    def end(self, group, roles):
        for machine in group.machines.values():
            machine.kill_all()
            shutil.rmtree(f"{machine.disk}/etcd", ignore_errors=True)
            shutil.rmtree(f"{machine.disk}/older", ignore_errors=True)
        super().end(group, roles)


class NewerFormat(EtcdLost):
    """One server hands out a batch of a format that the others do not know, as a newer version might."""

    what = "a server that writes a newer format than the others know: they stop, and say what to install"
    takes = 30

    def begin(self, group, roles):
        self.name = roles["other"]
        group.machines[self.name].stop("serve")
        time.sleep(1)
        keys = group.etcdctl(roles["leader"], "get", "--prefix", "khoins/", "--keys-only").split()
        mark = next(key for key in keys if key.endswith(f"/a/{self.name}"))
        said = group.etcdctl(roles["leader"], "get", mark, "--print-value-only")
        vector = said.partition('"agreed":{')[2].partition("}")[0]
        sent = dict(part.replace('"', "").split(":") for part in vector.split(",") if part)
        number = int(sent.get(self.name, 0)) + 1
        self.key = f"{mark.rpartition('/a/')[0]}/e/{self.name}/{number:012}"
        group.put(roles["leader"], self.key, b'{"format":2,"nonce":"0","count":1}\n{}')

    def during(self, group, roles):
        for role in ["leader", "follower"]:
            name = roles[role]
            wait_until(lambda name=name: "install the version of the others" in group.machines[name].log("serve", 40), 20,
                       lambda name=name: f"{name} takes what it cannot read: {group.words(name)}")
            if group.health(name):
                raise Failed(f"{name} calls itself well, and cannot read what is agreed on")

    def end(self, group, roles):
        # In place of a newer version, which would read it.
        group.etcdctl(roles["leader"], "del", self.key)
        for role in ["leader", "follower"]:
            group.machines[roles[role]].stop("serve")
        for name in NAMES:
            group.serve(name)


class OldCopy(Fault):
    """A server gets back a copy of its own data that was made a while ago, as from a backup: first as it is, and then by way
    of `cluster seed`, after which nothing in etcd shows any more what it had. Both times it must not work with it."""

    what = "a server's data set back to an older copy, and then seeded from that: it stops"
    takes = 50

    def begin(self, group, roles):
        super().begin(group, roles)
        self.copy = f"{group.machines[self.name].disk}/older"
        shutil.rmtree(self.copy, ignore_errors=True)
        run("bash", "-c", group.copy_command(self.name), env={**os.environ, "KHOINS_DATA": self.copy})
        # Batches that came after the copy are deleted in etcd: only those after the first deletion are surely later.
        for _ in range(2):
            before = self.deletions(group)
            wait_until(lambda before=before: all(
                number > before.get(key, 0) for key, number in self.deletions(group).items()), 30, (
                    "nothing is deleted in etcd"))
        group.machines[self.name].stop("serve")

    def deletions(self, group):
        """By key: up to where the batches of each server were deleted."""
        keys = group.etcdctl(self.name, "get", "--prefix", "khoins/", "--keys-only").split()
        numbers = {}
        for key in keys:
            if re.fullmatch("khoins/[^/]*/d/[^/]*", key):
                said = group.etcdctl(self.name, "get", key, "--print-value-only").split()
                # Beside a warning that it took long, say.
                numbers[key] = int(next(word for word in said if word.isdigit()))
        return numbers

    def during(self, group, roles):
        data = group.data(self.name)
        shutil.rmtree(data)
        shutil.copytree(self.copy, data)
        self.refuses(group, "has lost what this server had told")
        group.command(self.name, "cluster", "seed", "--copy", group.copy_command(self.name, self.copy))
        self.refuses(group, "which etcd no longer has")

    def refuses(self, group, words):
        group.serve(self.name)
        wait_until(lambda: words in group.machines[self.name].log("serve", 40), 20, lambda: (
            f"{self.name} works with a copy that is too old: {group.words(self.name)}"))
        if group.health(self.name):
            raise Failed(f"{self.name} calls itself well, and its copy is too old")
        group.machines[self.name].stop("serve")

    def end(self, group, roles):
        group.machines[self.name].kill("serve")
        shutil.rmtree(self.copy, ignore_errors=True)
        group.seed(self.name, next(name for name in NAMES if name != self.name and group.health(name)))
        group.serve(self.name)


class OnXFS(LostDisk):
    """The lost disk is replaced by one with xfs, and then that machine loses its power; it stays so."""

    takes = 50
    what = "a disk with xfs in the place of a lost one, seeded beside the load, and then a power cut"

    def end(self, group, roles):
        machine = group.machines[self.name]
        machine.file_system = "xfs"
        super().end(group, roles)
        wait_until(lambda: group.health(self.name), 60, lambda: group.words(self.name))
        time.sleep(2)
        machine.cut_power()
        group.power_on(self.name)
