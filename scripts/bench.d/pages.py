"""The operators' page over many records, and the index beneath it."""

import contextlib
import http.client
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import threading
import time

import load
import processes
import sites
from processes import callback
from sites import ENVIRONMENT, Broken

KEY = "4f" * 16
PATH = "/laporan/khoins/panel"
# Three records with a number of their own and three that failed, the oldest of all: what a search and a filter have to
# find among the rest.
RARE, LOST, RARE_SN = "rare", "lost", "9876500000001"
# A browser's page asks every 30 seconds whether anything is new. These ask so many times as often, so that what they cost
# can be told from noise; it is taken to be so many times as much.
BROWSERS, INTERVAL, HASTE = 5, 30, 10
PAGES = {
    "page overview": ("GET", "", "", "Sukses"),
    "page filtered": ("GET", "daftar&status=gagal&dari=2020-01-01", "", f"{LOST}-0"),
    "page number": ("POST", "cari", f"q={RARE_SN}", f"{RARE}-0"),
    "page record": ("GET", f"trx={RARE}-0", "", RARE_SN),
}


def take_in(options, data, lines):
    done = subprocess.run(
        [options.binary, "import", "-", "--data", data], env=ENVIRONMENT, input="".join(lines).encode(),
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise Broken(f"import: {done.stderr.decode(errors='replace')[-300:]}")


def plant(options, data):
    """The rare ones."""
    os.makedirs(data, exist_ok=True)
    rare = callback().strip().replace("0124000000001", RARE_SN)
    head, _, _ = callback().strip().replace("Success", "Gagal").partition(" Harga:")
    lost = head + ' GAGAL. ket: Nomor tujuan salah\\"}"}'
    take_in(options, data, [
        text.replace("@ID@", f"{name}-{number}") + "\n"
        for name, text in [(RARE, rare), (LOST, lost)] for number in range(3)])


def update(options, data, count):
    """A second callback for one in 20 of `count` records, all over them."""
    text = callback().strip().replace("0124000000001", "0124000000002")
    ids = (f"many-{number:0{processes.DIGITS}d}" for number in range(1, count + 1, 20))
    take_in(options, data, [text.replace("@ID@", id) + "\n" for id in ids])


def variables(method, query, length):
    return {
        **processes.cgi_variables(length, method), "REQUEST_URI": f"{PATH}?{query}", "PATH_INFO": "/panel",
        "QUERY_STRING": query, "CONTENT_TYPE": "application/x-www-form-urlencoded", "HTTP_HOST": "127.0.0.1",
        "HTTP_SEC_FETCH_SITE": "same-origin", "KHOINS_TOKEN": sites.TOKEN, "KHOINS_PAGE_KEY": KEY}


def sign_in(options, data):
    """The cookie."""
    form = f"key={KEY}"
    done = subprocess.run(
        [options.binary], env={**ENVIRONMENT, **variables("POST", "masuk", len(form)), "KHOINS_DATA": data},
        input=form.encode(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    found = re.search(rb"^Set-Cookie: (__Host-khoins=[^;]+)", done.stdout, re.M)
    if not found:
        raise Broken("the page lets nobody in")
    return found[1].decode()


def measure_page(name, options, data):
    """One page, made by a CGI process of its own, from its start to its end."""
    method, query, form, expected = PAGES[name]
    settings = {
        **variables(method, query, len(form)), "KHOINS_DATA": data, "HTTP_COOKIE": sign_in(options, data)}
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(form)
        file.flush()
        times = processes.spawn(options, 21, expected, "", file.name, settings, options.binary)[1:]
    return {"command": name, **processes.summary(times)}


def measure_answer(options):
    """A CGI program in C that only answers, beside them."""
    times = processes.spawn(
        options, 21, '"status":"ok"', "", os.devnull, processes.cgi_variables(0), f"{options.run}/answer")[1:]
    return {"command": "answer", **processes.summary(times)}


def count(options, data):
    """Seconds of a `stats`, which makes what is missing of the index."""
    start = time.monotonic()
    done = subprocess.run(
        [options.binary, "stats", "--data", data], env=ENVIRONMENT, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise Broken(f"stats: {done.stderr.decode(errors='replace')[-300:]}")
    return time.monotonic() - start


def size(folder):
    with os.scandir(folder) as entries:
        return sum(entry.stat().st_size for entry in entries if entry.is_file())


def measure_index(options, data):
    """Seconds for the index of all, and for that of one full journal file; its size in percent of the journal's."""
    shutil.rmtree(f"{data}/.index", ignore_errors=True)
    whole = count(options, data)
    # A journal file's index has its name, without what tells the kind.
    names = sorted(name.removesuffix(".jsonl") for name in os.listdir(f"{data}/journal") if not name.startswith("."))
    closed = [name for name in names[:-1] if os.path.exists(f"{data}/.index/{name}")]
    sample = {
        "command": "index", "seconds": whole, "files": len(names),
        "percent": 100 * size(f"{data}/.index") / size(f"{data}/journal")}
    if closed:
        rest = statistics.median(count(options, data) for _ in range(3))
        os.remove(f"{data}/.index/{closed[len(closed) // 2]}")
        sample["fileSeconds"] = max(count(options, data) - rest, 0)
    return sample


class OursWithPage(sites.Ours):
    key, name = "pages", "khoins-callback, five pages open"

    def environment(self, directory):
        return {**super().environment(directory), "KHOINS_PAGE_KEY": KEY}


class Browser(threading.Thread):
    """An open page: asks whether anything is new, and reloads itself if so."""

    def __init__(self, port, number):
        super().__init__(daemon=True)
        self.port, self.number = port, number
        self.ended = threading.Event()
        self.loaded = self.asked = 0
        self.problem = None

    def ask(self, method, query, body=None, cookie=""):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(
                method, f"{PATH}?{query}", body,
                {"Cookie": cookie, "Sec-Fetch-Site": "same-origin",
                 "Content-Type": "application/x-www-form-urlencoded"})
            answer = connection.getresponse()
            return answer.status, answer.getheader("Set-Cookie"), answer.read()
        finally:
            connection.close()

    def run(self):
        try:
            self.browse()
        except (OSError, http.client.HTTPException, Broken) as problem:
            self.problem = str(problem)

    def browse(self):
        status, cookie, _ = self.ask("POST", "masuk", f"key={KEY}")
        if status != 303:
            raise Broken(f"signing in was answered with {status}")
        cookie = cookie.split(";")[0]
        known = None
        # They were not all opened at the same moment.
        self.ended.wait(self.number * INTERVAL / HASTE / BROWSERS)
        while not self.ended.is_set():
            if known is not None:
                self.asked += 1
                status, _, _ = self.ask("GET", f"baru={known}", None, cookie)
            if known is None or status == 200:
                status, _, text = self.ask("GET", "", None, cookie)
                found = re.search(rb"<body data-poll=(\d+)", text)
                if status == 200:
                    self.loaded += 1
                    known = int(found[1]) if found else None
            if status not in (200, 204, 503):
                raise Broken(f"a page was answered with {status}")
            self.ended.wait(INTERVAL / HASTE)


@contextlib.contextmanager
def browsers(port):
    """Five open pages."""
    opened = [Browser(port, number) for number in range(BROWSERS)]
    for browser in opened:
        browser.start()
    try:
        yield
    finally:
        for browser in opened:
            browser.ended.set()
        for browser in opened:
            browser.join(90)
    for browser in opened:
        if browser.problem or not browser.loaded:
            raise Broken(f"an open page: {browser.problem or 'it never came'}")


def measure_open(options, work, connections, seconds, data):
    """The load with five pages open."""
    return load.measure(OursWithPage(), options, work, connections, seconds, data, beside=browsers)
