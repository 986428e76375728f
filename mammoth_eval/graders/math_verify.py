"""Math-Verify (huggingface/Math-Verify) as a third grader, for cross-checks; extra ``math-verify``.

Its own deadline works by SIGALRM, in the main thread only: elsewhere it runs without one. What it raises is a fault.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Sequence

from mammoth_eval.errors import UsageError
from mammoth_eval.installing import how_to_install
from mammoth_eval.types import LETTERS, Policy, Verdict

VERSION = "1"
DEFAULT = Policy()


def grade(answer: str, gold: str, policy: Policy = DEFAULT, choices: Sequence[str] = ()) -> Verdict:
    """What Math-Verify says of `answer` against `gold`, as LaTeX first and plain expressions second.

    Raises `UsageError` if not installed.
    """
    try:
        library = importlib.import_module("math_verify")
    except ModuleNotFoundError as error:
        raise UsageError(
            f"grader math_verify: the package is not installed: {how_to_install('math-verify')}"
        ) from error
    if choices and gold in LETTERS and answer.strip().upper() == gold:
        return Verdict(True, "string", "the same letter")
    limit = {} if threading.current_thread() is threading.main_thread() else {"timeout_seconds": None}
    parse_limit = {} if not limit else {"parsing_timeout": None}
    try:
        golds = library.parse(f"${gold}$", **parse_limit)
        own = library.parse(f"${answer}$", **parse_limit)
        return Verdict(bool(library.verify(golds, own, **limit)), "math_verify")
    except Exception as error:  # noqa: BLE001 (a foreign library's boundary: whatever it raises is its fault)
        return Verdict(False, "math_verify", f"{type(error).__name__}: {error}", fault=True)
