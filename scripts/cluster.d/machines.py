"""Three machines on this one: a network namespace and an ext4 of its own each, joined by a bridge.

Runs within namespaces for mounts, networks and processes that scripts/cluster.d/cluster.sh makes: whatever is begun
here ends with them.
"""

import contextlib
import fcntl
import os
import signal
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN, which is XFS_IOC_GOINGDOWN too
WITHOUT_LOG = 2  # EXT4_GOING_FLAGS_NOLOGFLUSH, XFS_FSOP_GOING_FLAGS_NOLOGFLUSH



class Failed(Exception):
    """Something that the harness itself needs did not work."""


def run(*command, check=True, words=b"", **more):
    """Runs a command that reads `words`; returns what it said. Throws `Failed` with that if it fails."""
    done = subprocess.run(
        command, input=words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **more)
    said = done.stdout.decode(errors="replace")
    if check and done.returncode != 0:
        raise Failed(f"{' '.join(command)}: {said.strip() or done.returncode}")
    return said


def wait_until(condition, seconds, words):
    """Asks until the condition holds. Throws `Failed` after so many seconds; `words` may be called for what to say."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Failed(words() if callable(words) else words)
        time.sleep(0.05)


class Machine:
    """A network namespace, a disk, and the processes on it.

    With `is_measured` the disk is as a server's own: its image is written before, and this machine's memory holds
    nothing of it. A flush of one disk would wait otherwise for what others have written, and for room in their images.
    """

    def __init__(self, name, number, work, size, is_measured):
        self.name, self.work = name, work
        self.address = f"10.77.0.{number}"
        self.link = f"veth-{name}"
        self.image, self.disk = f"{work}/{name}.img", f"{work}/{name}"
        self.size, self.file_system, self.is_measured = size, "ext4", is_measured
        self.processes = {}
        os.makedirs(self.disk)

    def set_up(self):
        run("ip", "netns", "add", self.name)
        run("ip", "link", "add", "name", self.link, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        run("ip", "link", "set", "dev", self.link, "master", "bridge0", "up")
        self.run("ip", "address", "add", f"{self.address}/24", "dev", "eth0")
        self.run("ip", "link", "set", "dev", "eth0", "up")
        self.run("ip", "link", "set", "dev", "lo", "up")
        self.new_disk()

    # Not `ip netns exec`, which gives its command mounts of its own: they would keep a disk mounted.
    def within(self, *command):
        return ["nsenter", f"--net=/run/netns/{self.name}", *command]

    def run(self, *command, **more):
        return run(*self.within(*command), **more)

    def start(self, what, *command, environment=None):
        """Starts a program whose words go to a log."""
        with open(f"{self.work}/{self.name}-{what}.log", "ab") as log:
            self.processes[what] = subprocess.Popen(
                self.within(*command), env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log)

    def is_running(self, what):
        return what in self.processes and self.processes[what].poll() is None

    def log(self, what, lines=4):
        with contextlib.suppress(OSError), open(f"{self.work}/{self.name}-{what}.log", errors="replace") as file:
            return " / ".join(file.read().splitlines()[-lines:])
        return ""

    def signal(self, what, number):
        if self.is_running(what):
            self.processes[what].send_signal(number)

    def kill(self, what):
        """As `kill -9`."""
        if what in self.processes:
            self.processes[what].kill()
            self.processes.pop(what).wait()

    def stop(self, what):
        if what in self.processes:
            process = self.processes.pop(what)
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise Failed(f"{what} of {self.name} did not end within 20 s") from None

    # Disk

    def new_disk(self):
        with open(self.image, "wb") as file:
            file.truncate(self.size)
        options = {"ext4": ["-F", "-i", "4096"], "xfs": ["-f"]}[self.file_system]
        if self.is_measured:
            run("dd", "if=/dev/zero", f"of={self.image}", "bs=1M", f"count={self.size >> 20}", "conv=notrunc,fsync")
            options += ["-E", "lazy_itable_init=0,lazy_journal_init=0"]
        run(f"mkfs.{self.file_system}", "-q", *options, self.image)
        run("mount", "-o", "loop", self.image, self.disk)
        if self.is_measured:
            run("losetup", "--direct-io=on", run("findmnt", "-no", "SOURCE", self.disk).strip())

    def shut_down_disk(self):
        """From now on nothing reaches the disk, not even the file system's own journal; every call on it fails."""
        descriptor = os.open(self.disk, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, SHUTDOWN, struct.pack("I", WITHOUT_LOG))
        finally:
            os.close(descriptor)

    def unmount(self):
        wait_until(lambda: run("umount", self.disk, check=False) == "", 10, f"{self.disk} is still in use")

    def halt(self):
        """No process does or says anything more. Some kernels let a sync succeed on a disk that was just shut down: who
        believed that and told others would do what no power cut allows."""
        for what in self.processes:
            self.signal(what, signal.SIGSTOP)
        time.sleep(0.05)

    def cut_power(self):
        self.halt()
        self.shut_down_disk()
        self.kill_all()
        self.unmount()

    def kill_all(self):
        for what in list(self.processes):
            self.kill(what)

    def mount(self):
        run("mount", "-o", "loop", self.image, self.disk)

    # Network

    def disconnect(self):
        run("ip", "link", "set", "dev", self.link, "down")

    def connect(self):
        run("ip", "link", "set", "dev", self.link, "up")


class Relay:
    """Stands in for the bridge while the network is bad: it hands each frame on late, or not at all."""

    def __init__(self, machines):
        self.links = [machine.link for machine in machines]
        self.machines = machines
        self.process = None

    def begin(self, *arguments):
        """`arguments` as relay.py takes them."""
        for machine in self.machines:
            run("ip", "link", "set", "dev", machine.link, "nomaster")
        self.process = subprocess.Popen(
            [sys.executable, "-B", f"{HERE}/relay.py", *arguments, *self.links], stdin=subprocess.DEVNULL)

    def end(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
            for machine in self.machines:
                run("ip", "link", "set", "dev", machine.link, "master", "bridge0")


def make(names, work, size, is_measured):
    """Machines of these names, with disks of so many bytes."""
    os.makedirs("/run/netns", exist_ok=True)
    run("mount", "-t", "tmpfs", "tmpfs", "/run/netns")
    run("ip", "link", "set", "dev", "lo", "up")
    run("ip", "link", "add", "name", "bridge0", "type", "bridge")
    run("ip", "link", "set", "dev", "bridge0", "up")
    machines = [Machine(name, number, work, size, is_measured) for number, name in enumerate(names, 1)]
    for machine in machines:
        machine.set_up()
        machine.run(sys.executable, "-B", f"{HERE}/relay.py", "--plain-frames", "eth0")
    return machines
