"""Case files: hostile and ordinary programs, with what must happen to each; checked from outside the sandbox.

A case has `name`, `code` and `must`: ``blocked`` (nothing escapes), ``killed`` (ended by the sandbox), ``error`` (ends
with an error of its own) or ``ok``; it may have `expect` (text in stdout; "" for none), `then` and `then_expect` (a
second program in the same sandbox and what it prints), and `asserts`, which are verified on the host; `broke` tells
readers what an earlier state of the code did instead. Whatever a case says, after each one the canary must be whole, no
listener may have been reached, no process may be left, and the next program must run.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mammoth_eval.errors import UsageError
from mammoth_eval.sandbox.canary import Canary
from mammoth_eval.sandbox.client import Jail
from mammoth_eval.types import Execution

_MUST: dict[str, tuple[str, ...]] = {
    "blocked": ("ok", "error", "timeout", "memory", "output_limit", "killed"),
    "killed": ("timeout", "killed", "output_limit", "memory"),
    "error": ("error", "memory"),
    "ok": ("ok",),
}
_SLACK_SECONDS = 2.0
"""How far beyond its longest time a program may be seen alive; killing is immediate, a busy machine is not."""


@dataclass(frozen=True, slots=True)
class Case:
    """One program and what must happen."""

    name: str
    code: str
    must: str
    expect: str | None = None
    then: str | None = None
    then_expect: str | None = None
    asserts: tuple[str, ...] = ()


def read_cases(path: Path) -> list[Case]:
    """The cases of a file; `UsageError` naming the case that does not say what it must."""
    try:
        rows: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: {error}; expected a JSON list of cases") from error
    if not isinstance(rows, list):
        raise UsageError(f"{path}: a {type(rows).__name__}, expected a JSON list of cases")
    return [_case(path, number, row) for number, row in enumerate(rows)]


def _case(path: Path, number: int, row: Any) -> Case:
    if not isinstance(row, dict) or not all(isinstance(row.get(key), str) for key in ("name", "code", "must")):
        raise UsageError(f"{path}: case {number} lacks one of name, code, must (texts)")
    if row["must"] not in _MUST:
        raise UsageError(f"{path}: case {row['name']}: must={row['must']!r}, expected one of {', '.join(_MUST)}")
    optional = {key: row.get(key) for key in ("expect", "then", "then_expect")}
    return Case(row["name"], row["code"], row["must"], asserts=tuple(row.get("asserts", ())), **optional)


async def check_case(case: Case, jail: Jail, canary: Canary) -> list[str]:
    """Run a case; what was wrong, empty where nothing was."""
    canary.reset()
    first = await jail.run(canary.fill(case.code), "stdout")
    wrong = _check_first(case, first, jail, canary)
    if case.then is not None:
        wrong += _check_then(case, first, await jail.run(canary.fill(case.then), "stdout"))
    elif "then_same" in case.asserts:
        wrong += _check_then(case, first, await jail.run(canary.fill(case.code), "stdout"))
    after = await jail.run("print(6 * 7)", "stdout")
    if (after.status, after.stdout) != ("ok", "42\n"):
        wrong.append(f"the next program: {after.status} {after.stdout!r} {after.error}")
    for claim in case.asserts:
        wrong += _check_claim(canary.fill(claim), first, jail, canary)
    return wrong + canary.complaints(jail.pid)


def _check_first(case: Case, first: Execution, jail: Jail, canary: Canary) -> list[str]:
    wrong = []
    allowed = _MUST[case.must]
    if not any(claim.startswith("status:") for claim in case.asserts) and first.status not in allowed:
        wrong.append(f"status {first.status} ({first.error}), expected {' or '.join(allowed)}")
    if first.status == "fault":
        wrong.append(f"fault: {first.error}")
    if "ESCAPED" in first.stdout:
        wrong.append(f"it says {first.stdout.strip()[-200:]!r}")
    if case.expect is not None and (case.expect not in first.stdout if case.expect else first.stdout):
        wrong.append(f"stdout {first.stdout[-200:]!r}, expected {case.expect!r}; stderr {first.stderr[-200:]!r}")
    if first.seconds > jail.limits.longest + _SLACK_SECONDS:
        wrong.append(f"ran for {first.seconds:.1f} s")
    return wrong


def _check_then(case: Case, first: Execution, second: Execution) -> list[str]:
    wrong = []
    if case.then_expect is not None and second.stdout != case.then_expect:
        printed = f"{second.stdout[-200:]!r} ({second.error})"
        wrong.append(f"the second program printed {printed}, expected {case.then_expect!r}")
    if "then_same" in case.asserts and second.stdout != first.stdout:
        wrong.append(f"the second run printed {second.stdout[-200:]!r}, the first {first.stdout[-200:]!r}")
    return wrong


def _check_claim(claim: str, first: Execution, jail: Jail, canary: Canary) -> list[str]:
    kind, _, value = claim.partition(":")
    checks: dict[str, Callable[[], bool]] = {
        "absent": lambda: not Path(value).exists(),
        "present": lambda: Path(value).exists(),
        "lacks": lambda: value not in first.stdout + first.stderr,
        "status": lambda: _is_status(first.status, value.split(",")),
        "outcap": lambda: len(first.stdout.encode()) <= jail.limits.output_kb * 1024,
        "canary_intact": canary.is_whole,
        "no_conn": lambda: not canary.connections(),
        "no_stray": lambda: not canary.strays(jail.pid),
        "next_ok": lambda: True,  # every case is followed by a program that must run
        "then_same": lambda: True,  # checked with the second program
    }
    holds = checks.get(kind)
    if holds is None:
        return [f"unknown assertion {claim!r}"]
    return [] if holds() else [f"{claim} does not hold (status {first.status}, {first.error})"]


def _is_status(status: str, wanted: list[str]) -> bool:
    """An uncaught MemoryError is status ``memory``; case files may count it as the error that it is."""
    return status in wanted or (status == "memory" and "error" in wanted)
