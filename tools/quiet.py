"""Run a long command quietly: one line says what is done and how long it took, its output goes to a log file.

In a terminal the line shows the command's last words meanwhile; elsewhere a line every half minute says that it goes
on. When the command fails, the log's last lines are shown and the log is named.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

HEARTBEAT = 30.0  # seconds between two signs of life where there is no terminal
SHOWN = 15  # lines of the log shown after a failure


class StepFailed(Exception):
    """The command exited with a failure; the message names it and shows the log's end."""


def run(title: str, command: Sequence[str | Path], log: Path) -> None:
    """Run `command`, its output appended to `log`, telling `title` and the time. Raises `StepFailed`."""
    live = sys.stdout.isatty()
    print(f"set-up: {title} ...", end="" if live else "\n", flush=True)
    start = time.monotonic()
    with log.open("a", encoding="utf-8") as file:
        file.write(f"\n$ {' '.join(map(str, command))}\n")
        file.flush()
        begin = file.tell()
        process = subprocess.Popen(
            [str(word) for word in command], stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
        )
        done = threading.Event()
        watcher = threading.Thread(target=_watch, args=(title, log, begin, live, done), daemon=True)
        watcher.start()
        try:
            code = process.wait()
        except KeyboardInterrupt:
            process.wait()  # the terminal has interrupted it as well
            raise
        finally:
            done.set()
            watcher.join()
    if code:
        raise StepFailed(f"{title}: exit {code}\n{_tail(log, begin)}\nset-up: the whole log is {log}")
    print(f"{_CLEAR if live else ''}set-up: {title}: {time.monotonic() - start:.0f} s", flush=True)


_CLEAR = "\r\033[K"


def _watch(title: str, log: Path, begin: int, live: bool, done: threading.Event) -> None:
    """Show the last line of the log again and again until `done`."""
    start = time.monotonic()
    while not done.wait(0.5 if live else HEARTBEAT):
        last = next((line.strip() for line in reversed(_lines(log, begin)) if not line.startswith("WARNING")), "")
        seconds = time.monotonic() - start
        if live:
            print(f"{_CLEAR}set-up: {title} ... {seconds:.0f} s  {last[:60]}", end="", flush=True)
        else:
            print(f"set-up: {title} ... {seconds:.0f} s so far: {last[:100]}", flush=True)


def _lines(log: Path, begin: int) -> list[str]:
    with log.open("rb") as file:
        file.seek(begin)
        return [line for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]


def _tail(log: Path, begin: int) -> str:
    return "\n".join("    " + line for line in _lines(log, begin)[-SHOWN:])
