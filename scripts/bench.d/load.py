"""Load through nginx, and whether everything that was answered with 2xx was filed."""

import contextlib
import json
import os
import subprocess

from sites import PATH, Broken, Ours, site

HERE = os.path.dirname(os.path.abspath(__file__))


def settle(directory):
    """Lets the disk write what earlier measurements left, so that nobody pays for another."""
    subprocess.run(["sync", "-f", directory], check=True)


def names(folder, prefix=""):
    with os.scandir(folder) as entries:
        return sum(1 for entry in entries if entry.name.startswith(prefix) and not entry.name.startswith("."))


def memory(process, field):
    """MiB of a process, by a field of proc(5), status: `VmHWM`, the largest resident set so far, or `VmRSS`, the present."""
    with open(f"/proc/{process.pid}/status") as file:
        for line in file:
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) / 1024
    raise Broken(f"the kernel does not say {field}")


def peak_memory(process):
    return memory(process, "VmHWM")


def processor_time(process):
    """Seconds of the processors so far, by the process's own code and by the kernel for it: proc(5), stat."""
    with open(f"/proc/{process.pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return [int(field) / os.sysconf("SC_CLK_TCK") for field in fields[11:13]]


def wrk(port, run, mode, connections, seconds, rate=None):
    threads = min(2, connections)
    command = [
        "wrk", "-t", str(threads), "-c", str(connections), "-d", f"{seconds}s", "--timeout", "20s",
        "-s", f"{HERE}/load.lua", f"http://127.0.0.1:{port}{PATH}", "--", f"{HERE}/callback.json", run, mode,
        *([str(rate / threads)] if rate else [])]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds + 120,
        check=False)
    lines = done.stdout.decode(errors="replace").splitlines()
    try:
        return json.loads(lines[-1])
    except (IndexError, ValueError):
        raise Broken(f"wrk failed: {' / '.join(lines[-3:])}") from None


def check(contender, result, data, run, connections):
    """Every answer counts only if it was filed; wrk leaves out what was in flight when it ended."""
    errors = {key: result[key] for key in ["refused", "connect", "read", "write", "timeout"] if result[key]}
    if errors:
        raise Broken(f"{contender.name}: {errors} of {result['requests']} requests")
    if result["requests"] == 0:
        raise Broken(f"{contender.name}: no answer at all")
    if contender.folder is None:
        return
    folder = f"{data}/{contender.folder}"
    if contender.repeats:
        with open(f"{folder}/{run}000000000.json") as file:
            filed = sum(delivery.get("count", 1) for delivery in json.load(file)["deliveries"])
    else:
        filed = names(folder, run)
    if not result["requests"] <= filed <= result["requests"] + connections:
        raise Broken(f"{contender.name}: {result['requests']} were answered, {filed} are filed")


def measure_steady(options, work, rate, minutes, seconds):
    """The same rate for long: what each minute (of so many seconds) was like. Throws `Broken`."""
    os.makedirs(f"{work}/data")
    settle(work)
    contender, connections, samples = Ours(), 64, []
    with site(contender, options, f"{work}/data", work) as (port, handler):
        for minute in range(minutes):
            run = f"{os.path.basename(work)}-{minute}-"
            result = wrk(port, run, "new", connections, seconds, rate)
            check(contender, result, f"{work}/data", run, connections)
            samples.append({
                "minute": minute + 1,
                "perSecond": result["requests"] / (result["microseconds"] / 1e6),
                "p99Milliseconds": result["p99"] / 1e3,
                "maximumMilliseconds": result["max"] / 1e3,
                "memoryMiB": memory(handler, "VmRSS"),
            })
            if samples[-1]["perSecond"] < rate * 0.9:
                raise Broken(f"{contender.name}: {samples[-1]['perSecond']:.0f} a second of {rate}")
    return samples


def measure(contender, options, work, connections, seconds, data=None, beside=None):
    """One measurement in fresh directories, unless it is to find records there. `beside` is a context manager, given the
    port, for what happens meanwhile. Throws `Broken`."""
    os.mkdir(work)
    run = f"{os.path.basename(work)}-"
    if data is None:
        data = f"{work}/data"
        os.mkdir(data)
    settle(data)
    with site(contender, options, data, work) as (port, handler):
        before = processor_time(handler)
        with beside(port) if beside else contextlib.nullcontext():
            result = wrk(port, run, "repeat" if contender.repeats else "new", connections, seconds)
        user, kernel = (end - start for start, end in zip(before, processor_time(handler)))
        peak = peak_memory(handler) if isinstance(contender, Ours) else None
    check(contender, result, data, run, connections)
    return {
        "contender": contender.key,
        "connections": connections,
        "seconds": result["microseconds"] / 1e6,
        "callbacks": result["requests"],
        "perSecond": result["requests"] / (result["microseconds"] / 1e6),
        "p50Milliseconds": result["p50"] / 1e3,
        "p99Milliseconds": result["p99"] / 1e3,
        "maximumMilliseconds": result["max"] / 1e3,
        # PHP-FPM's own process only watches over those that answer.
        "userMicroseconds": user * 1e6 / result["requests"] if contender.answers_itself else None,
        "handlerMicroseconds": (user + kernel) * 1e6 / result["requests"] if contender.answers_itself else None,
        "memoryMiB": peak,
    }
