"""One process at a time: a CGI request, a command, a recovery."""

import os
import statistics
import subprocess

from load import HERE, names
from sites import ENVIRONMENT, PATH, TOKEN, Broken

DIGITS = 8


def callback():
    with open(f"{HERE}/callback.json") as file:
        return file.read()


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


def spawn(options, count, expected, run, body, environment, *command):
    """Runs a command `count` times, one after the other; milliseconds of each."""
    done = subprocess.run(
        [f"{options.run}/spawn", str(count), expected, run, body, *command], env={**ENVIRONMENT, **environment},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600, check=False)
    if done.returncode != 0:
        raise Broken(" ".join(done.stderr.decode(errors="replace").split())[-400:])
    return [int(line) / 1e6 for line in done.stdout.split()]


def cgi_variables(length, method="POST"):
    """What Apache's mod_cgid would set, as far as anybody here reads it."""
    return {
        "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1", "SERVER_SOFTWARE": "bench",
        "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "REQUEST_METHOD": method, "REQUEST_URI": PATH,
        "SCRIPT_NAME": "/laporan/khoins", "PATH_INFO": f"/{TOKEN}", "QUERY_STRING": "",
        "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(length), "REMOTE_ADDR": "127.0.0.1",
    }


def our_variables(data, length, method="POST"):
    return {**cgi_variables(length, method), "KHOINS_DATA": data, "KHOINS_TOKEN": TOKEN}


def summary(times):
    return {
        "processes": len(times),
        "medianMilliseconds": statistics.median(times),
        "p99Milliseconds": percentile(times, 0.99),
    }


def measure_cgi(contender, options, work, count, data=None):
    """`count` CGI requests; every one of them must have been filed. The first is not timed: it makes the directory."""
    os.mkdir(work)
    run = f"{os.path.basename(work)}-"
    length = len(callback().replace("@ID@", run + "0" * DIGITS).encode())
    body = f"{HERE}/callback.json"
    data = data or f"{work}/data"
    os.makedirs(data, exist_ok=True)
    if contender == "ours":
        folder, variables, program = f"{data}/transactions", our_variables(data, length), options.binary
    elif contender == "php":
        folder, program = data, options.php_cgi
        variables = {
            **cgi_variables(length), "REDIRECT_STATUS": "200", "SCRIPT_FILENAME": f"{HERE}/peers/callback.php",
            "BENCH_RECORDS": data, "BENCH_SYNC": "0"}
    else:
        folder, variables, program = None, cgi_variables(length), f"{options.run}/answer"
    times = spawn(options, count + 1, '"status":"ok"', run, body, variables, program)[1:]
    if folder and names(folder, run) != count + 1:
        raise Broken(f"CGI, {contender}: {count + 1} were answered, {names(folder, run)} are filed")
    return {"contender": contender, **summary(times)}


def has_command(options, name):
    """Whether this executable has a command yet."""
    done = subprocess.run(
        [options.binary, "help", name], env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, check=False)
    return done.returncode == 0 and f"khoins-callback {name} ".encode() in done.stdout


def measure_command(options, data, count, expected, *arguments):
    times = spawn(
        options, count + 1, expected, "many-", os.devnull, {}, options.binary, *arguments, "--data", data)[1:]
    return {"command": arguments[0], **summary(times)}


def measure_least(options, data, name, expected):
    """The same by a program in C that does the least possible for it."""
    arguments = {
        "show": ["show", f"{data}/transactions/@ID@.json"],
        "list": ["list", f"{data}/journal", f"{data}/transactions", "20"],
    }[name]
    times = spawn(options, 21, expected, "many-", os.devnull, {}, f"{options.run}/least", *arguments)[1:]
    return {"command": f"least {name}", **summary(times)}


def measure_filled_cgi(options, work, data):
    """CGI requests to a directory with many records."""
    return {**measure_cgi("ours", options, work, 20, data), "command": "cgi"}


def import_records(options, data, count, first=1, tick=lambda part: None):
    """Fills a data directory with `count` records of their own, `many-00000001` and so on. `tick` hears how
    much of it is done."""
    pieces = callback().strip().split("@ID@")
    with subprocess.Popen(
        [options.binary, "import", "-", "--data", data], env=ENVIRONMENT, stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            for start in range(first, first + count, 1000):
                ids = (f"many-{number:0{DIGITS}d}" for number in range(start, min(start + 1000, first + count)))
                process.stdin.write("".join(id.join(pieces) + "\n" for id in ids).encode())
                tick((start - first) / count)
            process.stdin.close()
        except BrokenPipeError:
            pass
        words = process.stderr.read().decode(errors="replace")
    if process.returncode != 0 or names(f"{data}/transactions", "many-") != first - 1 + count:
        raise Broken(f"import filed {names(f'{data}/transactions', 'many-')} of {count}: {words[-300:]}")


def verify(options, data):
    """The program's own opinion of a data directory."""
    done = subprocess.run(
        [options.binary, "verify", "--data", data], env=ENVIRONMENT, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        raise Broken(f"verify: {' '.join(done.stdout.decode(errors='replace').split())[:300]}")
