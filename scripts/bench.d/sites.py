"""The handlers that are compared, each behind an nginx with the project's own nginx.conf.example."""

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import time

TOKEN = "4f1d2c9e7b0a5386"
PATH = f"/laporan/khoins/{TOKEN}"
THREADS = 32
CHILDREN = 16
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}


class Broken(Exception):
    """Something that makes a figure worthless."""


class Contender:
    # Whether the process that is started is the one that answers.
    answers_itself = True


class Ours(Contender):
    key, name, ready, repeats = "ours", "khoins-callback", 200, False
    folder = "transactions"

    def command(self, options, directory, path):
        return [options.binary, "serve", "--listen", f"unix:{path}", "--data", directory]

    def environment(self, directory):
        return {"KHOINS_TOKEN": TOKEN}


class OursRepeated(Ours):
    key, name, repeats = "repeats", "khoins-callback, one callback repeated", True


class Echo(Contender):
    key, name, ready, repeats = "echo", "libfcgi echo, stores nothing", 200, False
    folder = None

    def command(self, options, directory, path):
        return [f"{options.run}/echo", path, str(THREADS)]

    def environment(self, directory):
        return {}


class Floor(Contender):
    key, name, ready, repeats = "floor", "the floor: C, no more than the promise needs", 200, False
    folder = "records"
    # It reads from a connection until that ends, so that each kept one takes a thread.
    threads = 256

    def command(self, options, directory, path):
        os.mkdir(f"{directory}/records")
        return [f"{options.run}/floor", path, str(self.threads), directory]

    def environment(self, directory):
        return {}


class PHP(Contender):
    key, name, ready, repeats = "php", "PHP-FPM, not durable", 400, False
    answers_itself = False
    folder, sync = "records", "0"

    def command(self, options, directory, path):
        os.mkdir(f"{directory}/records")
        user = "user = root\ngroup = root\n" if os.geteuid() == 0 else ""
        with open(f"{directory}/fpm.conf", "w") as file:
            file.write(
                f"[global]\nerror_log = {directory}/fpm.log\n[bench]\n{user}listen = {path}\n"
                f"listen.backlog = 4096\npm = static\npm.max_children = {CHILDREN}\n"
                f"env[BENCH_RECORDS] = {directory}/records\nenv[BENCH_SYNC] = {self.sync}\n")
        root = ["-R"] if os.geteuid() == 0 else []
        return [options.php_fpm, "-F", "-O", *root, "-y", f"{directory}/fpm.conf"]

    def environment(self, directory):
        return {}


class PHPSynced(PHP):
    key, name, sync = "php-fsync", "PHP-FPM with fsync of the file", "1"


class Go(Contender):
    key, name, ready, repeats = "go", "Go, fsync of file and directory", 400, False
    folder = "records"

    def command(self, options, directory, path):
        os.mkdir(f"{directory}/records")
        return [f"{options.run}/callback-go", path, f"{directory}/records"]

    def environment(self, directory):
        return {}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def nginx_configuration(contender, directory, path, port):
    """nginx.conf.example as it is, with this measurement's places in it; PHP also needs its script's name."""
    here = os.path.dirname(os.path.abspath(__file__))
    with open(f"{here}/../../nginx.conf.example") as file:
        site = file.read()
    for old, new in [
        ("    listen 80;", f"    listen 127.0.0.1:{port};"),
        ("/run/khoins-callback/khoins-callback.sock", path),
        ("/var/lib/khoins-callback", f'"{directory}"'),
        ("/var/log/nginx/khoins-", f"{directory}/nginx-"),
        ("/etc/nginx/khoins-callback.htpasswd", f"{directory}/none"),
    ]:
        if old not in site:
            raise Broken(f"nginx.conf.example lacks {old.strip()}")
        site = site.replace(old, new)
    if isinstance(contender, PHP):
        script = f'        fastcgi_param SCRIPT_FILENAME "{here}/peers/callback.php";\n'
        site = re.sub(r"^ *fastcgi_param GATEWAY_INTERFACE", lambda found: script + found[0], site, flags=re.M)
    if not isinstance(contender, (Ours, Floor)):
        # A kept connection would starve a peer whose children are fewer than the connections.
        site = re.sub(r"fastcgi_keep_conn +on;", "fastcgi_keep_conn off;", site)
    user = "user root root;\n" if os.geteuid() == 0 else ""
    temporary = "".join(
        f"{name}_temp_path {directory}/temporary-{name};\n" for name in ["fastcgi", "proxy", "scgi", "uwsgi"])
    return (
        f"{user}daemon off;\nworker_processes auto;\npid {directory}/nginx.pid;\n"
        f"error_log {directory}/nginx.log;\nevents {{ worker_connections 1024; }}\n"
        f"http {{\naccess_log off;\nclient_body_temp_path {directory}/temporary-body;\n{temporary}{site}\n}}\n")


def status_of_get(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", PATH)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def stop(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def site(contender, options, directory, work):
    """Starts the handler and nginx; yields the port and the handler's process, and stops both.

    `directory` holds the handler's data, `work` the rest: configuration, logs."""
    path = f"{options.run}/{os.path.basename(work)}.sock"
    port = free_port()
    with open(f"{work}/nginx.conf", "w") as file:
        file.write(nginx_configuration(contender, work, path, port))
    with open(f"{work}/handler.log", "ab") as log, contextlib.ExitStack() as stack:
        processes = []
        for command, more in [
            (contender.command(options, directory, path), contender.environment(directory)),
            (["nginx", "-p", work, "-c", f"{work}/nginx.conf"], {}),
        ]:
            process = subprocess.Popen(
                command, env={**ENVIRONMENT, **more}, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            stack.callback(stop, process)
            processes.append(process)
        deadline = time.monotonic() + 60
        while status_of_get(port) != contender.ready:
            if time.monotonic() > deadline or any(process.poll() is not None for process in processes):
                raise Broken(f"{contender.name} did not start: {last_words(f'{work}/handler.log')}")
            time.sleep(0.02)
        yield port, processes[0]


def last_words(path):
    with open(path, errors="replace") as file:
        return " / ".join(file.read().splitlines()[-3:]) or "no word in its log"
