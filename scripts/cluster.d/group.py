"""Three servers: on each machine an etcd and a `serve` beside it."""

import contextlib
import json
import os
import signal

import fastcgi
from machines import HERE, Failed, Relay, make, run, wait_until

NAMES = ["a", "b", "c"]
TOKEN = "4f1d2c9e7b0a5386"  # as bench.d has it
MEBIBYTE = 1 << 20
EXAMPLES = f"{HERE}/../examples/cluster"


class Group:
    """The machines, what runs on them, and how to ask each how it is."""

    def __init__(self, binary, work, disk=3 << 30, is_measured=False):
        self.binary, self.work = binary, work
        self.machines = {machine.name: machine for machine in make(NAMES, work, disk, is_measured)}
        self.relay = Relay(list(self.machines.values()))
        run(f"{EXAMPLES}/certificates", f"{work}/certificates", *[
            f"{machine.name}={machine.address}" for machine in self.machines.values()])
        # Another one where etcd is begun anew.
        self.token = "khoins-1"

    # etcd

    def peers(self, names):
        return ",".join(f"{name}=https://{self.machines[name].address}:2380" for name in names)

    def start_etcd(self, name, state="new", among=None):
        machine, keys = self.machines[name], f"{self.work}/certificates/{name}"
        settings = {}
        with open(f"{EXAMPLES}/etcd.env") as file:
            for line in file:
                key, sign, value = line.strip().partition("=")
                if sign and not key.startswith("#"):
                    settings[key] = value.strip('"')
        settings |= {
            "ETCD_NAME": name, "ETCD_DATA_DIR": f"{machine.disk}/etcd", "ETCD_INITIAL_CLUSTER_STATE": state,
            "ETCD_LISTEN_PEER_URLS": f"https://{machine.address}:2380",
            "ETCD_INITIAL_ADVERTISE_PEER_URLS": f"https://{machine.address}:2380",
            "ETCD_INITIAL_CLUSTER": self.peers(among or NAMES), "ETCD_INITIAL_CLUSTER_TOKEN": self.token,
            "ETCD_PEER_CERT_FILE": f"{keys}/peer.crt", "ETCD_PEER_KEY_FILE": f"{keys}/peer.key",
            "ETCD_PEER_TRUSTED_CA_FILE": f"{keys}/authority.crt", "ETCD_QUOTA_BACKEND_BYTES": str(560 * MEBIBYTE),
            "ETCD_LOG_LEVEL": "error"}
        machine.start("etcd", "etcd", environment=settings)

    def etcdctl(self, name, *arguments, check=True, **more):
        return self.machines[name].run(
            "etcdctl", "--command-timeout=3s", "--dial-timeout=2s", *arguments, check=check,
            env={**os.environ, "ETCDCTL_API": "3"}, **more)

    def etcd_status(self, name):
        """What this etcd says of itself; `None` where it says nothing."""
        said = self.etcdctl(name, "endpoint", "status", "--write-out=json", check=False)
        with contextlib.suppress(ValueError, KeyError, IndexError):
            return json.loads(said.splitlines()[-1])[0]["Status"]
        return None

    def leader(self):
        """The name of etcd's leader. Throws `Failed` where there is none for a while."""
        found = []

        def look():
            for name in NAMES:
                status = self.etcd_status(name)
                if status and status.get("leader") and status["leader"] == status["header"]["member_id"]:
                    found.append(name)
                    return True
            return False
        wait_until(look, 20, "no etcd leads")
        return found[-1]

    def replace_etcd(self, name):
        """Puts a new, empty etcd in the place of one whose disk was lost."""
        other = next(other for other in NAMES if other != name and self.etcd_status(other))
        for member in json.loads(self.etcdctl(other, "member", "list", "--write-out=json"))["members"]:
            if member.get("name") == name:
                self.etcdctl(other, "member", "remove", f"{member['ID']:x}")
        address = f"https://{self.machines[name].address}:2380"

        def added():
            return "added" in self.etcdctl(other, "member", "add", name, f"--peer-urls={address}", check=False)
        wait_until(added, 20, "etcd does not take the new member")
        self.start_etcd(name, state="existing")
        wait_until(lambda: self.etcd_status(name), 20, lambda: f"etcd of {name}: {self.machines[name].log('etcd')}")

    # Servers

    def socket(self, name):
        return f"{self.work}/{name}.sock"

    def data(self, name):
        return f"{self.machines[name].disk}/data"

    def environment(self, name, data=None):
        return {
            **os.environ, "KHOINS_DATA": data or self.data(name), "KHOINS_TOKEN": TOKEN,
            "KHOINS_CLUSTER": "http://127.0.0.1:2379"}

    def command(self, name, *arguments, check=True, data=None, alone=False):
        """Runs one of the program's commands on a machine; returns what it said."""
        environment = self.environment(name, data)
        if alone:
            del environment["KHOINS_CLUSTER"]
        return self.machines[name].run(self.binary, *arguments, check=check, env=environment)

    def serve(self, name, what="serve", data=None, socket=None, alone=False):
        environment = self.environment(name, data)
        if alone:
            environment["KHOINS_CLUSTER"] = ""
        self.machines[name].start(
            what, self.binary, "serve", "--listen", f"unix:{socket or self.socket(name)}", environment=environment)

    def copy_command(self, source, data=None):
        with open(f"{EXAMPLES}/copy-from") as file:
            if "transactions topups rejected" not in file.read():
                raise Failed("the example copy-from has changed")
        return f"SOURCE='{data or self.data(source)}' {EXAMPLES}/copy-from ''"

    def seed(self, name, source, command="seed"):
        """Brings a server's data from a running one."""
        return self.command(name, "cluster", command, "--name", name, "--copy", self.copy_command(source))

    def health(self, name, socket=None):
        """Whether a server says that it could store a callback now."""
        try:
            return fastcgi.request(socket or self.socket(name), TOKEN, timeout=4)[0] == 200
        except (fastcgi.NotSent, fastcgi.NoAnswer):
            return False

    def words(self, name):
        machine = self.machines[name]
        return f"{name}: serve “{machine.log('serve', 2)}”, etcd “{machine.log('etcd', 1)}”"

    def wait_until_well(self, names=NAMES, seconds=180):
        for name in names:
            wait_until(lambda name=name: self.health(name), seconds, lambda name=name: (
                f"not well after {seconds} s: {self.words(name)}"))

    def status(self, name):
        return json.loads(self.command(name, "cluster", "status", "--json", check=False).splitlines()[-1])

    def put(self, name, key, value):
        """Puts a value into etcd, as another program might."""
        return self.etcdctl(name, "put", key, check=False, words=value)

    # All of it

    def start_etcds(self):
        for name in NAMES:
            self.start_etcd(name)
        for name in NAMES:
            wait_until(lambda name=name: self.etcd_status(name), 30, lambda name=name: (
                f"etcd of {name}: {self.machines[name].log('etcd')}"))
        self.leader()

    def begin(self):
        """From one server that is alone to three."""
        self.start_etcds()
        self.command("a", "cluster", "init", "--name", "a")
        self.serve("a")
        self.wait_until_well(["a"])
        for name in ["b", "c"]:
            self.seed(name, "a", "join")
            self.serve(name)
            self.wait_until_well([name])

    def power_on(self, name):
        """What a machine does at its start: mount, etcd, server."""
        self.machines[name].mount()
        self.start_etcd(name, "existing")
        self.serve(name)

    def end(self):
        for machine in self.machines.values():
            for what in list(machine.processes):
                machine.signal(what, signal.SIGCONT)
            machine.kill_all()
