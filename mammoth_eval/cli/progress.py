"""The live display of a run: one line per benchmark; plain messages alone where output is no terminal."""

from __future__ import annotations

import logging
import sys
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.status import Status
from rich.table import Table

from mammoth_eval import stats
from mammoth_eval.cli import messages
from mammoth_eval.events import Downloading, Errored, Event, Finished, Known, Notice, Opened, Started, Starting
from mammoth_eval.safe_text import printable
from mammoth_eval.store.records import AnyRecord
from mammoth_eval.types import Record

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Tally:
    """What is known of one benchmark so far."""

    total: int
    done: int = 0
    correct: int = 0
    errored: int = 0
    by_pot: int = 0
    tokens: int = 0
    fresh: int = 0
    """Problems finished in this session."""
    started: float | None = None
    """When the first of these problems was sent to the engine."""
    ended: float | None = None

    def add(self, record: AnyRecord, grader: str) -> None:
        """Count one more record."""
        score = record.scores[grader]
        self.done += 1
        self.correct += score.outcome == "correct"
        self.errored += score.outcome == "fault"
        self.by_pot += score.path == "pot"

    def finished(self, record: Record) -> None:
        """Time one more record, made in this session just now."""
        self.fresh += 1
        self.tokens += sum(attempt.completion.completion_tokens for attempt in record.attempts)
        self.ended = time.monotonic()
        if self.started is None:
            self.started = self.ended - record.seconds


class Watch:
    """Passes on what a run tells, and remembers whether records are errored.

    The exit code says so, and one line on standard error, even where all else is quiet.
    """

    def __init__(self, display: Display) -> None:
        self._display = display
        self.errored = False

    def __call__(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, Errored):
            self.errored = True
            if self._display.console.quiet:
                print(printable(event.text), file=sys.stderr)
        self._display(event)


class Display:
    """Shows the events of a run.

    Messages, a spinner while the engine starts, a live table; use as a context manager.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.tallies: dict[str, Tally] = {}
        self._grader = ""
        self._live: Live | None = None
        self._waiting: Status | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def __call__(self, event: Event) -> None:
        """Show one event."""
        match event:
            case Opened(path, sizes, grader, pins):
                self._grader, self.tallies = grader, {name: Tally(size) for name, size in sizes.items()}
                for line in (f"run: {path}", *pins):
                    self._say(line)
            case Downloading(files, size):
                self._say(f"downloading {files} files, {size / 1e9:.2f} GB")
            case Starting(engine, model):
                _log.info("starting the engine %s with %s", engine, model)
                self._waiting = self.console.status(f"starting the engine {engine} with {model}")
                self._waiting.start()
            case Started():
                _log.info("the engine answers")
                self._stop()
                self._show_table()
            case Known(record):
                self.tallies[record.problem.benchmark].add(record, self._grader)
            case Finished(record):
                tally = self.tallies[record.problem.benchmark]
                tally.add(record, self._grader)
                tally.finished(record)
                self._log_record(record)
            case Notice(text) | Errored(text):
                self._stop()
                self._say(text, style="yellow")

    def _say(self, text: str, style: str | None = None) -> None:
        messages.say(self.console, text, style)

    def _log_record(self, record: Record) -> None:
        score = record.scores[self._grader]
        path = f" by {score.path}" if score.path else ""
        _log.debug("%s: %s%s, answer %r, %.1f s", record.problem.id, score.outcome, path, score.answer, record.seconds)

    def _show_table(self) -> None:
        if self.console.is_terminal and not self.console.quiet:
            self._live = Live(get_renderable=self.table, console=self.console, refresh_per_second=4)
            self._live.start()

    def _stop(self) -> None:
        for shown in (self._waiting, self._live):
            if shown is not None:
                shown.stop()
        self._waiting = self._live = None

    def table(self) -> Table:
        """What is shown now."""
        table = Table(expand=False)
        for name in ("benchmark", "done", "accuracy", "by PoT", "tokens/s", "time left"):
            table.add_column(name, justify="left" if name == "benchmark" else "right", no_wrap=True)
        for name, tally in self.tallies.items():
            table.add_row(name, *self._cells(tally))
        if len(self.tallies) > 1:
            table.add_section()
            table.add_row("all", *self._cells(self._sum()))
        return table

    def _sum(self) -> Tally:
        tallies = self.tallies.values()
        total = Tally(sum(tally.total for tally in tallies))
        for name in ("done", "correct", "errored", "by_pot", "tokens", "fresh"):
            setattr(total, name, sum(getattr(tally, name) for tally in tallies))
        total.started = min((tally.started for tally in tallies if tally.started is not None), default=None)
        total.ended = max((tally.ended for tally in tallies if tally.ended is not None), default=None)
        return total

    def _cells(self, tally: Tally) -> tuple[str, ...]:
        share = stats.wilson(tally.correct, tally.done - tally.errored)
        accuracy = f"{share.value:.1f} ±{share.half:.1f}" if tally.done else ""
        by_pot = f"{100 * tally.by_pot / tally.done:.0f} %" if tally.done else ""
        if tally.started is None or not tally.fresh:
            return (f"{tally.done}/{tally.total}", accuracy, by_pot, "", "")
        finished = tally.done == tally.total and tally.ended is not None
        seconds = max(1e-9, (tally.ended if finished and tally.ended else time.monotonic()) - tally.started)
        left = (tally.total - tally.done) * seconds / tally.fresh
        return (
            f"{tally.done}/{tally.total}",
            accuracy,
            by_pot,
            f"{tally.tokens / seconds:.0f}",
            "" if finished else clock(left),
        )


def clock(seconds: float) -> str:
    """``1:02:03`` or ``2:03``."""
    minutes, second = divmod(int(seconds + 0.5), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
