"""What the figures were measured on."""

import hashlib
import os
import platform
import subprocess
import time


def output(*command):
    """What a command says, in one line; empty where it cannot be run."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return " ".join(done.stdout.decode(errors="replace").split())


def first_line(*command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace").partition("\n")[0].strip()


def processor():
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def distribution():
    with open("/etc/os-release") as file:
        for line in file:
            if line.startswith("PRETTY_NAME="):
                return line.partition("=")[2].strip().strip('"')
    return "unknown"


def memory():
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB"


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()[:16]


def gather(options):
    """An ordered mapping of names to values, for people and for JSON."""
    load = os.getloadavg()[0]
    facts = {
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "command": options.command,
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory": memory(),
        "system": distribution(),
        "kernel": platform.release(),
        "virtual machine": output("systemd-detect-virt") or "unknown",
        "file system": output("findmnt", "-no", "FSTYPE,SOURCE", "-T", options.data),
        "mount options": output("findmnt", "-no", "OPTIONS", "-T", options.data),
        "nginx": first_line("nginx", "-v").rpartition("/")[2],
        "PHP": first_line(options.php_fpm, "-v").partition(" (")[0].rpartition(" ")[2],
        "khoins-callback": f"{first_line(options.binary, '--version')}, "
        f"{os.path.getsize(options.binary) / 2**20:.1f} MiB, SHA-256 {digest(options.binary)}…",
        "load before": f"{load:.1f}",
    }
    if load > 0.5 * facts["cores"]:
        facts["load before"] += " (others were working: do not rely on these figures)"
    if facts["file system"].startswith(("tmpfs", "ramfs")):
        facts["file system"] += " (memory: nothing here is durable, so syncs cost nothing)"
    return facts
