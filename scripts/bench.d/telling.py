"""From a callback to the shop's knowing of it: one at a time, and a backlog."""

import http.client
import json
import os
import signal
import socket
import subprocess
import threading
import time

import processes
from load import peak_memory
from sites import ENVIRONMENT, PATH, Broken, Ours, free_port, site, stop


class Shop:
    """An endpoint that answers at once, and notes when it had each request."""

    def __init__(self):
        self.times, self.arrival = {}, threading.Condition()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/khoins"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        pending = b""
        while True:
            block = client.recv(65536)
            if not block:
                return
            pending += block
            head, end, rest = pending.partition(b"\r\n\r\n")
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
            length = int(fields.get(b"content-length", 0))
            if end and len(rest) >= length:
                self.note(fields.get(b"x-khoins-trxid", b"").decode())
                client.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
                pending = rest[length:]

    def note(self, trxid):
        with self.arrival:
            self.times.setdefault(trxid, time.monotonic())
            self.arrival.notify_all()

    def wait(self, trxid):
        with self.arrival:
            if not self.arrival.wait_for(lambda: trxid in self.times, 30):
                raise Broken(f"the shop was not told of {trxid}")
            return self.times[trxid]


def settings(way, shop, work):
    if way == "exec":
        fifo = f"{work}/told"
        os.mkfifo(fifo)
        threading.Thread(target=lambda: [shop.note(line.strip()) for line in open(fifo)], daemon=True).start()
        # Open for writing too, so that reading never comes to an end.
        shop.held = os.open(fifo, os.O_RDWR)
        return {"KHOINS_EXEC": f"echo \"$KHOINS_TRXID\" | tr A-Z a-z >>{fifo}"}
    return {"KHOINS_FORWARD": f"{shop.url}?key=secret"}


def follower(options, data, variables, *arguments):
    return subprocess.Popen(
        [options.binary, "follow", "--tell", "--data", data, *arguments], env={**ENVIRONMENT, **variables},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def body(trxid):
    return processes.callback().replace("@ID@", trxid).encode()


def measure_served(way, options, work, count):
    """Through nginx and serve, with a follower of its own."""
    os.makedirs(f"{work}/data")
    shop, times = Shop(), []
    with site(Ours(), options, f"{work}/data", work) as (port, _):
        process = follower(options, f"{work}/data", settings(way, shop, work))
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            while not os.path.exists(f"{work}/data/.cursors/shop.json"):
                time.sleep(0.01)
            for number in range(count):
                start = time.monotonic()
                connection.request("POST", PATH, body(f"{way}-{number}"), {"Content-Type": "application/json"})
                if connection.getresponse().read() is None:
                    raise Broken("no answer")
                times.append((shop.wait(f"{way}-{number}") - start) * 1e3)
                time.sleep(0.02)
        finally:
            stop(process)
    return {"way": way, **processes.summary(times)}


def end_followers(options, data):
    """Those that handlers have started. Each is waited for, so that the next callback has to start one."""
    done = subprocess.run(
        [options.binary, "follow", "--status", "--json", "--data", data], env=ENVIRONMENT, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, check=False)
    for line in done.stdout.splitlines():
        process = json.loads(line).get("process")
        if process:
            os.kill(process, signal.SIGTERM)
            while os.path.exists(f"/proc/{process}/fd/0"):
                time.sleep(0.005)


def measure_cgi(options, work, count):
    """A CGI process for each, which has to start a follower."""
    data = f"{work}/data"
    os.makedirs(data)
    shop, times = Shop(), []
    for number in range(count):
        sent = body(f"cgi-{number}")
        variables = {**processes.our_variables(data, len(sent)), **settings("forward", shop, work)}
        start = time.monotonic()
        subprocess.run(
            [options.binary], input=sent, env={**ENVIRONMENT, **variables}, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, check=True)
        times.append((shop.wait(f"cgi-{number}") - start) * 1e3)
        end_followers(options, data)
    return {"way": "cgi", **processes.summary(times)}


def nginx_shop(work):
    """An endpoint that costs next to nothing; yields its URL and the process."""
    port = free_port()
    user = "user root root;" if os.geteuid() == 0 else ""
    temporary = "".join(f"{name}_temp_path {work}/shop-{name};" for name in ["proxy", "fastcgi", "scgi", "uwsgi"])
    with open(f"{work}/shop.conf", "w") as file:
        file.write(
            f"{user} daemon off; pid {work}/shop.pid; error_log {work}/shop.log; events {{}} http {{ access_log off;"
            f"client_body_temp_path {work}/shop-body; {temporary} keepalive_requests 1000000;"
            f"server {{ listen 127.0.0.1:{port}; location / {{ return 204; }} }} }}")
    process = subprocess.Popen(["nginx", "-p", work, "-c", f"{work}/shop.conf"], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return f"http://127.0.0.1:{port}/khoins", process
        except OSError:
            if time.monotonic() > deadline:
                raise Broken("the shop's nginx did not start") from None
            time.sleep(0.02)


def measure_backlog(options, work, count, data=None):
    """Seconds for all of a backlog, and those that one curl alone takes for the same requests."""
    os.makedirs(work, exist_ok=True)
    if data is None:
        data = f"{work}/data"
        os.makedirs(data)
        processes.import_records(options, data, count)
    url, shop = nginx_shop(work)
    try:
        start = time.monotonic()
        process = follower(options, data, {"KHOINS_FORWARD": url}, "--from", "start", "--once")
        if process.wait(600) != 0:
            raise Broken("the backlog was not told")
        seconds = time.monotonic() - start
        requests = "next\n".join(
            f"url = {url}\nsilent\noutput = /dev/null\nheader = \"Content-Type: application/json\"\n"
            f"data-raw = {json.dumps(body(f'many-{number:08d}').decode().strip())}\n" for number in range(count))
        start = time.monotonic()
        subprocess.run(["curl", "-q", "--config", "-"], input=requests.encode(), check=True)
        return {"count": count, "seconds": seconds, "curlSeconds": time.monotonic() - start}
    finally:
        stop(shop)


def measure_memory(options, work, data, count, seconds):
    """MiB of a follower that has a backlog of `count`, while its shop takes them, and while it takes none."""
    os.makedirs(work, exist_ok=True)
    url, shop = nginx_shop(work)
    most = 0
    try:
        for way, address in [("taken", url), ("refused", "http://127.0.0.1:9/khoins")]:
            process = follower(
                options, data, {"KHOINS_FORWARD": address}, "--from", "start", "--cursor", f"memory-{way}")
            time.sleep(seconds)
            if process.poll() is not None:
                raise Broken("the follower ended")
            most = max(most, peak_memory(process))
            stop(process)
    finally:
        stop(shop)
    return {"count": count, "memoryMiB": most}
