#!/usr/bin/env python3
"""Writes a log of bodies, as nginx keeps it, to standard output: 14 days of an invented shop, with one of everything
that a page can show. `khoins-callback import` takes it in."""
import datetime
import json
import random

random.seed(4)
NOW = datetime.datetime.now(datetime.timezone.utc)
PRODUCTS = [("TH10", 10155), ("TS25", 24850), ("XL50", 49700), ("PLN20", 20150), ("PLN50", 50150), ("IM5", 5980),
            ("TRF5JT", 5_006_500)]
REASONS = ["Nomor tujuan salah", "Stok kosong", "Gangguan operator", "Nomor diblokir"]
COUNT = 600
HOSTILE = "KH-<b>x</b>\u202e\"'"


def dots(number):
    return f"{number:,}".replace(",", ".")


def wib(moment):
    return (moment + datetime.timedelta(hours=7)).strftime("%d/%m %H:%M:%S")


def line(moment, body):
    return moment, json.dumps(
        {"time": moment.isoformat(), "remote_addr": "182.23.3.230", "status": 502, "body": body})


def report(trxid, destination, status, text):
    inner = {"tujuan": destination, "trxid": trxid, "status": status, "message": text}
    return json.dumps({"refid": trxid, "message": json.dumps(inner)})


def main():
    lines, balance = [], 1_449_645_223
    for index in range(COUNT):
        moment = NOW - datetime.timedelta(seconds=(COUNT - index) * 2000 + random.randrange(900))
        product, price = random.choice(PRODUCTS)
        trxid = f"KH-{90000 + index}"
        is_token = product.startswith("PLN")
        destination = f"{random.randrange(10**10, 10**11):011d}" if is_token else f"0812{random.randrange(10**8):08d}"
        number = (
            "-".join(f"{random.randrange(10**4):04d}" for _ in range(5)) + "/BUDI S/R1/900VA/32,1"
            if is_token else f"R251125.{random.randrange(10**6):06d}")
        status = random.choices(["Success", "Gagal", "Pending"], [90, 8, 2])[0]
        balance -= price
        head = f"R#{trxid} [18134]>>>Transaksi {product} ke {destination} Harga:{dots(price)}"
        texts = {
            "Success": f"{head} SUKSES. SN: {number}. Saldo: {dots(balance)}#@{wib(moment)}",
            "Gagal": f"R#{trxid} Transaksi {product} ke {destination} GAGAL. ket: {random.choice(REASONS)}",
            "Pending": f"{head} diproses",
        }
        lines.append(line(moment, report(trxid, destination, status, texts[status])))
        if index == COUNT - 5:
            later = moment + datetime.timedelta(minutes=25)
            text = f"R#{trxid} Transaksi {product} ke {destination} GAGAL. ket: Dikembalikan"
            lines.append(line(later, report(trxid, destination, "Refund", text)))
        if index % 150 == 0:
            inner = {
                "memberid": "goodlink", "amount": "5000000", "status": "Success",
                "message": "Topup Payment Gateway Method QRIS Member goodlink dengan jumlah 5.000.000 SUKSES. "
                f"Saldo: {dots(balance)}#@{wib(moment)}"}
            lines.append(line(moment, json.dumps(
                {"memberid": "goodlink", "amount": "5000000", "trxid": 12000 + index, "message": json.dumps(inner)})))
    last = NOW - datetime.timedelta(seconds=40)
    token = "1234-5678-9012-3456-7890/BUDI SANTOSO/R1/900VA/32,1"
    lines.append(line(last, report(
        "KH-token", "32114567890", "Success",
        f"R#KH-token [18134]>>>Transaksi PLN20 ke 32114567890 Harga:20.150 SUKSES. SN: {token}. Saldo: "
        f"{dots(balance)}#@{wib(last)}")))
    lines.append(line(last, (
        '{"refid":"KH-9001","message":"{\\"tujuan\\":\\"0812000111\\",\\"trxid\\":\\"KH-9001,\\"status\\":\\"Success\\",'
        '\\"message\\":\\"R#KH-9001 [18134]>>>Transaksi \\"TH10 ke \\"0812000111\\" Harga:10.155 SUKSES. SN: '
        f'0124000000001. Saldo: {dots(balance)}#@{wib(last)}\\"}}"}}')))
    lines.append(line(NOW - datetime.timedelta(days=9), report(
        HOSTILE, "<img src=x>", "Success", "R#1 Transaksi </script><script>alert(1)</script> ke 08 SUKSES. SN: \u202eabc")))
    lines.append(line(last, '{"message":"ping <script>alert(1)</script>"}'))
    lines.sort(key=lambda item: item[0])
    for _, text in lines:
        print(text)


main()
