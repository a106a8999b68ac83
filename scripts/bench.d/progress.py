"""The progress line, and how much time is left."""

import sys
import time


class Progress:
    """Steps with the seconds that they should take; what they took so far corrects the rest."""

    def __init__(self, total):
        self.start = time.monotonic()
        self.total = total
        self.done = 0.0
        self.terminal = sys.stderr.isatty()
        self.said = -60.0

    def elapsed(self):
        return time.monotonic() - self.start

    def say(self, words, more=0.0):
        """`more` is what of the present step is done, in seconds that were planned."""
        done = self.done + more
        pace = self.elapsed() / done if done >= 3 else 1.0
        minutes, seconds = divmod(round(max(0.0, self.total - done) * pace), 60)
        part = min(99, round(100 * done / self.total))
        line = f"[{part:2d} %] about {minutes}:{seconds:02d} left: {words}"
        if self.terminal:
            sys.stderr.write(f"\r\033[K{line[:110]}")
        elif self.elapsed() - self.said >= 10:
            self.said = self.elapsed()
            sys.stderr.write(f"{line}\n")
        sys.stderr.flush()

    def advance(self, seconds):
        self.done += seconds

    def note(self, words):
        sys.stderr.write(f"{chr(13)}{chr(27)}[K{words}\n" if self.terminal else f"{words}\n")
        sys.stderr.flush()

    def end(self):
        if self.terminal:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
