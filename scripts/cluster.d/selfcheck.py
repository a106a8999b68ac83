"""Whether the checker sees what it is there for: variants that are broken on purpose."""

import json
import os
import shutil

from callers import Told
from checker import Checker
from machines import Failed


def record(trxid, count=1):
    return json.dumps({"trxid": trxid, "deliveries": [{"count": count, "journal": 1}]})


def build(directory):
    """Three servers with two callbacks and a rejected one, all in order. Returns the checker and what was told."""
    shutil.rmtree(directory, ignore_errors=True)
    for name in ["a", "b", "c"]:
        for folder in ["transactions", "topups", "rejected"]:
            os.makedirs(f"{directory}/{name}/{folder}")
        write(directory, name, "transactions/x-1.json", record("x-1"))
        write(directory, name, "topups/goodlink+x-2.json", record("x-2", 2))
        write(directory, name, "rejected/1.json", json.dumps({"body": "bukan: x-3"}))
    told = {"x-1": Told("transaction", 1, 1), "x-2": Told("topup", 1, 2), "x-3": Told("rejected", 1, 1),
            "x-4": Told("transaction", 0, 1)}
    return Checker({name: f"{directory}/{name}" for name in ["a", "b", "c"]}), told


def write(directory, name, path, text):
    with open(f"{directory}/{name}/{path}", "w") as file:
        file.write(text)


BREAKS = {
    "a record lost on one server": lambda at: os.remove(f"{at}/b/transactions/x-1.json"),
    "a record lost on all": lambda at: [os.remove(f"{at}/{name}/transactions/x-1.json") for name in "abc"],
    "a callback filed twice": lambda at: [
        write(at, name, "transactions/x-1.json", record("x-1", 2)) for name in "abc"],
    "a refused callback filed twice": lambda at: [
        write(at, name, "transactions/x-4.json", record("x-4", 2)) for name in "abc"],
    "another position on one server": lambda at: write(
        at, "c", "transactions/x-1.json", record("x-1").replace('"journal": 1', '"journal": 2')),
    "a record that nobody sent": lambda at: [
        write(at, name, "transactions/x-9.json", record("x-9")) for name in "abc"],
    "a rejected delivery lost": lambda at: [os.remove(f"{at}/{name}/rejected/1.json") for name in "abc"],
    "a record half written": lambda at: [
        write(at, name, "transactions/x-1.json", record("x-1")[:9]) for name in "abc"],
}


def check(work):
    """Throws `Failed` if the checker calls something right that is wrong, or wrong that is right."""
    directory = f"{work}/selfcheck"
    checker, told = build(directory)
    problems = checker.check("x", told)
    if problems:
        raise Failed(f"the checker finds fault with what is in order: {problems}")
    for words, damage in BREAKS.items():
        checker, told = build(directory)
        damage(directory)
        if not checker.check("x", told):
            raise Failed(f"the checker does not notice {words}")
    shutil.rmtree(directory)
