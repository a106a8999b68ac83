"""Recovery of a full journal file, as after a power cut: nobody vouches for any record."""

import os

import load
from processes import import_records, our_variables, spawn, verify
from sites import Broken, Ours

FULL = 16 << 20


def journal_bytes(data):
    """Bytes of the journal's lines: a file may end in blank ones, which are room for more."""
    total = 0
    for name in sorted(os.listdir(f"{data}/journal")):
        if not name.startswith("."):
            with open(f"{data}/journal/{name}", "rb") as file:
                total += len(file.read().rstrip(b"\n"))
    return total


def fill(options, work, can_import):
    """A data directory whose journal is one file, about as full as a file gets."""
    os.mkdir(work)
    data = f"{work}/data"
    os.mkdir(data)
    if can_import:
        sample = 500
        import_records(options, data, sample)
        import_records(options, data, int(0.97 * FULL / journal_bytes(data) * sample) - sample, first=sample + 1)
        return data
    for number in range(60):
        if number and journal_bytes(data) > 0.9 * FULL:
            return data
        load.measure(Ours(), options, f"{work}/{os.path.basename(work)}-{number}", 64, 1 if number else 4, data)
    raise Broken("the journal could not be filled")


def measure(options, data, lost, number):
    """Seconds until the first answer, to a GET over CGI: 200 comes after the recovery."""
    records = load.names(f"{data}/transactions")
    for name in [".lock", ".checkpoint"]:
        if os.path.exists(f"{data}/journal/{name}"):
            os.remove(f"{data}/journal/{name}")
    if lost:
        # Moved, not deleted, and on the same file system.
        os.rename(f"{data}/transactions", f"{os.path.dirname(data)}/lost-{number}")
    load.settle(data)
    variables = our_variables(data, 0, "GET")
    times = spawn(options, 1, '"status":"ok"', "get-", os.devnull, variables, options.binary)
    least = measure_least(options, data, lost, records, f"{os.path.dirname(data)}/least-{number}")
    if load.names(f"{data}/transactions") != records:
        raise Broken(f"recovery brought back {load.names(f'{data}/transactions')} of {records} records")
    return {
        "lost": lost, "records": records, "seconds": times[0] / 1e3, "leastSeconds": least,
        "journalBytes": journal_bytes(data)}


def measure_least(options, data, lost, records, directory):
    """Seconds of a program in C that makes as many files as were lost, or reads those that are there."""
    load.settle(data)
    arguments = ["read", f"{data}/transactions"]
    if lost:
        with os.scandir(f"{data}/transactions") as entries:
            length = next(entry.stat().st_size for entry in entries if not entry.name.startswith("."))
        arguments = ["make", str(records), str(length), directory]
    return spawn(options, 1, "done", "", os.devnull, {}, f"{options.run}/least", *arguments)[0] / 1e3


def check(options, data):
    verify(options, data)
