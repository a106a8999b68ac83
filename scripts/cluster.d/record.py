"""What a run has shown, as docs/results/cluster.md."""

import contextlib
import platform
import re
import time

from machines import run

# Where a section about another etcd begins.
SECTION = re.compile(r"^(?=## With etcd )", re.MULTILINE)


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
        """All of it; what other etcds have shown stays."""
        version, etcd = self.versions(binary)
        lines = [
            "# Faults of a cluster that were tried", "",
            "Written by `scripts/test --cluster --record`, never by hand: three servers in network namespaces on one",
            f"machine, an ext4 of its own each, 36 callers, {version}, etcd {etcd}, Linux {platform.release()},",
            f"{self.minutes():.0f} minutes, on {today()}.", "",
            f"{self.kept():,} callbacks were answered with 200 or 400. After each row, when it was quiet (after a power cut,",
            "when the servers had been through their records), every one of them",
            "was on every server, as often as it had been answered and no more often than sent; `transactions/`,",
            "`topups/` and `rejected/` were the same bytes on all three. Before that, the checker was given eight",
            "variants that are broken on purpose, and a record was changed on one server: each was noticed.", "",
            *self.table()]
        if self.skipped:
            lines += ["", "Not tried:", ""] + [f"- {words}: {why}" for words, why in self.skipped]
        others = [text for title, text in sections(path).items() if title != title_of(etcd)]
        self.put(path, "\n".join(lines) + "\n", others)

    def write_other(self, path, binary):
        """A section for another etcd than this machine's; the rest stays."""
        version, etcd = self.versions(binary)
        lines = [
            title_of(etcd), "",
            f"Written by `scripts/test --cluster --record` with `KHOINS_TEST_ETCD`: the same with etcd {etcd}, {version},",
            f"{self.minutes():.0f} minutes, on {today()}. {self.kept():,} callbacks were answered with 200 or 400, and each was found.",
            "", *self.table()]
        if self.skipped:
            lines += ["", f"Not tried with it, for {self.reasons()}: {len(self.skipped)} of the rows above."]
        with contextlib.suppress(FileNotFoundError), open(path) as file:
            first = SECTION.split(file.read())[0]
            others = [text for title, text in sections(path).items() if title != title_of(etcd)]
            self.put(path, first.rstrip("\n") + "\n", [*others, "\n".join(lines) + "\n"])

    def put(self, path, first, others):
        with open(path, "w") as file:
            file.write("\n".join([first, *others]))

    def reasons(self):
        return " and ".join(sorted({why for _, why in self.skipped}))

    def kept(self):
        return sum(row["kept"] for row in self.rows)

    def minutes(self):
        return sum(row["seconds"] for row in self.rows) / 60

    def versions(self, binary):
        return run(binary, "--version").strip(), run("etcd", "--version").splitlines()[0].rpartition(" ")[2]

    def table(self):
        lines = [
            "| What happened | Kept | Refused or without an answer | The others were silent, at most |",
            "| --- | ---: | ---: | ---: |"]
        for row in self.rows:
            silence = "–" if row["silence"] is None else f"{row['silence']:.1f} s"
            words = row["words"][0].upper() + row["words"][1:]
            if row["reason"]:
                words += f" ({row['reason']})"
            lines.append(f"| {words} | {row['kept']:,} | {row['unhappy']:,} | {silence} |")
        return lines


def today():
    return time.strftime("%Y-%m-%d", time.gmtime())


def title_of(etcd):
    return f"## With etcd {etcd}"


def sections(path):
    """By title: what stands in the file of other etcds."""
    try:
        with open(path) as file:
            parts = SECTION.split(file.read())[1:]
    except FileNotFoundError:
        return {}
    return {part.splitlines()[0]: part.rstrip("\n") + "\n" for part in parts}
