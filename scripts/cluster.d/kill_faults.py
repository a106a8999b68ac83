"""A server that is killed in the middle of what makes a callback durable, at one call after another."""

import contextlib
import os
import signal
import subprocess
import sys

from faults import Fault
from machines import Failed, wait_until

# What changes a file or makes it durable, where `serve` applies what was agreed on.
CALLS = [
    "write,pwrite64,writev,pwritev,pwritev2", "fdatasync", "fsync,syncfs,sync_file_range", "rename,renameat,renameat2",
    "link,linkat", "unlink,unlinkat", "ftruncate,fallocate", "openat",
]
DEPTH = 8  # of each, the first so many
PATIENCE = 6  # seconds for so many calls


class KilledAtCalls(Fault):
    """Kills it at the n-th such call of one life, and goes on with n + 1 in the next; each life begins with what the one
    before has left. Callbacks come all the while."""

    takes = 150
    lasts = 0

    def __init__(self, who="follower"):
        super().__init__(who)
        self.what = f"kill -9 of serve at each of the first {DEPTH} calls of every kind that makes something durable"

    def begin(self, group, roles):
        super().begin(group, roles)
        group.machines[self.name].stop("serve")

    def during(self, group, roles):
        machine, kills = group.machines[self.name], 0
        for calls in CALLS:
            for number in range(1, DEPTH + 1):
                machine.start(
                    "serve", "strace", "-f", "-qqq", "-o", "/dev/null", "-e", f"trace={calls}", "-e",
                    f"inject={calls}:signal=KILL:when={number}", group.binary, "serve", "--listen",
                    f"unix:{group.socket(self.name)}", environment=group.environment(self.name))
                strace = machine.processes["serve"]
                # One that makes no so many calls of that kind lives, and is killed all the same.
                with contextlib.suppress(subprocess.TimeoutExpired):
                    strace.wait(PATIENCE)
                    kills += 1
                if strace.poll() is None:
                    # Without strace, what it traces would go on.
                    with open(f"/proc/{strace.pid}/task/{strace.pid}/children") as file:
                        for child in file.read().split():
                            os.kill(int(child), signal.SIGKILL)
                    strace.wait(10)
                    machine.processes.pop("serve")
                    break
                machine.processes.pop("serve")
        if kills < 3 * DEPTH:
            raise Failed(f"{self.name} was killed {kills} times only: {machine.log('serve')}")
        sys.stderr.write(f"  {self.name} was killed {kills} times\n")

    def end(self, group, roles):
        group.serve(self.name)
        wait_until(lambda: group.health(self.name), 60, lambda: group.words(self.name))
