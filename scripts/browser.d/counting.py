#!/usr/bin/env python3
"""Has the program make the page that says how far it is with counting, once in each language:

    counting.py BINARY FOLDER

Over a journal that has not been counted yet, and on a disk that strace(1) makes slow. FOLDER gets the answers, counting-id
and counting-en, with their headers."""
import json
import os
import re
import shutil
import subprocess
import sys

BINARY, FOLDER = sys.argv[1], sys.argv[2]
KEY = "4f" * 16
# Together far more than can be read while somebody waits, at so many milliseconds a read.
COUNT, LENGTH, DELAY = 150, 60_000, 60
DATA = f"{FOLDER}/long"


def body(number):
    inner = {
        "trxid": f"KH-{number}", "status": "Gagal",
        "message": f"R#KH-{number} Transaksi TH10 ke 0812 GAGAL. ket: Stok kosong {'x' * LENGTH}"}
    return json.dumps({"refid": f"KH-{number}", "message": json.dumps(inner)}) + "\n"


def ask(method, query, form="", cookie="", slowly=()):
    variables = {
        "PATH": os.environ["PATH"], "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": method,
        "REQUEST_URI": f"/laporan/khoins/panel?{query}", "QUERY_STRING": query, "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1", "HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_COOKIE": cookie,
        "CONTENT_LENGTH": str(len(form)), "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "KHOINS_DATA": DATA, "KHOINS_TOKEN": "0123456789abcdef", "KHOINS_PAGE_KEY": KEY}
    return subprocess.run(
        [*slowly, BINARY], env=variables, input=form.encode(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        check=True).stdout


subprocess.run(
    [BINARY, "import", "-", "--data", DATA], input="".join(map(body, range(COUNT))).encode(), check=True,
    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
cookie = re.search(rb"^Set-Cookie: (__Host-khoins=[^;]+)", ask("POST", "masuk", f"key={KEY}"), re.M)[1].decode()
slowly = ["strace", "-f", "-qqq", "-o", "/dev/null", "-e", "trace=pread64",
          "-e", f"inject=pread64:delay_enter={DELAY * 1000}"]
for language in ("id", "en"):
    shutil.rmtree(f"{DATA}/.index", ignore_errors=True)
    answer = ask("GET", f"hl={language}", cookie=cookie, slowly=slowly)
    if b"<progress" not in answer:
        sys.exit("the page does not say that it counts")
    with open(f"{FOLDER}/counting-{language}", "wb") as file:
        file.write(answer)
