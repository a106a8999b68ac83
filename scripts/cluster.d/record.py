"""What a run has shown, as docs/results/cluster.md."""

import platform
import time

from machines import run


class Record:
    def __init__(self):
        self.rows, self.skipped = [], []

    def add(self, row):
        self.rows.append(row)

    def skip(self, words, why):
        self.skipped.append((words, why))

    def skipped_lines(self):
        return [f"➜ not tried: {words}: {why}" for words, why in self.skipped]

    def write(self, path, binary):
        version = run(binary, "--version").strip()
        etcd = run("etcd", "--version").splitlines()[0].rpartition(" ")[2]
        kept = sum(row["kept"] for row in self.rows)
        minutes = sum(row["seconds"] for row in self.rows) / 60
        lines = [
            "# Faults of a cluster that were tried", "",
            "Written by `scripts/test --cluster --record`, never by hand: three servers in network namespaces on one",
            f"machine, an ext4 of its own each, 36 callers, {version}, etcd {etcd}, Linux {platform.release()},",
            f"{minutes:.0f} minutes, on {time.strftime('%Y-%m-%d', time.gmtime())}.", "",
            f"{kept:,} callbacks were answered with 200 or 400. After each row, when it was quiet (after a power cut,",
            "when the servers had been through their records), every one of them",
            "was on every server, as often as it had been answered and no more often than sent; `transactions/`,",
            "`topups/` and `rejected/` were the same bytes on all three. Before that, the checker was given eight",
            "variants that are broken on purpose, and a record was changed on one server: each was noticed.", "",
            "| What happened | Kept | Refused or without an answer | The others were silent, at most |",
            "| --- | ---: | ---: | ---: |"]
        for row in self.rows:
            silence = "–" if row["silence"] is None else f"{row['silence']:.1f} s"
            words = row["words"][0].upper() + row["words"][1:]
            if row["reason"]:
                words += f" ({row['reason']})"
            lines.append(f"| {words} | {row['kept']:,} | {row['unhappy']:,} | {silence} |")
        if self.skipped:
            lines += ["", "Not tried:", ""] + [f"- {words}: {why}" for words, why in self.skipped]
        with open(path, "w") as file:
            file.write("\n".join(lines) + "\n")
