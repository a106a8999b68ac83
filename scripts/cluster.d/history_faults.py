"""What does not fit to what was before: an etcd that was set back, batches that a newer version wrote, another file system."""

import os
import shutil
import time

from etcd_faults import EtcdLost
from faults import LostDisk
from group import NAMES
from machines import Failed, wait_until


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
