"""What can happen to three servers. Each fault begins, lasts, and is mended; who is hit is said by role.

Roles: `leader` is the server beside etcd's leader when it begins, `follower` and `other` are the other two.
"""

import contextlib
import glob
import json
import os
import shutil
import signal
import time

from group import NAMES
from machines import HERE, Failed, run, wait_until

YEAR = 365 * 24 * 3600  # seconds


class Fault:
    """One thing that happens. `well` says by role who should go on answering while it lasts: whose silence is told."""

    lasts = 4  # seconds
    takes = 15  # seconds, with the mending

    def __init__(self, who="leader"):
        self.who = who
        self.well = [role for role in ["leader", "follower", "other"] if role != who]
        self.name = None

    def begin(self, group, roles):
        self.name = roles[self.who]

    def during(self, group, roles):
        """Looks at what must be seen while it lasts. Throws `Failed`."""

    def end(self, group, roles):
        raise NotImplementedError

    def words(self):
        return f"{self.what}, {self.place()}"

    def place(self):
        return {"leader": "beside etcd's leader", "follower": "beside a follower", "other": "beside another follower"}[
            self.who]


class ServerKilled(Fault):
    what = "kill -9 of serve"

    def begin(self, group, roles):
        super().begin(group, roles)
        group.machines[self.name].kill("serve")

    def end(self, group, roles):
        group.serve(self.name)


class EtcdKilled(Fault):
    what = "kill -9 of etcd"

    def begin(self, group, roles):
        super().begin(group, roles)
        group.machines[self.name].kill("etcd")

    def end(self, group, roles):
        group.start_etcd(self.name, "existing")


class PowerCut(Fault):
    what = "power cut of a machine"

    def begin(self, group, roles):
        super().begin(group, roles)
        group.machines[self.name].cut_power()

    def end(self, group, roles):
        group.power_on(self.name)


class PowerCutTwice(PowerCut):
    what = "power cut of a machine, and again while it catches up"

    def end(self, group, roles):
        group.power_on(self.name)
        time.sleep(1.5)
        group.machines[self.name].cut_power()
        group.power_on(self.name)


class EveryPowerCut(Fault):
    what = "power cut of all three at once"
    lasts = 1

    def __init__(self, who="leader"):
        super().__init__(who)
        self.well = []

    def begin(self, group, roles):
        machines = group.machines.values()
        for machine in machines:
            machine.halt()
        for machine in machines:
            machine.shut_down_disk()
        for machine in machines:
            machine.kill_all()
        for machine in machines:
            machine.unmount()

    def end(self, group, roles):
        for name in NAMES:
            group.power_on(name)

    def words(self):
        return self.what


class Partition(Fault):
    what = "a machine that reaches nobody, and is reached by nobody"

    def begin(self, group, roles):
        super().begin(group, roles)
        group.machines[self.name].disconnect()

    def end(self, group, roles):
        group.machines[self.name].connect()


class OneWay(Fault):
    """`option` is relay.py's: who is mute is heard by nobody, who is deaf hears nobody."""

    def __init__(self, who="leader", option="--mute"):
        super().__init__(who)
        self.option = option
        self.what = "a machine that nobody hears" if option == "--mute" else "a machine that hears nobody"

    def begin(self, group, roles):
        super().begin(group, roles)
        group.relay.begin(self.option, group.machines[self.name].link)

    def end(self, group, roles):
        group.relay.end()


class BadNetwork(Fault):
    what = "40 ms more, and each 20th frame lost, between all"

    def __init__(self, who="leader"):
        super().__init__(who)
        self.well = []

    def begin(self, group, roles):
        group.relay.begin("--delay", "20", "--loss", "5")

    def end(self, group, roles):
        group.relay.end()

    def words(self):
        return self.what


class Stopped(Fault):
    what = "SIGSTOP of etcd and serve"

    def begin(self, group, roles):
        super().begin(group, roles)
        for what in ["etcd", "serve"]:
            group.machines[self.name].signal(what, signal.SIGSTOP)

    def end(self, group, roles):
        for what in ["etcd", "serve"]:
            group.machines[self.name].signal(what, signal.SIGCONT)


class FrozenDisk(Fault):
    what = "a disk that stands still (fsfreeze)"

    def begin(self, group, roles):
        super().begin(group, roles)
        run("fsfreeze", "--freeze", group.machines[self.name].disk)

    def end(self, group, roles):
        run("fsfreeze", "--unfreeze", group.machines[self.name].disk)


class FullDisk(Fault):
    what = "a full disk"

    def begin(self, group, roles):
        super().begin(group, roles)
        machine = group.machines[self.name]
        with open(f"{machine.disk}/ballast", "wb") as file:
            room = os.statvfs(machine.disk)
            with contextlib.suppress(OSError):
                os.posix_fallocate(file.fileno(), 0, room.f_bfree * room.f_frsize)
            with contextlib.suppress(OSError):
                while True:
                    file.seek(0, os.SEEK_END)
                    file.write(bytes(1 << 16))
                    file.flush()

    def end(self, group, roles):
        machine = group.machines[self.name]
        os.remove(f"{machine.disk}/ballast")
        # etcd ends where it cannot write; its service starts it again.
        if not machine.is_running("etcd"):
            group.start_etcd(self.name, "existing")


