"""Callers that post without a pause, as KHOINS would through a load balancer, and note what they were told."""

import dataclasses
import itertools
import json
import threading
import time

import fastcgi

CALLERS = 36


@dataclasses.dataclass
class Told:
    """What is known of one callback."""

    kind: str
    answered: int = 0  # with 200 or 400: it is kept
    tries: int = 0  # how often it may have been taken


def body_of(kind, name):
    if kind == "rejected":
        return f"ini bukan laporan: {name}".encode()
    fields = {"trxid": name, "status": "Success"}
    if kind == "topup":
        fields |= {"memberid": "goodlink", "amount": "10123", "message": f"Tiket {name} SUKSES. Saldo: 1.449.645.223"}
        outer = {"memberid": "goodlink", "amount": "10123", "refid": name}
    else:
        fields |= {"tujuan": "0812000111", "message": (
            f"R#{name} [18134]>>>Transaksi TH10 ke 0812000111 Harga:10.155 SUKSES. SN: 0124000000001. "
            "Saldo: 1.449.645.223#@24/03 20:38:08")}
        outer = {"refid": name}
    return json.dumps(outer | {"message": json.dumps(fields)}).encode()


def kind_of(number):
    if number % 41 == 7:
        return "rejected"
    return "topup" if number % 17 == 3 else "transaction"


class Callers:
    """Threads that post to the servers, each to its own and, as a balancer does, to the next where that answers 503."""

    def __init__(self, sockets, token, pause=0.02):
        self.sockets, self.token, self.pause = sockets, token, pause
        self.told = {}
        self.unhappy = {}  # by status or reason: how many
        self.times = {name: [] for name in sockets}  # when each server answered that it had kept something
        self.running = threading.Event()
        self.finished = False
        self.idle = threading.Semaphore(0)
        self.lock = threading.Lock()
        self.prefix, self.number = "x", 0
        self.threads = [threading.Thread(target=self.call, args=(index,), daemon=True) for index in range(CALLERS)]
        for thread in self.threads:
            thread.start()

    def begin(self, prefix):
        """Posts callbacks whose ids begin so."""
        self.prefix, self.number, self.told, self.unhappy = prefix, 0, {}, {}
        self.times = {name: [] for name in self.sockets}
        self.running.set()

    def end(self):
        """Returns what was told, once nothing is under way any more."""
        self.running.clear()
        for _ in self.threads:
            self.idle.acquire()
        return self.told

    def call(self, index):
        names = list(self.sockets)
        while True:
            self.running.wait()
            while self.running.is_set():
                with self.lock:
                    self.number += 1
                    number = self.number
                self.post(f"{self.prefix}-{number:06d}", kind_of(number), names[index % 3:] + names[:index % 3])
                time.sleep(self.pause)
            self.idle.release()

    def post(self, identifier, kind, names):
        told, body = Told(kind), body_of(kind, identifier)
        self.told[identifier] = told
        for name in names:
            try:
                told.tries += 1
                status, _ = fastcgi.request(self.sockets[name], self.token, body)
            except fastcgi.NotSent:
                told.tries -= 1
                status = "not sent"
            except fastcgi.NoAnswer:
                status = "no answer"
            if status in (200, 400):
                told.answered += 1
                self.times[name].append(time.monotonic())
                return
            with self.lock:
                self.unhappy[status] = self.unhappy.get(status, 0) + 1

    def longest_silence(self, names, began, ended):
        """Seconds for which none of these servers kept anything."""
        times = sorted(moment for name in names for moment in self.times[name] if began <= moment <= ended)
        times = [began, *times, ended]
        return max(after - before for before, after in itertools.pairwise(times))