class LostDisk(Fault):
    takes = 35
    what = "a disk lost, etcd's member replaced, the data seeded beside the load"

    def begin(self, group, roles):
        super().begin(group, roles)
        group.machines[self.name].cut_power()

    def end(self, group, roles):
        group.machines[self.name].new_disk()
        group.replace_etcd(self.name)
        source = next(name for name in NAMES if name != self.name and group.health(name))
        group.seed(self.name, source)
        group.serve(self.name)


class FailingDisk(LostDisk):
    """Is replaced like a lost one: what etcd believes to have written there, and has told others, may be missing. (Seen:
    an etcd that was started on such a disk again ended with "tocommit is out of range".)"""

    what = "a disk on which every call fails (EIO), replaced"

    def begin(self, group, roles):
        Fault.begin(self, group, roles)
        group.machines[self.name].shut_down_disk()

    def during(self, group, roles):
        if group.health(self.name):
            raise Failed(f"{self.name} calls itself well, and has no disk")

    def end(self, group, roles):
        group.machines[self.name].kill_all()
        group.machines[self.name].unmount()
        super().end(group, roles)


class TwoDown(Fault):
    what = "two of three machines off"

    def __init__(self, who="leader"):
        super().__init__(who)
        self.well = []

    def begin(self, group, roles):
        for role in ["follower", "other"]:
            group.machines[roles[role]].cut_power()

    def during(self, group, roles):
        if group.health(roles["leader"]):
            raise Failed("one of three calls itself well, and has no majority")

    def end(self, group, roles):
        for role in ["follower", "other"]:
            group.power_on(roles[role])

    def words(self):
        return self.what


class TwoLives(Fault):
    takes = 35
    what = "a second process with a server's name and a copy of its data"

    def begin(self, group, roles):
        super().begin(group, roles)
        copy = f"{group.machines[self.name].disk}/twin"
        shutil.rmtree(copy, ignore_errors=True)
        # As where a machine is cloned. A copy that is older than what the server has told the others is refused anyway.
        group.machines[self.name].signal("serve", signal.SIGSTOP)
        run("bash", "-c", group.copy_command(self.name), env={**os.environ, "KHOINS_DATA": copy})
        group.serve(self.name, "twin", copy, f"{group.work}/twin.sock")
        wait_until(lambda: group.health(self.name, f"{group.work}/twin.sock"), 30, lambda: (
            f"the newer life is not well: {group.machines[self.name].log('twin')}"))
        group.machines[self.name].signal("serve", signal.SIGCONT)

    def during(self, group, roles):
        if group.health(self.name):
            raise Failed("the older life still calls itself well")

    def end(self, group, roles):
        machine = group.machines[self.name]
        machine.kill("twin")
        machine.stop("serve")
        shutil.rmtree(f"{machine.disk}/twin")
        # What the twin told the others that it has, only the twin has.
        group.seed(self.name, next(name for name in NAMES if name != self.name and group.health(name)))
        group.serve(self.name)


class WrongClock(Fault):
    what = "a server's clock a year behind"

    def __init__(self, who="leader"):
        super().__init__(who)
        self.well = []

    def begin(self, group, roles):
        super().begin(group, roles)
        machine = group.machines[self.name]
        clock = f"{group.work}/clock"
        run("cc", "-O2", "-o", clock, f"{HERE}/clock.c")
        machine.stop("serve")
        machine.start(
            "serve", clock, str(-YEAR), group.binary, "serve", "--listen", f"unix:{group.socket(self.name)}",
            environment=group.environment(self.name))

    def during(self, group, roles):
        group.wait_until_well([self.name], 20)

        def is_told():
            members = group.status(roles["leader"]).get("members", [])
            return any(one["name"] == self.name and one.get("needsLook") for one in members)
        wait_until(is_told, 20, f"cluster status says nothing of the clock of {self.name}")
        self.look(group)

    def look(self, group):
        """Whether the program believed it: the times in its records are of that year."""
        days = [time.strftime("%Y-%m-%d", time.gmtime(time.time() - YEAR - seconds)) for seconds in [0, 60]]
        files = glob.glob(f"{group.data(self.name)}/transactions/*.json")
        for path in sorted(files, key=os.path.getmtime, reverse=True)[:60]:
            with open(path) as file:
                if json.load(file)["receivedAt"][:10] in days:
                    return
        raise Failed(f"no record of {self.name} is of a year ago")

    def end(self, group, roles):
        group.machines[self.name].stop("serve")
        group.serve(self.name)


class Dead(ServerKilled):
    what = "a server that is dead while many callbacks come"
    lasts = 20
    takes = 35
